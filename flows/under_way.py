"""Which cases a process serves now, and which it lets rest because they failed just now. All in memory: the ledger knows what it wants."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

FIRST_REST = 2.0
LONGEST_REST = 300.0


@dataclass
class UnderWay:
    """At most `room` cases at once; one that failed rests for 2, 4, 8 ... seconds, at most five minutes."""

    room: int
    clock: Callable[[], float] = time.monotonic
    _begun: dict[str, tuple[Future[Any], float]] = field(default_factory=dict)
    _rests: dict[str, tuple[float, int]] = field(default_factory=dict)

    def takes(self, case: str) -> bool:
        """Whether this case may begin now."""
        return len(self._begun) < self.room and case not in self._begun and self._rests.get(case, (0.0, 0))[0] <= self.clock()

    def begin(self, case: str, future: Future[Any]) -> None:
        """The case is being served by that future."""
        self._begun[case] = (future, self.clock())

    def ended(self) -> Iterator[tuple[str, object]]:
        """Takes out every case that is no longer served, with what its future gave: a result, or the error it ended with."""
        for case in [case for case, (future, _) in self._begun.items() if future.done()]:
            future, _ = self._begun.pop(case)
            yield case, None if future.cancelled() else future.exception() or future.result()

    def rest(self, case: str) -> None:
        """Let the case rest before its next try."""
        tries = self._rests.get(case, (0.0, 0))[1] + 1
        self._rests[case] = (self.clock() + min(FIRST_REST * 2.0 ** (tries - 1), LONGEST_REST), tries)

    def served(self, case: str) -> None:
        """The case needs no rest."""
        self._rests.pop(case, None)

    def resting(self) -> int:
        """How many cases rest or are served: so many of the wanted ones cannot begin."""
        return len(self._begun) + len(self._rests)

    def longer_than(self, seconds: float) -> list[str]:
        """Cases that have been served for longer than that: their threads hang."""
        return [case for case, (_, begun_at) in self._begun.items() if self.clock() - begun_at > seconds]

    def give_up(self) -> None:
        """Forget what is being served (its threads hang): the ledger's leases pass on by themselves."""
        self._begun.clear()

    def wait(self, seconds: float) -> list[str]:
        """Wait for what is being served. Returns the cases that were not done in time."""
        wait([future for future, _ in self._begun.values() if not future.done()], timeout=seconds)  # `wait` never sees a cancelled one as done
        return [case for case, (future, _) in self._begun.items() if not future.done()]
