"""PostgreSQL for measuring: an embedded server in a folder of its own, a database at the present schema, and one for the peers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.migrate import migrate

FOLDER = Path(os.environ.get("SENDFLOW_BENCH_FOLDER", str(Path(tempfile.gettempdir()) / "sendflow-bench")))
OURS, PEERS = "bench", "peers"


@contextmanager
def server() -> Iterator[EmbeddedPostgres]:
    """The running server; stopped at the end. Raises db.postgres_files.EmbeddedPostgresError when it cannot start."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = EmbeddedPostgres(FOLDER)
    found.start()
    try:
        yield found
    finally:
        found.stop()


@contextmanager
def ledger_database(running: EmbeddedPostgres, name: str = OURS) -> Iterator[Engines]:
    """A new, migrated database and the ledger's connections to it; dropped at the end. Default durability, row-level security on."""
    _recreate(running, name)
    migrate(running.url(name), demo=True)
    engines = Engines(running.url(name))
    try:
        yield engines
    finally:
        engines.dispose()
        _drop(running, name)


@contextmanager
def empty_database(running: EmbeddedPostgres, name: str) -> Iterator[str]:
    """The URL of a new database without tables; dropped at the end."""
    _recreate(running, name)
    try:
        yield running.url(name)
    finally:
        _drop(running, name)


@contextmanager
def superuser(running: EmbeddedPostgres, database: str = "postgres") -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser's connection in autocommit, for seeding and for what row-level security hides."""
    with psycopg.connect(running.superuser_url(database), autocommit=True) as connection:
        yield connection


def settle(running: EmbeddedPostgres, database: str = OURS) -> None:
    """Statistics for the planner and nothing left to write, so that no run pays for the seeding before it."""
    with superuser(running, database) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _recreate(running: EmbeddedPostgres, name: str) -> None:
    _drop(running, name)
    with psycopg.connect(running.url("prefect"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")


def _drop(running: EmbeddedPostgres, name: str) -> None:
    with suppress(psycopg.errors.InvalidCatalogName), superuser(running) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
