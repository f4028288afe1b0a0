"""How many requests are served at a time: as many as the pools have connections, so that no request waits for a connection in a thread.

The others wait here, which costs nothing. When nobody has been served for `PLACE_SECONDS` they are told to come again (faults.md D3); while
people are being served they keep their place in the queue, for `LONGEST_SECONDS` at most. With threads as the only bound, 200 requests on an
empty pool waited for 40 threads in turn, and the last was answered after 14.7 seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PLACE_SECONDS = 1.5
LONGEST_SECONDS = 10.0
POOL_SECONDS = 1.0  # for a connection, with a place in hand: both together, and the page made, are under three seconds
REMEMBERED = 60.0


class NoPlace(Exception):
    """No place came free in time: nothing of the request was begun."""


class Places:
    """Places for `size` requests, given in the order of coming. Belongs to the event loop of the console, and to no other thread."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.taken = self.waiting = 0
        self._free = asyncio.Semaphore(size)
        self._refused: deque[float] = deque(maxlen=100_000)
        self._patience: dict[asyncio.Timeout, float] = {}  # of everybody who waits, and when it ends whatever happens

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place. Raises NoPlace when nobody was served for `PLACE_SECONDS`, or after `LONGEST_SECONDS`."""
        await self._take()
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._free.release()

    def served(self) -> None:
        """Somebody was answered as they should be: the queue moves, and whoever waits may wait on."""
        now = asyncio.get_running_loop().time()
        for patience, latest in self._patience.items():
            if not patience.expired():
                patience.reschedule(min(now + PLACE_SECONDS, latest))

    @property
    def refused(self) -> int:
        """How many requests were sent away in the last minute."""
        while self._refused and self._refused[0] < time.monotonic() - REMEMBERED:
            self._refused.popleft()
        return len(self._refused)

    async def _take(self) -> None:
        self.waiting += 1
        patience = asyncio.timeout(PLACE_SECONDS)
        try:
            async with patience:
                self._patience[patience] = asyncio.get_running_loop().time() + LONGEST_SECONDS
                await self._free.acquire()
        except TimeoutError as late:
            self._refused.append(time.monotonic())
            raise NoPlace from late
        finally:
            self.waiting -= 1
            self._patience.pop(patience, None)
