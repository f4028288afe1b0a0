"""One sweep of a kind at a time, over all hosts: an advisory lock of the database, which ends with its connection."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from db.engine import Engines
from db.roles import SCHEDULER

_FAMILY = 0x5E4D  # apart from every other user of advisory locks in this database


@contextmanager
def only_one(engines: Engines, name: str) -> Iterator[bool]:
    """True for the one that holds the lock of that name, False for everybody else meanwhile. Never waits."""
    number = zlib.crc32(name.encode()) & 0x7FFFFFFF
    with engines.act_connection(SCHEDULER) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_FAMILY, number)).fetchone()
        ours = bool(row and row[0])
        try:
            yield ours
        finally:
            if ours and not connection.closed:
                connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_FAMILY, number))
