"""Kills a worker of ours between two of its calls to Prefect about one run: the calls are watched as they go by, and the fatal one does not pass."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from flows.server import PrefectServer
from tests.faults.doomed import DoomedProcess
from tests.faults.watching_proxy import WatchingProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from flows.connection import Connection
    from tests.flows.office import Office

    Work = Callable[[Connection, Mapping[str, str]], None]

_STATE = re.compile(rb'"type":\s*"(PENDING|RUNNING|PAUSED|COMPLETED|FAILED|CRASHED|SCHEDULED|CANCELLED)"')


class Moment(Enum):
    """When the worker dies. The value says it in words."""

    AT_THE_CALL_FOR_RUNNING = "before Running"
    AT_THE_ANSWER_TO_IT = "in Running, nothing done"
    AT_THE_CALL_TO_WAIT = "in Running, all done"


class Between:
    """Looks at every packet between a worker and Prefect, and kills the worker at that moment of that run. `calls`: the states it asked for."""

    def __init__(self, office: Office, run: UUID, moment: Moment, worker: DoomedProcess) -> None:
        self._office, self._run, self._moment, self._worker = office, run, moment, worker
        self._path = f"POST /api/flow_runs/{run}/set_state ".encode()
        self._seen = threading.local()  # a connection has a thread of the proxy each way
        self.calls: list[str] = []
        self.killed = False

    def __call__(self, packet: bytes, to_server: bool) -> bool:
        """Whether the packet passes. Once the worker is dead none does."""
        if not self.killed and (self._is_fatal_call(packet) if to_server else self._is_fatal_answer()):
            os.kill(self._worker.pid, signal.SIGKILL)
            self.killed = True
        return not self.killed

    def _is_fatal_call(self, packet: bytes) -> bool:
        asked = self._asked(packet)
        if asked:
            self.calls.append(asked)
        fatal = {Moment.AT_THE_CALL_FOR_RUNNING: "RUNNING", Moment.AT_THE_CALL_TO_WAIT: "PAUSED"}
        return bool(asked) and asked == fatal.get(self._moment)

    def _is_fatal_answer(self) -> bool:
        """Any answer, once Prefect's server shows the run as Running: the worker does not hear that it does."""
        if self._moment is not Moment.AT_THE_ANSWER_TO_IT or self.calls[-1:] != ["RUNNING"]:
            return False
        return state_type(self._office, self._run) == "RUNNING"

    def _asked(self, packet: bytes) -> str:
        """The state that a call about our run asks for, with the packet that tells it (its head may have gone before); else empty."""
        begun = packet if b" HTTP/1.1\r\n" in packet else getattr(self._seen, "call", b"") + packet
        self._seen.call = begun if begun.startswith(self._path) else b""
        found = _STATE.search(self._seen.call)
        if found is None:
            return ""
        self._seen.call = b""
        return found[1].decode()


def state_type(office: Office, run: UUID) -> str:
    """The type of the run's state in Prefect; empty when there is none."""
    state = office.client.read_flow_run(run).state
    return state.type.value if state is not None else ""


@contextmanager
def doomed_to_die(office: Office, server: PrefectServer, work: Work, run: UUID, moment: Moment) -> Iterator[tuple[DoomedProcess, Between]]:
    """A worker that stands ready and dies at that moment of that run, once it was told to `go`."""
    from tests.faults import doomed_worker

    proxy = WatchingProxy(server.files.port())
    connection = replace(server.connection, api_url=f"http://127.0.0.1:{proxy.port}/api")
    worker = DoomedProcess(work, connection, office.worker_environment(), needs=doomed_worker.__name__)
    proxy.look = watch = Between(office, run, moment, worker)
    try:
        worker.start()
        yield worker, watch
    finally:
        if worker.ended(0) is None:
            worker.kill()
        proxy.close()
