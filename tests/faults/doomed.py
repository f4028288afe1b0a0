"""Processes that a test kills at a packet of their own: forked from a server that has imported all they need, so that one costs little."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from tests.db.cutting_proxy import CuttingProxy

PATIENCE = 60.0


class DoomedProcess:
    """It runs once `go` is called. `kill` ends it with SIGKILL; it may be called at any time, also by a proxy's thread."""

    def __init__(self, work: Callable[..., None], *arguments: Any, needs: str) -> None:
        """`needs`: the module that the fork server imports beforehand (the first to be asked for wins)."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([needs])
        self._near, far = context.Pipe()
        self._process: BaseProcess = context.Process(target=_wait_and_work, args=(far, work, arguments), daemon=True)

    @property
    def pid(self) -> int:
        """Its process id; 0 before it was started."""
        return self._process.pid or 0

    def start(self) -> None:
        """Start it, and wait until it stands ready."""
        self._process.start()
        assert self._near.poll(PATIENCE), "the process does not start"
        self._near.recv()

    def go(self) -> None:
        """Let it begin."""
        self._near.send(None)

    def kill(self) -> None:
        """SIGKILL, once it was started."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def ended(self, seconds: float = PATIENCE) -> int | None:
        """Wait for its end; its exit status, minus the signal's number if it was killed. None: it still runs."""
        self._process.join(seconds)
        return self._process.exitcode


@contextmanager
def killing_proxy(url: str) -> Iterator[tuple[CuttingProxy, list[DoomedProcess]]]:
    """A proxy before `url` whose cut kills the process last put into the list."""
    doomed: list[DoomedProcess] = []
    proxy = CuttingProxy(url, lambda: doomed[-1].kill())
    try:
        yield proxy, doomed
    finally:
        proxy.close()
        for one in doomed:
            if one.ended(0) is None:
                one.kill()


def _wait_and_work(line: Any, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    line.send(None)
    line.recv()
    work(*arguments)
