"""One sweep of a kind at a time, over all hosts: an advisory lock of the database, which ends with its connection."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import Engines
from db.roles import SCHEDULER

_FAMILY = 0x5E4D  # apart from every other user of advisory locks in this database

_HELD = text("""
    SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :family AND objsubid = 2 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


def at_work(session: Session) -> frozenset[int]:
    """The numbers (`number_of`) of the sweeps that hold their lock now: whoever dies, or is cut off, holds none."""
    return frozenset(session.scalars(_HELD, {"family": _FAMILY}))


def number_of(name: str) -> int:
    """The number under which the lock of that name is held."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


@contextmanager
def only_one(engines: Engines, name: str) -> Iterator[bool]:
    """True for the one that holds the lock of that name, False for everybody else meanwhile. Never waits.

    The connection is of no pool: what is done under the lock asks for those, and sweeps that began together would take them from one another.
    """
    number = number_of(name)
    with engines.own_connection(SCHEDULER) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_FAMILY, number)).fetchone()
        ours = bool(row and row[0])
        try:
            yield ours
        finally:
            if ours and not connection.closed:
                connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_FAMILY, number))
