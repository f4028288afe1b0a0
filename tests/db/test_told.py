"""What Prefect has not been told of a case: each thing once, a moved date again, nothing of what nobody decided."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.engine import Engines
from db.runs import remember_run
from db.told import keep, untold, want_where_due
from tests.db.ledger_story import Village, day, village

AGREED, CIRCULATE = "agree_meeting_date", "circulate_advice"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def told(ash: Village, case: str, today: date) -> list[tuple[str, str]]:
    """(what, step) of the news, which are kept as told."""
    with ash.engines.scheduler() as session:
        new = untold(session, case, today)
        keep(session, new)
    return [(one.what, one.step) for one in new.news]


def opened(ash: Village) -> str:
    case = ash.open().case
    with ash.engines.scheduler() as session:
        remember_run(session, case, uuid4())
    return case


def test_a_case_and_its_steps_are_told_once(ash: Village) -> None:
    case = opened(ash)
    first = told(ash, case, day("2026-09-10"))
    assert first[0] == ("case.opened", "") and ("step.opened", AGREED) in first
    assert told(ash, case, day("2026-09-10")) == []
    ash.decide(case, AGREED, "2026-09-20", meeting_on=day("2026-11-05"))
    then = told(ash, case, day("2026-09-20"))
    assert ("step.decided", AGREED) in then and {what for what, _ in then} == {"step.decided", "step.opened"}


def test_a_date_is_told_on_its_day_and_the_day_after_and_again_when_it_moved(ash: Village) -> None:
    case = opened(ash)
    ash.decide(case, AGREED, "2026-09-20", meeting_on=day("2026-11-05"))
    due_on: date = ash.open_rows(case)[CIRCULATE].due_on
    told(ash, case, due_on - timedelta(days=1))
    assert ("step.due", CIRCULATE) in told(ash, case, due_on)
    assert told(ash, case, due_on) == []
    assert ("step.overdue", CIRCULATE) in told(ash, case, due_on + timedelta(days=1))
    assert ("step.overdue", CIRCULATE) not in told(ash, case, due_on + timedelta(days=2))
    ash.ledger.correct(
        ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-19"), because="the parent could not come", on=day("2026-10-30")
    )
    moved_to: date = ash.open_rows(case)[CIRCULATE].due_on
    assert ("step.overdue", CIRCULATE) not in told(ash, case, moved_to - timedelta(days=1))
    assert ("step.overdue", CIRCULATE) in told(ash, case, moved_to + timedelta(days=1))


def test_what_was_sent_and_not_marked_is_sent_again_under_the_same_ids(ash: Village) -> None:
    case = opened(ash)
    with ash.engines.scheduler() as session:
        first, again = (untold(session, case, day("2026-09-10")) for _ in range(2))
    assert first == again and len({one.key for one in first.news}) == len(first.news)


def test_an_end_is_told_and_no_step_that_nobody_decided(ash: Village) -> None:
    case = opened(ash)
    told(ash, case, day("2026-09-10"))
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=case, name="moved_away", because="x", on=day("2026-10-01"))
    assert told(ash, case, day("2026-10-01")) == [("case.ended", "")]
    assert told(ash, case, day("2026-10-02")) == []


def test_cases_that_fall_due_want_a_wake(ash: Village) -> None:
    case = opened(ash)
    row = ash.open_rows(case)[AGREED]
    due_on: date = row.due_on or row.target_on
    with ash.engines.scheduler() as session:
        assert want_where_due(session, due_on + timedelta(days=400), due_on + timedelta(days=500)) == 0
        assert want_where_due(session, due_on, due_on) >= 1
