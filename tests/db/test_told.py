"""What Prefect has not been told of a case: each thing once, a moved date again, nothing of what nobody decided."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.engine import Engines
from db.ledger import Ledger
from db.runs import remember_run
from db.told import keep, untold, want_where_due
from flows.standing import as_markdown
from rules.loader import load_library
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


def shown_in_prefect(ash: Village, case: str, today: date) -> str:
    """The case's artifact on that day."""
    definition, position, _ = ash.ledger.position(case)
    return as_markdown(case, definition, position, today, "https://send.example.org")


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


def test_a_lifted_date_is_overdue_only_after_the_day_on_which_it_is_looked_at_again(engines: Engines) -> None:
    """An automation of the trust's own would say else that a date of law has passed."""
    elm = village(engines, "900002")
    elm.ledger = Ledger(engines, elm.clock, load_library())
    facts = {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    case = elm.ledger.open_case(elm.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=elm.pupil(), facts=facts, on=day("2026-01-12")).case
    with engines.scheduler() as session:
        remember_run(session, case, uuid4())
    elm.decide(case, "la_confirms_receipt", "2026-01-20", request_received_on=day("2026-01-19"))
    review_on, step = day("2026-04-01"), "la_decides_to_assess"
    lifted = {"step": step, "exception": "circumstances", "because": "synthetic", "review_on": review_on}
    elm.ledger.apply_exception(elm.senco, key=uuid4(), case=case, **lifted, on=day("2026-02-01"))
    due_on = elm.open_rows(case)[step].due_on
    assert due_on < review_on
    for today in (due_on, due_on + timedelta(days=1), review_on):
        assert step not in {of for what, of in told(elm, case, today) if what in ("step.due", "step.overdue")}
    with engines.scheduler() as session:
        assert want_where_due(session, review_on, review_on + timedelta(days=1)) == 1
    assert ("step.overdue", step) in told(elm, case, review_on + timedelta(days=1))
    late = (review_on - due_on).days
    assert ", lifted" in shown_in_prefect(elm, case, review_on) and f"**{late + 1} days overdue**" in shown_in_prefect(
        elm, case, review_on + timedelta(days=1)
    )


def test_nobody_is_late_with_a_window_that_the_calendar_closes(ash: Village) -> None:
    case = opened(ash)
    ash.decide(case, AGREED, "2026-09-20", meeting_on=day("2026-11-05"))
    ash.decide(case, CIRCULATE, "2026-10-20")
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    ash.decide(case, "hold_meeting", "2026-11-05")
    ash.decide(case, "la_decision", "2026-11-13", "amend", decision_on=day("2026-11-13"), notice_sent_on=day("2026-11-01"))
    window = "views_on_amendments"
    row = ash.open_rows(case)[window]
    assert row.wakes_on is not None
    assert ("step.due", window) in told(ash, case, row.due_on)
    assert ("step.overdue", window) not in told(ash, case, row.due_on + timedelta(days=1))
    assert "**1 day overdue**" not in shown_in_prefect(ash, case, row.due_on + timedelta(days=1))
