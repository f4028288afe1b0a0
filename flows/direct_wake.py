"""Runs a waiting flow run at once, in this process: many times cheaper than a fresh interpreter for each wake.

Two switches, measured in `docs/prefect.md`: a copy of the run without its deployment keeps Prefect's suspension observer (a thread and a
websocket a run) away, and heartbeats off saves up to a second at each end. Prefect itself keeps the deployment: its engine reads the run anew.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import SyncClientContext
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

THREADS = 2  # more only wait for the server


class WarmThreads:
    """Threads that run flows, each with one client kept open for its whole life.

    A thread that finds Prefect away as it warms up fails that one piece of work, and tries again with the next. (An `initializer` of the pool
    would break the whole pool for ever: a worker that was started before its Prefect server would never serve.)
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._local = threading.local()
        self._settings = contextvars.copy_context()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="wake")

    def run(self, flow: Flow[Any, Any], flow_run: FlowRun) -> Future[State[Any] | None]:
        """Run the flow for that run. The future gives the state it ended or waits in, or None when it left the run as it was."""
        return self.call(lambda client: _run(flow, flow_run))

    def wake(self, flow: Flow[Any, Any], flow_run_id: UUID) -> Future[State[Any] | None]:
        """Read the run and run it; `prefect.exceptions.ObjectNotFound` in the future when Prefect has forgotten it."""
        return self.call(lambda client: _run(flow, client.read_flow_run(flow_run_id)))

    def call(self, work: Callable[[SyncPrefectClient], Any]) -> Future[Any]:
        """Do work with a warm client. The future raises what a client raises that finds Prefect away."""
        return self._pool.submit(lambda: work(self._client()))

    def close(self, wait: bool = True) -> None:
        """Take no more work; with `wait`, until what runs is done. What has not begun is dropped: the ledger still wants it."""
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _client(self) -> SyncPrefectClient:
        """This thread's client, made on its first work."""
        if not hasattr(self._local, "kept"):
            for variable, value in self._settings.items():
                variable.set(value)
            with contextlib.ExitStack() as warming:
                warming.enter_context(temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}))
                self._local.client = warming.enter_context(SyncClientContext()).client
                self._local.kept = warming.pop_all()  # kept with the thread: collected, it would switch the heartbeats on again
        client: SyncPrefectClient = self._local.client
        return client


def _run(flow: Flow[Any, Any], flow_run: FlowRun) -> State[Any] | None:
    here = flow_run.model_copy(update={"deployment_id": None})
    try:
        return run_flow(flow, flow_run=here, parameters=flow_run.parameters, return_type="state")  # type: ignore[return-value]
    except Pause as paused:
        return paused.state
