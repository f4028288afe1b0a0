"""Taking a backup: every table of the ledger as it stood at one moment, in one file that proves itself (docs/backup.md)."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from db.backup_file import BackupBroken, Manifest, Part, digest, write_tar
from db.backup_proof import proof_of
from db.migrate import require_current
from db.roles import OWNER, SCHEDULER, become
from db.settings import Settings
from db.signing_key import signing_keys
from db.url import psycopg_url

NOT_COPIED = ("alembic_version",)  # the restore makes the schema itself, and thereby this
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SEEN_WHOLE = "SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND 'sendflow_scheduler' = ANY (roles) AND qual = 'true'"
_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


@dataclass(frozen=True)
class Taken:
    """A backup that stands on the disk."""

    file: Path
    manifest: Manifest


def take_backup(url: str, settings: Settings, target: Path) -> Taken:
    """Write a backup of the ledger at `url` into `target`: a file, or a folder that gets a file named after the moment.

    All tables, counts and digests are of one REPEATABLE READ snapshot; people and workers go on meanwhile. Raises DatabaseRefused for a database
    that is not ours at this schema, BackupBroken when a table's rows cannot all be seen, OSError when the disk refuses.
    """
    require_current(url)
    with psycopg.connect(psycopg_url(url)) as connection, tempfile.TemporaryDirectory(dir=_folder_of(target), prefix=".backup-") as scratch:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        schema, sequences = _as_owner(connection)
        connection.execute(become(SCHEDULER))
        moment = _row(connection, "SELECT transaction_timestamp()")[0]
        parts, files = _copy_tables(connection, Path(scratch))
        manifest = _manifest(connection, settings, moment, schema, sequences, parts)
        file = target / f"sendflow-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar" if target.is_dir() else target
        write_tar(file, manifest, files)
    return Taken(file, manifest)


def key_mark(settings: Settings) -> str:
    """A mark by which the key that signs links is known again; it does not give the key away, which is random and long."""
    return hashlib.sha256(f"sendflow backup {signing_keys(settings)[-1]}".encode()).hexdigest()[:16]


def _as_owner(connection: psycopg.Connection[Any]) -> tuple[str, dict[str, int]]:
    """The schema's version and the sequences, which only the owner reads. Whoever owns a sequence of its own is asked for it too."""
    connection.execute(become(OWNER))
    schema = str(_row(connection, "SELECT version_num FROM alembic_version")[0])
    sequences = {str(name): int(last) for name, last in connection.execute(_SEQUENCES)}
    return schema, sequences


def _copy_tables(connection: psycopg.Connection[Any], scratch: Path) -> tuple[list[Part], dict[str, Path]]:
    tables = [str(row[0]) for row in connection.execute(_TABLES) if row[0] not in NOT_COPIED]
    whole = {str(row[0]) for row in connection.execute(_SEEN_WHOLE)}
    if hidden := sorted(set(tables) - whole):
        raise BackupBroken(
            f"row-level security may hide rows of {', '.join(hidden)} from the backup. No backup was written; tell whoever made that table."
        )
    parts, files = [], {}
    for table in tables:
        files[table] = scratch / f"{table}.gz"
        parts.append(_copy_table(connection, table, files[table]))
    return parts, files


def _copy_table(connection: psycopg.Connection[Any], table: str, file: Path) -> Part:
    columns = [str(row[0]) for row in connection.execute(_COLUMNS, (f"public.{table}",))]
    listed = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(listed, sql.Identifier("public", table))
    rows = 0
    with gzip.open(file, "wb", compresslevel=5) as out, connection.cursor() as cursor:
        with cursor.copy(query) as copy:
            for chunk in copy:
                out.write(chunk)
        rows = cursor.rowcount
    with file.open("rb") as written:
        return Part(table, columns, rows, digest(written))


def _manifest(
    connection: psycopg.Connection[Any], settings: Settings, moment: datetime, schema: str, sequences: dict[str, int], parts: list[Part]
) -> Manifest:
    return Manifest(
        taken_at=moment.astimezone(UTC).isoformat(),
        sendflow=version("sendflow"),
        schema=schema,
        server=str(_row(connection, "SHOW server_version")[0]),
        instance=str(_row(connection, "SELECT instance FROM instance_identity")[0]),
        trusts=[str(row[0]) for row in connection.execute("SELECT name FROM trusts ORDER BY id")],
        signing_key=key_mark(settings),
        parts=parts,
        sequences=sequences,
        proof=proof_of(connection),
    )


def _folder_of(target: Path) -> Path:
    folder = target if target.is_dir() else target.parent
    if not folder.is_dir():
        raise BackupBroken(f"there is no folder {folder}. Make it first; a backup belongs on another disk than the database.")
    return folder


def _row(connection: psycopg.Connection[Any], query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)
