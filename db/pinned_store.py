"""The texts of definitions that cases run on. A case keeps the text it was opened with, whatever becomes of the files (`docs/faults` O7, D9)."""

from __future__ import annotations

from typing import Any

import psycopg

from db.engine import Engines
from rules.definition import Definition
from rules.loader import from_pinned


class PinnedDefinitions:
    """Definitions by their id in the table `definitions`, read once and kept: a row there never changes."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._by_id: dict[int, Definition] = {}
        self._ids: dict[str, int] = {}

    def of(self, definition_id: int) -> Definition:
        """The definition with that id. Raises KeyError if there is none, ValueError if its text was changed, or
        this version of Sendflow reads it differently."""
        if definition_id not in self._by_id:
            with self._engines.scheduler() as session:
                row = session.connection().exec_driver_sql("SELECT source, hash FROM definitions WHERE id = %s", (definition_id,)).one_or_none()
            if row is None:
                raise KeyError(f"no definition {definition_id}")
            definition = from_pinned(row.source)
            if definition.hash != row.hash:
                raise ValueError(f"the text of definition {row.hash[:12]} was changed in the database: it reads as {definition.hash[:12]}")
            self._by_id[definition_id] = definition
        return self._by_id[definition_id]

    def pin(self, connection: psycopg.Connection[Any], definition: Definition) -> int:
        """The id of this very text, stored now if it is new. Kept in memory only by its hash: the row is there for good once committed."""
        if definition.hash not in self._ids:
            row = connection.execute("SELECT pin_definition(%s, %s, %s)", (definition.process, definition.hash, definition.pinned)).fetchone()
            assert row is not None
            if not connection.autocommit or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                return int(row[0])
            self._ids[definition.hash] = int(row[0])
        return self._ids[definition.hash]
