"""The scene of the measures that need no Prefect: PostgreSQL, a new ledger, a trust of one school, and cases that lie still beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.server import ledger_database, server
from benchmarks.trust import BenchTrust, ballast, make_trust

BALLAST = 20_000  # waiting cases, as the peers' README asks


@contextmanager
def standing_trust(waiting: int = BALLAST) -> Iterator[BenchTrust]:
    """A trust beside `waiting` cases that wait in their first step; everything is dropped and stopped at the end."""
    with server() as running, ledger_database(running) as engines:
        trust = make_trust(running, engines)
        if waiting:
            ballast(trust, waiting, like=trust.open(1)[0])
        yield trust
