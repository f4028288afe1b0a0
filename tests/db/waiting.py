"""Two at once, in the order that a test wants: until so many sessions wait for a lock of another."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import Any

from sqlalchemy import text

from db.engine import Engines

PATIENCE = 10.0
_WAITING = text("""
    SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid AND a.datname = current_database() WHERE NOT l.granted
""")


def until_it_waits(engines: Engines, sessions: int, *, or_done: Future[Any] | None = None) -> None:
    """Come back once that many sessions of this database wait for a lock, or `or_done` has come to its end."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not (or_done is not None and or_done.done()):
        with engines.scheduler() as session:
            if session.scalars(_WAITING).one() >= sessions:
                return
        time.sleep(0.01)
    assert or_done is not None and or_done.done(), f"nobody waits within {PATIENCE:.0f} s"
