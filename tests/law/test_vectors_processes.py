"""The law's rows of `vectors.csv` through the processes: the case is opened with the row's dates, and the due date is read from the ledger's rows.

`test_vectors.py` runs every row through the calendar alone. Here each row of a shipped process runs through its definition, the acts of the ledger
and, for the diary, the software's own step. How is told in `ways.py`: a process that ships adds its rows there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from db.settings import Settings
from tasks.does import ToDo, do, open_steps
from tasks.parts import Parts
from tests.db.ledger_story import Village
from tests.flows.office import LIBRARY
from tests.law.rows import ROWS
from tests.law.ways import DIARY, ELSEWHERE, WAYS, Day, Way

MINE = [row for row in ROWS if row["process"] in LIBRARY.definitions and row["process"] not in ELSEWHERE]


def test_every_row_of_a_shipped_process_runs_through_it() -> None:
    assert {row["id"] for row in MINE} == set(WAYS), "add the rows of a new process to tests/law/ways.py"
    assert all((Path(__file__).parent / file).exists() for file in ELSEWHERE.values())
    assert all(WAYS[row["id"]].process == row["process"] for row in MINE)
    assert all(bool(way.why) == bool(way.off) for way in WAYS.values()), "a date that differs from its source says why"


@pytest.mark.parametrize("row", MINE, ids=lambda row: row["id"])
def test_the_process_comes_to_the_date(row: Mapping[str, str], place: Village, tmp_path: Path) -> None:
    way, event = WAYS[row["id"]], date.fromisoformat(row["event_date"])
    case = _brought_about(place, way, event)
    found = _in_the_diary(place, case, tmp_path) if way.due == DIARY else _due_in_the_ledger(place, case, way.due)
    assert (found - date.fromisoformat(row["expected_deadline"])).days == way.off, f"{way.due}: {found}. {way.why}"


def _brought_about(place: Village, way: Way, event: date) -> str:
    pupil, opened = place.pupil(given=f"Ada{uuid4().hex[:6]}"), way.opened.of(event)
    case = place.ledger.open_case(place.senco, key=uuid4(), process=way.process, pupil_id=pupil, facts=_on(way.opens, event), on=opened).case
    for one in way.done:
        place.decide(case, one.step, (one.on or Day()).of(event).isoformat(), one.outcome, **_on(one.facts, event))
    return case


def _on(facts: Mapping[str, Any], event: date) -> dict[str, Any]:
    return {name: value.of(event) if isinstance(value, Day) else value for name, value in facts.items()}


def _due_in_the_ledger(place: Village, case: str, step: str) -> date:
    """The date of law in the ledger's row of the step, open or waiting with its time running."""
    found = place.open_rows(case)
    assert step in found, f"{step} has no running date; {sorted(found)} have"
    due: date = found[step].due_on
    return due


def _in_the_diary(place: Village, case: str, folder: Path) -> date:
    """Software does its open steps; then the day until which the plan must be reviewed."""
    parts = Parts(Settings(data_folder=folder), place.engines, place.clock, LIBRARY, place.ledger)
    definition, position, _ = place.ledger.position(case)
    for one in open_steps(definition, position):
        do(parts, ToDo(case, definition, position, one, place.clock.today()))
    query = "SELECT n.review_due_on FROM plans n JOIN cases c ON c.pupil_id = n.pupil_id WHERE c.ref = %s"
    found: date = place.rows(query, case)[0].review_due_on
    return found
