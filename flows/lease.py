"""The lease on a case: one process serves its wake at a time, and one that was paused past its lease is turned away by its fence."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.orm import Session

from db import wakes
from tasks.failure import TaskFailed, code_of, is_outage
from tasks.parts import Parts, this_thread

SECONDS = 60.0
PATIENCE_SECONDS = 5.0


_held_here: dict[str, CaseLease] = {}


class LeaseLost(TaskFailed):
    """Another process serves the case by now; what this one still has in hand must not be written."""

    def __init__(self, case: str) -> None:
        super().__init__("lease.lost", case)


class CaseLease:
    """One case, ours until a minute passes without `hold`.

    Leaving the `with` block unserved gives the case back, with the error's code if there was one: after five failures in a row it is parked
    until a person looks. An outage of a server is nobody's failure.
    """

    def __init__(self, parts: Parts, held: wakes.Lease) -> None:
        self._parts = parts
        self._held = held
        self._over = False
        _held_here[held.case] = self

    @property
    def case(self) -> str:
        """The case's reference."""
        return self._held.case

    def hold(self) -> None:
        """Hold the case for another minute, before each effect. Raises LeaseLost when it passed on meanwhile."""
        with self._parts.engines.scheduler() as session:
            if not wakes.extend(session, self._held, SECONDS):
                self._over = True
                raise LeaseLost(self.case)

    def served(self) -> None:
        """The wakes wanted when the lease was taken are served. A wake that came later stays wanted."""
        self._end(lambda session: wakes.served(session, self.case, self._held.fence, self._held.upto))

    def __enter__(self) -> CaseLease:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        code = "" if error is None or is_outage(error) else code_of(error)
        self._end(lambda session: wakes.release(session, self.case, self._held.fence, code))

    def _end(self, how: Callable[[Session], bool]) -> None:
        if not self._over:
            with self._parts.engines.scheduler() as session:
                how(session)
            self._over = True
        _held_here.pop(self.case, None)


def hand_back_all() -> list[str]:
    """Give back every case that this process still holds, unserved, so that another one can take it at once. Returns their references."""
    left = list(_held_here.values())
    for lease in left:
        lease.__exit__(None, None, None)
    return [lease.case for lease in left]


def take_lease(parts: Parts, case: str) -> CaseLease | None:
    """Take the case. None when another process has it and keeps it for longer than a few seconds.

    A case that was never woken has nothing to lease yet (somebody pressed Resume in Prefect): a wake is wanted for it first.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with parts.engines.scheduler() as session:
            held = wakes.lease(session, case, this_thread(), SECONDS)
            if held is None and case not in wakes.leased(session):
                wakes.want(session, [case])
                held = wakes.lease(session, case, this_thread(), SECONDS)
        if held is not None:
            return CaseLease(parts, held)
        if time.monotonic() > until:
            return None
        time.sleep(0.25)
