"""Chasing: each rung once on its day, the last one only after an outage, nothing for what was decided, moved or lifted (`faults.md` P15, T6, N8)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.chase import sweep, sweep_all
from db.chase_messages import Rungs, chase_messages
from db.engine import Engines
from db.mailings import lay_aside
from rules.loader import load_library
from tests.db.ledger_story import TODAY, Village, day, village
from tests.db.test_outbox import spread_all
from tests.db.waiting import until_it_waits


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture
def case(ash: Village) -> str:
    """A review with its meeting on 5 November, chased up to 21 September, so that only its own later dates are due."""
    case = ash.meeting_agreed()
    sweep_all(ash.engines, day("2026-09-21"))
    spread_all(ash)
    return case


def chased(ash: Village, case: str, step: str = "send_invitations", party: str = "") -> list[tuple[str, str, str]]:
    """(severity, role, state) of every ladder message of a step, in order."""
    spread_all(ash)
    query = (
        "SELECT severity, to_role, state FROM deliveries d JOIN cases c ON c.id = d.case_id "
        "WHERE ref = %s AND step = %s AND party = %s AND rung IS NOT NULL ORDER BY d.id"
    )
    return [tuple(row) for row in ash.rows(query, case, step, party)]


def test_each_rung_fires_once_on_its_day(ash: Village, case: str) -> None:
    due_on: date = ash.open_rows(case)["circulate_advice"].due_on
    sweep_all(ash.engines, due_on - timedelta(days=8))
    assert chased(ash, case, "circulate_advice") == []
    for today in (due_on - timedelta(days=7), due_on - timedelta(days=7), due_on):
        sweep_all(ash.engines, today)
    assert chased(ash, case, "circulate_advice") == [("reminder", "senco", "held")]
    sweep_all(ash.engines, due_on + timedelta(days=1))
    assert chased(ash, case, "circulate_advice") == [("reminder", "senco", "held"), ("late", "headteacher", "held")]
    row = ash.open_rows(case)["circulate_advice"]
    assert row.next_chase_on is None and row.rung == 2


def test_a_silent_authority_is_chased_though_its_step_has_not_opened(ash: Village, case: str) -> None:
    row = ash.open_rows(case)["la_decision"]
    assert row.status == "certain"
    sweep_all(ash.engines, row.due_on - timedelta(days=7))
    assert [one[:2] for one in chased(ash, case, "la_decision")] == [("reminder", "la")]


def test_after_an_outage_each_reader_hears_the_last_rung_only(ash: Village, case: str) -> None:
    sweep_all(ash.engines, day("2026-12-01"))
    # The SENCO and the head are two readers: each hears one thing. What software should have done the SENCO must see.
    assert chased(ash, case) == [("reminder", "senco", "held"), ("late", "headteacher", "held")]


def test_of_several_rungs_to_one_reader_the_last_takes_over() -> None:
    review = load_library().for_new_case("annual_review", TODAY, {})
    all_at_once = Rungs(1, 6, 4, "send_invitations", "", 1, "", day("2026-10-21"))
    told = [(one.to, one.rung.severity, one.superseded) for one in chase_messages(review, all_at_once, {})]
    assert told == [
        ("senco", "reminder", True),
        ("senco", "reminder", True),
        ("senco", "due", True),
        ("senco", "late", False),
        ("headteacher", "late", False),
        ("trust_send_lead", "breach", False),
    ]


def test_a_second_sweep_at_the_same_time_fires_nothing_twice(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as one, ash.engines.scheduler() as other:
        first = sweep(one, day("2026-10-25"))
        second = sweep(other, day("2026-10-25"))
    assert first > 0 and second == 0
    assert sweep_all(ash.engines, day("2026-10-25")) == 0


def test_a_sweep_goes_on_where_a_batch_ended(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        assert sweep(session, day("2026-10-25"), batch=1) == 1
    assert sweep_all(ash.engines, day("2026-10-25")) >= 1


def test_what_an_act_holds_at_that_instant_is_chased_when_the_act_is_over(ash: Village, case: str) -> None:
    today = ash.open_rows(case)["send_invitations"].due_on
    with ThreadPoolExecutor(1) as threads:
        with ash.engines.scheduler() as act:
            act.execute(text("SELECT FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = :case FOR UPDATE OF s"), {"case": case})
            chasing = threads.submit(sweep_all, ash.engines, today)
            until_it_waits(ash.engines, 1, or_done=chasing)
        chasing.result()
    assert chased(ash, case) == [("reminder", "senco", "held")], "the next sweep is tomorrow's"


def test_a_reminder_of_a_decided_step_is_not_sent(ash: Village, case: str) -> None:
    sweep_all(ash.engines, ash.open_rows(case)["send_invitations"].due_on - timedelta(days=7))
    assert chased(ash, case) == [("reminder", "senco", "held")]
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-10-01"))
    with ash.engines.scheduler() as session:
        lay_aside(session)
    assert chased(ash, case) == [("reminder", "senco", "superseded")]


def test_a_moved_date_is_chased_anew_and_the_old_reminder_laid_aside(ash: Village, case: str) -> None:
    due_on = ash.open_rows(case)["send_invitations"].due_on
    sweep_all(ash.engines, due_on - timedelta(days=7))
    spread_all(ash)
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-19"), because="synthetic", on=day("2026-10-01"))
    with ash.engines.scheduler() as session:
        lay_aside(session)
    moved = ash.open_rows(case)["send_invitations"]
    assert moved.due_on == due_on + timedelta(days=14) and moved.rung == 0
    sweep_all(ash.engines, moved.due_on - timedelta(days=7))
    assert chased(ash, case) == [("reminder", "senco", "superseded"), ("reminder", "senco", "held")]


def test_what_closed_is_never_chased(ash: Village, case: str) -> None:
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=case, name="moved_away", because="synthetic", on=day("2026-10-01"))
    spread_all(ash)
    before = chased(ash, case)
    sweep_all(ash.engines, TODAY + timedelta(days=300))
    assert chased(ash, case) == before == []
