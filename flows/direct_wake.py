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
    """Threads that run flows, each with one client kept open for its whole life."""

    def __init__(self, threads: int = THREADS) -> None:
        self._local = threading.local()
        settings = contextvars.copy_context()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="wake", initializer=self._warm, initargs=(settings,))

    def run(self, flow: Flow[Any, Any], flow_run: FlowRun) -> Future[State[Any] | None]:
        """Run the flow for that run. The future gives the state it ended or waits in, or None when it left the run as it was."""
        return self._pool.submit(_run, flow, flow_run)

    def wake(self, flow: Flow[Any, Any], flow_run_id: UUID) -> Future[State[Any] | None]:
        """Read the run and run it; `prefect.exceptions.ObjectNotFound` in the future when Prefect has forgotten it."""
        return self._pool.submit(self._read_and_run, flow, flow_run_id)

    def call(self, work: Callable[[SyncPrefectClient], Any]) -> Future[Any]:
        """Do other work with a warm client."""
        return self._pool.submit(lambda: work(self._local.client))

    def close(self, wait: bool = True) -> None:
        """Take no more work; with `wait`, until what runs is done. What has not begun is dropped: the ledger still wants it."""
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _read_and_run(self, flow: Flow[Any, Any], flow_run_id: UUID) -> State[Any] | None:
        return _run(flow, self._local.client.read_flow_run(flow_run_id))

    def _warm(self, settings: Any) -> None:
        for variable, value in settings.items():
            variable.set(value)
        kept = self._local.kept = contextlib.ExitStack()  # kept with the thread: collected, it would switch the heartbeats on again
        kept.enter_context(temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}))
        self._local.client = kept.enter_context(SyncClientContext()).client


def _run(flow: Flow[Any, Any], flow_run: FlowRun) -> State[Any] | None:
    here = flow_run.model_copy(update={"deployment_id": None})
    try:
        return run_flow(flow, flow_run=here, parameters=flow_run.parameters, return_type="state")  # type: ignore[return-value]
    except Pause as paused:
        return paused.state
