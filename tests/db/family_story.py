"""The test's family of processes (`tests/rules/family`): a notice that opens appeals, and a transfer that waits for a notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from db.engine import Engines
from db.ledger import Ledger, Receipt
from rules.loader import load_library
from tests.db.ledger_story import Village, day, village

FAMILY = Path(__file__).parents[1] / "rules" / "family"
NOTICE = {"notice_due_on": day("2026-12-18"), "reason": "yearly", "year_group": 9, "looked_after": False}
TRANSFER = {"review_due_on": day("2026-12-18"), "transfer_year": 2027, "year_group": 6, "looked_after": False}


def family(engines: Engines, urn: str, folder: Path = FAMILY) -> Village:
    """A school whose ledger knows the family of processes."""
    made = village(engines, urn)
    made.ledger = Ledger(engines, made.clock, load_library(folder))
    return made


def opened(at: Village, process: str, on: str = "2026-09-10", pupil_id: int | None = None, key: UUID | None = None, **facts: Any) -> Receipt:
    """A case of one of the processes, opened by the SENCO."""
    given = {"notice": NOTICE, "transfer": TRANSFER}[process]
    pupil = at.pupil() if pupil_id is None else pupil_id
    return at.ledger.open_case(at.senco, key=key or uuid4(), process=process, pupil_id=pupil, facts={**given, **facts}, on=day(on))


def pupil_of(at: Village, case: str) -> int:
    """Whom a case is about."""
    return int(at.rows("SELECT pupil_id FROM cases WHERE ref = %s", case)[0].pupil_id)


def of_pupil(at: Village, pupil: int, process: str) -> list[str]:
    """The references of the pupil's cases of a process, oldest first."""
    query = "SELECT c.ref FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.pupil_id = %s AND d.process = %s ORDER BY c.id"
    return [row.ref for row in at.rows(query, pupil, process)]


def notice_decided(at: Village, case: str, outcome: str, on: str = "2026-11-20", key: UUID | None = None) -> Receipt:
    """The views are gathered and the LA has decided."""
    if at.ledger.position(case)[1].instance("gather_views").status == "open":
        at.decide(case, "gather_views", "2026-09-20")
    return at.decide(case, "la_decision", on, outcome, key=key, decision_on=day(on))


def standing(at: Village, case: str, step: str) -> tuple[str, str, int]:
    """Status, outcome and round of a step now."""
    one = at.ledger.position(case)[1].instance(step)
    return one.status, one.outcome, one.round


def contents(at: Village, case: str) -> list[dict[str, Any]]:
    """The stored contents of a case's events."""
    import json

    rows = at.rows("SELECT e.content FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s ORDER BY e.seq", case)
    return [json.loads(row.content) for row in rows]
