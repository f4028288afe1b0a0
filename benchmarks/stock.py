"""The same wake served by Prefect's own process worker: a fresh interpreter for each, for comparison in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.cpu import cpu_of
from benchmarks.prefect_place import Place

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

WOKEN = 3


def stock_wake(place: Place, cases: list[str]) -> float:
    """CPU seconds of one wake by the stock worker, its process, Prefect's server and PostgreSQL together; each case is resumed once."""
    with _worker(place) as worker:
        _resume_and_wait(place, cases[0])  # the worker has started and is warm
        before = _cpu(place, worker.pid)
        for case in cases[1 : WOKEN + 1]:
            _resume_and_wait(place, case)
        assert worker.poll() is None, "the stock worker has ended"
        return (_cpu(place, worker.pid) - before) / WOKEN


def _cpu(place: Place, worker: int) -> float:
    parts = place.cpu()
    return cpu_of(worker) + parts["server"] + parts["postgres"]


def _resume_and_wait(place: Place, case: str) -> None:
    from tests.flows.office import until

    office = place.office
    run = office.run_of(case)
    assert run is not None
    office.client.resume_flow_run(run.id)
    until(lambda: _waits_anew(place, run), f"{case} was woken", seconds=90)


def _waits_anew(place: Place, before: FlowRun) -> bool:
    """Whether the run waits again in another state than before. Prefect does not count a resumed run as one more."""
    now = place.office.client.read_flow_run(before.id)
    return now.state_id != before.state_id and now.state is not None and now.state.is_paused()


@contextmanager
def _worker(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    from flows.known import WORK_POOL

    office = place.office
    ours = {**os.environ, **office.worker_environment(), **place.prefect.connection.environment(), "PREFECT_WORKER_QUERY_SECONDS": "1"}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--type", "process", "--pool", WORK_POOL, "--name", "stock"]
    folder = office.sink_folder.parent
    with (folder / "stock.log").open("wb") as out:
        worker = subprocess.Popen(command, env=ours, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        try:
            yield worker
        finally:
            worker.terminate()
            try:
                worker.wait(10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
