"""Facts and exceptions as SQL: the newest value of each fact, and only of one's own schools."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from db.engine import Engines
from tests.db.ledger_story import Village, day, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def test_facts_hold_their_last_recorded_value(ash: Village) -> None:
    case = ash.meeting_agreed()
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-12"), because="away", on=day("2026-09-22"))
    query = text("SELECT name, value, f.seq FROM facts() f JOIN cases c ON c.id = f.case_id WHERE c.ref = :case")
    with ash.engines.app([ash.school_id]) as session:
        found = {row.name: (row.value, row.seq) for row in session.execute(query, {"case": case})}
    assert found["meeting_on"] == ("2026-11-12", 3)
    assert found["year_group"] == (9, 1)
    assert found["looked_after"] == (True, 1)
    with ash.engines.app([]) as session:
        assert session.scalar(text("SELECT count(*) FROM facts()")) == 0
        assert session.scalar(text("SELECT count(*) FROM exceptions()")) == 0


def test_the_facts_of_one_case_are_read_by_the_index(ash: Village) -> None:
    with ash.engines.scheduler() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text("EXPLAIN SELECT * FROM facts() WHERE case_id = 1")))
    assert "events_pkey" in plan or "events_case_id_act_key_key" in plan
    assert "Function Scan on facts" not in plan
