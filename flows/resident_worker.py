"""A Prefect worker that runs our flows inside one warm process, instead of a fresh interpreter for each run.

It does two things. As a Prefect worker it polls for scheduled flows, for "Resume" pressed in Prefect's pages, and for repairs. Beside
that, in the same process, a loop (`flows/wake_loop.py`) serves the wakes that the ledger wants, directly. `flows/work.py` runs both.
"""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any

import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Pause
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from flows.direct_wake import WarmThreads
from flows.known import WORK_POOL, WORKER_TYPE, known_flow
from flows.load import load


class UnknownFlow(RuntimeError):
    """A run of a deployment that is not Sendflow's. Whoever can reach Prefect's API could make one; our worker does not run it."""


class ResidentConfiguration(BaseJobConfiguration):
    """Nothing to configure: the flows run in the worker's own process."""


class ResidentWorkerResult(BaseWorkerResult):
    """The end of one run: 0, also when it was suspended again."""


class ResidentWorker(BaseWorker[ResidentConfiguration, BaseVariables, ResidentWorkerResult]):
    """Runs known flows in warm threads; anything else is refused and its run is marked Crashed, saying so."""

    type = WORKER_TYPE
    job_configuration = ResidentConfiguration
    _description = "Runs Sendflow's own flows inside one warm process."
    _display_name = "Sendflow resident"

    def __init__(self, work_pool_name: str = WORK_POOL, **settings: Any) -> None:
        super().__init__(work_pool_name, **settings)
        self._threads: WarmThreads | None = None
        self._running: dict[str, Future[Any]] = {}

    def wait(self, seconds: float) -> list[str]:
        """Wait for the runs that were begun. Returns the names of those that were not done in time."""
        wait(self._running.values(), timeout=seconds)
        return sorted(name for name, future in self._running.items() if not future.done())

    async def run(
        self, flow_run: FlowRun, configuration: ResidentConfiguration, task_status: anyio.abc.TaskStatus[int] | None = None
    ) -> ResidentWorkerResult:
        """Run the flow in a warm thread. Raises UnknownFlow, which Prefect shows as the run's state message."""
        flow = load(await self._known(flow_run))
        identifier = f"{socket.gethostname()}:{os.getpid()}"
        if task_status is not None:
            task_status.started(os.getpid())
        if self._threads is None:
            self._threads = WarmThreads()
        running = self._running[flow_run.name] = self._threads.run(flow, flow_run)
        try:
            await asyncio.wrap_future(running)
        finally:
            self._running.pop(flow_run.name, None)
        return ResidentWorkerResult(status_code=0, identifier=identifier)

    async def _propose_pending_state(self, flow_run: FlowRun) -> bool:
        """False also when the run waits again: another process was first. Prefect's own lets the Pause through, which ends all its polling."""
        try:
            return await super()._propose_pending_state(flow_run)
        except Pause:
            return False

    async def _propose_submitting_state(self, flow_run: FlowRun) -> None:
        with suppress(Pause):
            await super()._propose_submitting_state(flow_run)

    async def _known(self, flow_run: FlowRun) -> Any:
        if flow_run.deployment_id is None:
            raise UnknownFlow("This run has no deployment. Sendflow's worker runs only its own deployments.")
        deployment = await self.client.read_deployment(flow_run.deployment_id)
        known = known_flow(deployment.entrypoint or "")
        if known is None or deployment.pull_steps:
            raise UnknownFlow("This deployment is not one of Sendflow's own. Sendflow's worker runs only those; give it a work pool of its own.")
        return known
