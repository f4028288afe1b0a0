"""Real databases for tests: one embedded server shared by all test runs of this checkout, one database a test module.

A run that finds no other run at work stops the server when it ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

import psycopg

from db.embedded import EmbeddedPostgres
from db.migrate import migrate

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".sendflow" / "tests"
MADE_BY = ("db/migrations", "db/sql", "db/roles.py", "db/migrate.py")


class TestServer:
    """The running server, and the databases that tests ask of it."""

    __test__ = False

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a new database: at the present schema, or empty. Dropped at the end."""
        name = f"test_{os.getpid()}_{uuid4().hex[:8]}"
        template = self._template() if migrated else "template0"
        with self.admin() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.server.url(name)
        finally:
            with psycopg.connect(self.server.superuser_url(), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """A connection of the login role, in autocommit."""
        with psycopg.connect(self.server.url("prefect"), autocommit=True) as connection:
            yield connection

    def _template(self) -> str:
        """A migrated database named after the files that made it; made once, by whoever comes first."""
        name = f"migrated_{_digest()}"
        with self.admin() as connection:
            connection.execute("SELECT pg_advisory_lock(77)")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                connection.execute(f"DROP DATABASE IF EXISTS {name}_draft WITH (FORCE)")
                connection.execute(f"CREATE DATABASE {name}_draft")
                migrate(self.server.url(f"{name}_draft"), demo=True)
                connection.execute(f"ALTER DATABASE {name}_draft RENAME TO {name}")
        return name


@contextmanager
def shared_server() -> Iterator[TestServer]:
    """The server for one test run. Raises db.postgres_files.EmbeddedPostgresError when it cannot start."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(FOLDER)
    with (FOLDER / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        server.start()
        _drop_leftovers(server)
        try:
            yield TestServer(server)
        finally:
            if _nobody_else(users):
                _drop_old_templates(server)
                server.stop()


def _drop_leftovers(server: EmbeddedPostgres) -> None:
    """Drop the databases of runs that were killed: their process is gone."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall():
            if Path("/proc/self").exists() and not Path(f"/proc/{str(name).split('_')[1]}").exists():
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _drop_old_templates(server: EmbeddedPostgres) -> None:
    """Drop the templates of earlier migrations; nobody else is at work."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated\\_%'").fetchall():
            if name != f"migrated_{_digest()}":
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _nobody_else(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _digest() -> str:
    files = sorted(file for part in MADE_BY for file in ((ROOT / part).rglob("*") if (ROOT / part).is_dir() else [ROOT / part]))
    content = b"".join(file.read_bytes() for file in files if file.suffix in (".py", ".sql"))
    return hashlib.sha256(content).hexdigest()[:12]
