"""Nothing ran for ten days: each role hears the highest rung that came due, and the others stand as superseded (`faults.md` T6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from db.chase import sweep_all
from db.engine import Engines
from db.ledger import Ledger
from rules.loader import load_library
from tests.db.ledger_story import Village, day, village
from tests.db.test_outbox import spread_all
from tests.faults.conftest import Tally

_RUNGS = """
    SELECT d.to_role, d.rung, d.state, d.person_id, d.authority_id FROM deliveries d JOIN cases c ON c.id = d.case_id
    WHERE c.ref = %s AND d.step = 'la_decision' AND d.rung IS NOT NULL ORDER BY d.rung
"""


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """On the shipped ladders: the council's has nine rungs to five roles."""
    place = village(engines, "900306")
    place.ledger = Ledger(engines, place.clock, load_library())
    return place


def test_t6_after_ten_days_each_role_hears_its_highest_rung_only(ash: Village, tally: Tally) -> None:
    case = ash.open(rights_held_by="parent").case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    sweep_all(ash.engines, day("2026-09-21"))
    spread_all(ash)
    due_on: date = ash.open_rows(case)["la_decision"].due_on
    for _ in range(2):
        sweep_all(ash.engines, due_on + timedelta(days=10))
        spread_all(ash)
    rungs = ash.rows(_RUNGS, case)
    said = [(row.to_role, row.person_id, row.authority_id) for row in rungs if row.state != "superseded"]
    highest = {row.to_role: max(one.rung for one in rungs if one.to_role == row.to_role) for row in rungs}
    assert len(said) == len(set(said)), "one message a reader"
    assert all((row.state == "superseded") == (row.rung != highest[row.to_role]) for row in rungs)
    laid_aside = [row for row in rungs if row.state == "superseded"]
    assert laid_aside, "the reminders that came due meanwhile are on record"
    tally("T6", acts=len(rungs), kills=1, doubled=len(said) - len(set(said)), note=f"{len(said)} said, {len(laid_aside)} superseded; swept twice")
