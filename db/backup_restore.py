"""Bringing a backup back: checked first, then written in one transaction, proved in it, and quiet until a person confirms (faults.md O1)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from db.backup_file import BackupBroken, Manifest, Part, open_part, read_manifest
from db.backup_proof import differences, proof_of
from db.installation import RESTORED
from db.migrate import LOCK, DatabaseRefused, found_on, known_revisions, upgrade_to
from db.roles import OWNER, SCHEDULER, WRITER, become
from db.url import sqlalchemy_url

_FOREIGN = (
    "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace "
    "WHERE c.contype = 'f' AND n.nspname = 'public' AND c.conrelid <> c.confrelid"
)
_DROP_ALL = """
    SELECT format('DROP TABLE IF EXISTS public.%%I CASCADE', tablename) FROM pg_tables WHERE schemaname = 'public' AND tableowner = %s
    UNION ALL SELECT format('DROP ROUTINE IF EXISTS %%s CASCADE', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proowner = (%s)::regrole
"""
_WAIT_FOR_LOCKS = "SET LOCAL lock_timeout = '10s'"


class RestoreRefused(RuntimeError):
    """The backup was not brought back, and the database is as it was before. `str()` says why and what to do."""


@dataclass(frozen=True)
class Restored:
    """What was brought back, and what its manifest says."""

    manifest: Manifest
    rows: int


def restore_backup(url: str, file: Path, *, replace: bool = False) -> Restored:
    """Bring `file` back into the empty database at `url`, or with `replace` in the place of the ledger that is there.

    The whole file is checked before anything is written; then schema, rows, and the proof of the manifest in one transaction: all of it or nothing.
    An older schema is brought up to date in the same transaction. The database is quiet afterwards. Raises BackupBroken (the file), DatabaseRefused
    (the database is somebody else's), RestoreRefused (not empty, in use, a newer schema, or another content than the manifest's).
    """
    manifest = read_manifest(file)
    if manifest.schema not in known_revisions():
        raise RestoreRefused(
            f"the backup has schema {manifest.schema}, made by Sendflow {manifest.sendflow}, which is newer. Install that version first."
        )
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        _make_room(connection, replace)
        upgrade_to(connection, manifest.schema)
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        rows = _fill(driver, file, manifest)
        _prove(driver, manifest)
        upgrade_to(connection, "head")
        _keep_quiet(driver, manifest)
    return Restored(manifest, rows)


def _make_room(connection: Connection, replace: bool) -> None:
    found = found_on(connection)
    if found.state == "empty":
        return
    if found.state in ("prefect", "foreign"):
        raise DatabaseRefused(found.words)
    if not replace:
        raise RestoreRefused(
            f"the database is not empty: {found.words} Give DATABASE_URL an empty one, or say --replace to throw away what is in it."
        )
    try:
        connection.exec_driver_sql(_WAIT_FOR_LOCKS)
        for role in (OWNER, WRITER):
            connection.exec_driver_sql(f"SET ROLE {role}")
            for order in connection.exec_driver_sql(_DROP_ALL, (role, role)).scalars().all():
                connection.exec_driver_sql(order)
            connection.exec_driver_sql("RESET ROLE")
    except OperationalError as fault:
        raise RestoreRefused("somebody works on this database. Stop Sendflow on every host first; nothing was changed.") from fault


def _fill(connection: psycopg.Connection[Any], file: Path, manifest: Manifest) -> int:
    connection.execute(become(OWNER))
    connection.execute("SET LOCAL TIME ZONE 'UTC'")
    parts = {part.table: part for part in manifest.parts}
    with _written_by_the_owner(connection, list(parts)):
        for table in _parents_first(list(parts), connection.execute(_FOREIGN).fetchall()):
            _fill_table(connection, file, parts[table])
    for name, last in manifest.sequences.items():
        connection.execute(sql.SQL("SELECT setval({}, {})").format(sql.Literal(f"public.{name}"), last))
    connection.execute("RESET ROLE")
    return sum(part.rows for part in manifest.parts)


@contextmanager
def _written_by_the_owner(connection: psycopg.Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """COPY does not pass row-level security, so the tables' owner is let past it inside this transaction, which nobody else sees."""
    for table in tables:
        connection.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier("public", table)))
    yield
    for table in tables:
        connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(sql.Identifier("public", table)))


def _fill_table(connection: psycopg.Connection[Any], file: Path, part: Part) -> None:
    listed = sql.SQL(", ").join(sql.Identifier(column) for column in part.columns)
    order = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("public", part.table), listed)
    with open_part(file, part) as packed, gzip.open(packed) as rows, connection.cursor() as cursor:
        with cursor.copy(order) as copy:
            left = None
            while left != b"":
                left = rows.read(1 << 20)
                copy.write(left)
        if cursor.rowcount != part.rows:
            raise BackupBroken(f"{part.name} holds {cursor.rowcount} rows and the manifest says {part.rows}. Nothing was written.")


def _parents_first(tables: list[str], foreign: Sequence[tuple[Any, ...]]) -> list[str]:
    """The tables in an order in which each comes after those that its rows point to. Raises RestoreRefused for a circle."""
    needs = {table: {str(to) for of, to in foreign if of == table} for table in tables}
    ordered: list[str] = []
    while needs:
        ready = sorted(table for table, wanted in needs.items() if wanted <= set(ordered))
        if not ready:
            raise RestoreRefused(f"the tables {', '.join(sorted(needs))} point at each other in a circle; nothing was written.")
        ordered += ready
        needs = {table: wanted for table, wanted in needs.items() if table not in ordered}
    return ordered


def _prove(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    connection.execute(become(SCHEDULER))
    wrong = differences(manifest.proof, proof_of(connection))
    connection.execute("RESET ROLE")
    if wrong:
        raise RestoreRefused(f"what came back is not what was taken: {'; '.join(wrong)}. Nothing was written.")


def _keep_quiet(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    connection.execute(become(SCHEDULER))
    connection.execute("UPDATE instance_identity SET host_key = %s", (RESTORED + manifest.taken_at,))
    connection.execute("RESET ROLE")
