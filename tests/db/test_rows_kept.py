"""Within `rows_kept` a session reads each row once, though nobody holds it in between; outside it forgets."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from sqlalchemy import event

from db.engine import Engines
from db.models import Trust
from db.rows_kept import rows_kept


@pytest.mark.parametrize(("kept", "reads"), [(True, 1), (False, 3)])
def test_a_row_that_nobody_holds_is_read_once(engines: Engines, kept: bool, reads: int) -> None:
    with engines.scheduler() as session:
        trust = Trust(name="Lantern")
        session.add(trust)
        session.flush()
        number = trust.id
    asked: list[str] = []
    with engines.scheduler() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda _c, _cursor, statement, *_more: asked.append(statement))
        with rows_kept(session) if kept else nullcontext():
            assert [session.get_one(Trust, number).name for _ in range(3)] == ["Lantern"] * 3
    assert len([one for one in asked if one.startswith("SELECT")]) == reads
