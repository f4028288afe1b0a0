"""Keeps our resident worker going as a child process: starts it, starts it again when it has died, ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from flows.connection import Connection
from flows.work import ENDS_WITH_PARENT

MAX_LOG_BYTES = 10_000_000


class WorkerProcess:
    """One worker on this machine. `environment`: what it needs to find the ledger (`DATABASE_URL`, `SENDFLOW_…`) beside what we have ourselves."""

    def __init__(
        self, connection: Connection, environment: Mapping[str, str] | None = None, log: Path | None = None, module: str = "flows.work"
    ) -> None:
        self._connection, self._module = connection, module
        self._environment = dict(environment or {})
        self.log = log or connection.home / "worker.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the worker; 0 when it was never started."""
        return self._child.pid if self._child is not None else 0

    def start(self) -> None:
        """Start the worker. It needs a few seconds to import Prefect; nobody has to wait for it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.unlink()
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment, **self._connection.environment(), ENDS_WITH_PARENT: "1"},
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        """Whether the worker runs."""
        return self._child is not None and self._child.poll() is None

    def ensure(self) -> bool:
        """Start it again if it has died. True when that was needed."""
        if self.is_alive():
            return False
        self.start()
        return True

    def stop(self, seconds: float = 30.0) -> int:
        """Ask it to end; it does or hands back what it has begun. Killed after `seconds`. Returns its exit status."""
        if self._child is None:
            return 0
        for order in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(order)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._child.wait(seconds)
        return self._child.wait()
