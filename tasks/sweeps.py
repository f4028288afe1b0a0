"""Frames a scheduled sweep: one at a time over all hosts, a heartbeat at its end, and only a code when it fails."""

from __future__ import annotations

from collections.abc import Callable

from db.heartbeats import beat
from db.one_at_a_time import only_one
from tasks.failure import TaskFailed, coded
from tasks.parts import Parts

DAY = 24 * 60 * 60
TEN_MINUTES = 10 * 60
FIVE_MINUTES = 5 * 60


def sweep(parts: Parts, name: str, every_seconds: int, work: Callable[[], int]) -> int | None:
    """Do the work unless another sweep of that name is at it (None), and say in the ledger that it came to its end, and what it counted.

    Raises TaskFailed when the work fails; the heartbeat then holds the code.
    """
    with only_one(parts.engines, name) as ours:
        if not ours:
            return None
        try:
            counted = coded("", work)
        except TaskFailed as failed:
            _say(parts, name, every_seconds, 0, failed.code)
            raise
        _say(parts, name, every_seconds, counted, "")
        return counted


def _say(parts: Parts, name: str, every_seconds: int, counted: int, code: str) -> None:
    with parts.engines.scheduler() as session:
        beat(session, name, parts.clock.now(), every_seconds=every_seconds, counted=counted, error_code=code)
