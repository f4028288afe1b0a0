"""What the present schema is made of, and what a database that calls itself so lacks (`faults.md` D6)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection

from db.models import Base

_SQL = Path(__file__).parent / "sql"
_FUNCTIONS = "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


def lacking(connection: Connection, tables: set[str]) -> list[str]:
    """Tables and functions of the present schema that are not there, by name. `tables`: those that were found. Reads only."""
    functions = set(connection.exec_driver_sql(_FUNCTIONS).scalars())
    return sorted(Base.metadata.tables.keys() - tables) + sorted(f"{name}()" for name in functions_of_ours() - functions)


@cache
def functions_of_ours() -> frozenset[str]:
    """The names of the functions that `db/sql` makes."""
    return frozenset(
        name
        for file in _SQL.glob("*.sql")
        for name in re.findall(r"^CREATE OR REPLACE FUNCTION (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    )
