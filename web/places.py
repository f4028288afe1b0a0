"""How many requests are served at a time: as many as the pools have connections, so that no request waits for a connection in a thread.

The others wait here, which costs nothing, and after `PLACE_SECONDS` they are told to come again (faults.md D3). With threads as the
only bound, 200 requests on an empty pool waited for 40 threads in turn, and the last was answered after 14.7 seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PLACE_SECONDS = 1.5
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

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place. Raises NoPlace after `PLACE_SECONDS`."""
        await self._take()
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._free.release()

    @property
    def refused(self) -> int:
        """How many requests were sent away in the last minute."""
        while self._refused and self._refused[0] < time.monotonic() - REMEMBERED:
            self._refused.popleft()
        return len(self._refused)

    async def _take(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._free.acquire()
        except TimeoutError as late:
            self._refused.append(time.monotonic())
            raise NoPlace from late
        finally:
            self.waiting -= 1
