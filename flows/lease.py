"""The lease on a case: one process serves its wake at a time, and one that was paused past its lease is turned away by its fence.

A lease is short, so that a dead process is soon replaced, and is renewed from beside while the work goes on, with the messages that are claimed
under it. A process that was stopped renews nothing; work that hangs is renewed for three minutes and no longer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.orm import Session

from db import wakes
from db.deliveries import extend_claims
from tasks.failure import TaskFailed, code_of, is_outage
from tasks.parts import Parts, this_thread

RENEWALS = 3  # in the time of one lease: two may fail
LONGEST_WAKE = 180.0
PATIENCE_SECONDS = 5.0
log = logging.getLogger("sendflow.flows")


class LeaseLost(TaskFailed):
    """Another process serves the case by now; what this one still has in hand must not be written."""

    def __init__(self, case: str) -> None:
        super().__init__("lease.lost", case)


class CaseLease:
    """One case, ours for as long as the `with` block lasts, three minutes at most.

    Leaving the block unserved gives the case back, with the error's code if there was one: after five failures in a row it is parked
    until a person looks. An outage of a server is nobody's failure.
    """

    def __init__(self, parts: Parts, held: wakes.Lease) -> None:
        self._parts = parts
        self._held = held
        self._seconds = parts.settings.lease_seconds
        self._over = False
        self.taken_at = time.monotonic()

    @property
    def renewed_each(self) -> float:
        """Seconds from one renewal to the next."""
        return self._seconds / RENEWALS

    @property
    def case(self) -> str:
        """The case's reference."""
        return self._held.case

    def hold(self) -> None:
        """Make sure that the case is still ours, before each effect. Raises LeaseLost when it passed on meanwhile."""
        with self._parts.engines.scheduler() as session:
            if self._over or not wakes.extend(session, self._held, self._seconds):
                self._over = True
                raise LeaseLost(self.case)

    def renew(self) -> None:
        """Hold the case, and the messages of it that are claimed meanwhile. Raises LeaseLost."""
        self.hold()
        with self._parts.engines.scheduler() as session:
            extend_claims(session, self.case, self._held.holder, self._seconds)

    def served(self) -> None:
        """The wakes wanted when the lease was taken are served. A wake that came later stays wanted."""
        self._end(self._mark_served)

    def _mark_served(self, session: Session) -> None:
        """Stopped between its last look and here, this process may have shown in Prefect where the case stood before: another wake mends that."""
        if not wakes.served(session, self.case, self._held.fence, self._held.upto):
            wakes.want(session, [self.case])

    def give_back(self, code: str = "") -> None:
        """The case is not served; another process may take it at once. With a code it counts as a failure."""
        self._end(lambda session: wakes.release(session, self.case, self._held.fence, code))

    def __enter__(self) -> CaseLease:
        _held_here.add(self)
        _renewing.ensure()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.give_back("" if error is None or is_outage(error) else code_of(error))

    def _end(self, how: Callable[[Session], object]) -> None:
        _held_here.discard(self)
        if not self._over:
            with self._parts.engines.scheduler() as session:
                how(session)
            self._over = True


def take_lease(parts: Parts, case: str) -> CaseLease | None:
    """Take the case. None when another process has it and keeps it for longer than a few seconds.

    A case that was never woken has nothing to lease yet (somebody pressed Resume in Prefect): a wake is wanted for it first.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with parts.engines.scheduler() as session:
            held = wakes.lease(session, case, this_thread(), parts.settings.lease_seconds)
            if held is None and case not in wakes.leased(session):
                wakes.want(session, [case])
                held = wakes.lease(session, case, this_thread(), parts.settings.lease_seconds)
        if held is not None:
            return CaseLease(parts, held)
        if time.monotonic() > until:
            return None
        time.sleep(0.25)


def hand_back_all() -> list[str]:
    """Give back every case that this process still holds, unserved. Returns their references."""
    left = list(_held_here)
    for lease in left:
        lease.give_back()
    return sorted(lease.case for lease in left)


class _Renewing:
    """One thread a process that renews what it holds."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._begun = threading.Event()

    def ensure(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()
        self._begun.set()

    def _run(self) -> None:
        while True:
            if not _held_here:
                self._begun.wait()
                self._begun.clear()
            time.sleep(min((lease.renewed_each for lease in list(_held_here)), default=0))
            for lease in list(_held_here):
                if time.monotonic() - lease.taken_at < LONGEST_WAKE:
                    self._renew(lease)

    def _renew(self, lease: CaseLease) -> None:
        try:
            lease.renew()
        except LeaseLost:
            _held_here.discard(lease)
        except Exception as error:
            log.warning("the lease on %s was not renewed: %s", lease.case, code_of(error))


_held_here: set[CaseLease] = set()
_renewing = _Renewing()
