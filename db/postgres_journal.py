"""Files of PostgreSQL's journal (WAL) made in advance, so that a full disk stops writing only (`faults.md` D1).

PostgreSQL refuses a row that finds no room, and goes on. When it needs a new file for its journal and finds no room, it dies, and nobody can read
either. Files made while there was room are used over and over: every checkpoint gives the old ones back. (One that needs a page for the states of new
transactions fails and is tried again; 64 MB of journal last for some ten thousand refused acts meanwhile.) The first checkpoint after a database was
made also writes its last blocks, for which the file system had set no room aside.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg

AHEAD = 4  # files; refused acts write a few kB each, and a checkpoint comes every five minutes
FILE_BYTES = 16 * 1024 * 1024
_AHEAD = "SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name > pg_walfile_name(pg_current_wal_lsn())"
_NEXT = ("SELECT pg_logical_emit_message(false, 'sendflow', 'next file')", "SELECT pg_switch_wal()")


def reserve_journal(url: str, cluster: Path) -> int:
    """Make what is missing of the files ahead, if the disk has room for twice as much; how many are there then. `url`: the superuser's.

    Raises psycopg.OperationalError when the server does not answer.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        missing = AHEAD - _ahead(connection)
        if missing > 0 and shutil.disk_usage(cluster).free > 2 * missing * FILE_BYTES:
            for statement in _NEXT * missing:
                connection.execute(statement)
            connection.execute("CHECKPOINT")
        return _ahead(connection)


def _ahead(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute(_AHEAD).fetchone()
    assert row is not None
    return row[0]
