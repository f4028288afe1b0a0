"""What must hold of a database server before Sendflow starts on it (faults.md C5): acknowledged acts survive a power cut."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import NullPool, create_engine

from db.migrate import inspect_database
from db.url import sqlalchemy_url

OLDEST = 140000
ROOM = 1_000_000_000  # bytes; below this the start says so
_MUST_BE: dict[str, tuple[str, ...]] = {
    "fsync": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "full_page_writes": ("on",),
    "row_security": ("on",),
    "default_transaction_read_only": ("off",),
}


class UnsafeServer(RuntimeError):
    """The server would lose or hide records. `str()` names each setting, what it is and what it must be."""


def check_server(url: str) -> None:
    """Raise UnsafeServer if the server is older than PostgreSQL 14, or a setting would lose an acknowledged act.

    Settings are read on a connection as Sendflow makes them, so a role's or a database's own settings count too.
    """
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        found = {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in _MUST_BE}
        encoding = str(connection.exec_driver_sql("SHOW server_encoding").scalar_one())
    faults = [f"{name} is {found[name]} and must be {allowed[0]}" for name, allowed in _MUST_BE.items() if found[name] not in allowed]
    if version < OLDEST:
        faults.insert(0, f"the server is PostgreSQL {version // 10000} and must be 14 or newer")
    if encoding != "UTF8":
        faults.append(f"the database's encoding is {encoding} and must be UTF8")
    if faults:
        raise UnsafeServer("Sendflow does not start on this database: " + "; ".join(faults) + ". Ask whoever runs the server to set this right.")


def found_at_start(url: str, folder: Path) -> list[str]:
    """What was found, a line each, for the person who starts Sendflow: server, login role, ledger, room on the data folder's disk."""
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        query = "SELECT current_setting('server_version'), current_database(), current_user, pg_size_pretty(pg_database_size(current_database()))"
        version, database, login, size = connection.exec_driver_sql(query).one()
    free = shutil.disk_usage(folder).free
    room = f"{free / 1e9:.1f} GB free in {folder}"
    if free < ROOM:
        room += ": too little. Make room before the disk is full; when it is, nothing more can be recorded."
    return [f"PostgreSQL {version}, database {database} ({size}), as {login}: durable, UTF-8", inspect_database(url).words, room]
