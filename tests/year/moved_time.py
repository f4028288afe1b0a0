"""A year's time in hours of work: one clock for Sendflow, and the database's own `now()` moved with it.

Retries, claims, leases and what `sendflow watch` looks at are timed by the database. So every name by which it asks for the time is answered
from one row, in a schema that is looked up before PostgreSQL's own. Nothing of Sendflow knows of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from db.clock import Clock

NAMES = ("now", "clock_timestamp", "transaction_timestamp", "statement_timestamp")
_SCHEMA = """
    CREATE SCHEMA moved;
    CREATE TABLE moved.clock (at timestamptz NOT NULL) WITH (fillfactor = 10);
    INSERT INTO moved.clock VALUES ('{at}');
    GRANT USAGE ON SCHEMA moved TO PUBLIC; GRANT SELECT ON moved.clock TO PUBLIC;
"""
_FUNCTION = "CREATE FUNCTION moved.{name}() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM moved.clock'"
_DEFAULTS = """
    SELECT format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT moved.now()', a.attrelid::regclass, a.attname)
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND pg_get_expr(d.adbin, d.adrelid) = 'now()'
"""
# Names in a function's body are looked up when it runs, by the function's own path where it has one.
_FUNCTIONS = """
    SELECT format('ALTER FUNCTION %s SET search_path = moved, pg_catalog, public, pg_temp', p.oid::regprocedure)
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosrc ~ '\\m(now|[a-z]+_timestamp)\\(\\)'
"""


class MovedClock(Clock):
    """Where the year stands. `at` is set by `MovedTime` alone, so that nobody's time is ahead of the database's."""

    def __init__(self, at: datetime) -> None:
        super().__init__(fixed=at)

    def set(self, at: datetime) -> None:
        """It is `at` (aware) from now on."""
        self._fixed = at.astimezone(UTC)


class MovedTime:
    """Moves the clock of Sendflow and that of one database together. `superuser_url`: of that database; nobody may be connected to it yet."""

    def __init__(self, superuser_url: str, clock: MovedClock) -> None:
        self.clock, self.superuser_url = clock, superuser_url
        self._connection = psycopg.connect(superuser_url, autocommit=True)
        self._prepare()

    def to(self, at: datetime) -> None:
        """It is `at` (aware), which may not be before what it is."""
        if at < self.clock.now():
            raise ValueError(f"time does not go back, from {self.clock.now()} to {at}")
        self._connection.execute("UPDATE moved.clock SET at = %s", (at,))
        self.clock.set(at)

    def on(self, seconds: float = 1.0) -> datetime:
        """A moment later: what follows comes after what was, also where only the time tells. The moment that it is then."""
        self.to(self.clock.now() + timedelta(seconds=seconds))
        return self.clock.now()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _prepare(self) -> None:
        run = self._connection.execute
        run(_SCHEMA.format(at=self.clock.now().isoformat()).encode())
        for name in NAMES:
            run(_FUNCTION.format(name=name).encode())
        for (statement,) in [*run(_DEFAULTS).fetchall(), *run(_FUNCTIONS).fetchall()]:
            run(statement.encode())
        database = self._connection.info.dbname
        run(f'ALTER DATABASE "{database}" SET search_path = moved, pg_catalog, public'.encode())
