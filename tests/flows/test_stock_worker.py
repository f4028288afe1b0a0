"""Prefect's own process worker runs our flows just as well, only dearer; and our worker runs no flow but ours (fault A31)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flows.known import SCHEDULED_FLOWS, WORK_POOL
from flows.server import PrefectServer
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow


@contextmanager
def nothing_scheduled(office: Office) -> Iterator[None]:
    """No scheduled flow is due until the block ends: a stock worker would start a process of its own for each, five seconds of CPU."""
    from flows.deployments import deployment_ids

    scheduled = deployment_ids(office.client, SCHEDULED_FLOWS).values()
    for one in scheduled:
        office.client.pause_deployment(one)
    try:
        yield
    finally:
        for one in scheduled:
            office.client.resume_deployment(one)


def test_a_resumed_case_is_served_by_a_stock_process_worker(office: Office, prefect_server: PrefectServer) -> None:
    with office.loop():
        case = office.open_and_served()
    office.agree_meeting(case)
    run = office.run_of(case)
    assert run is not None
    environment = {**os.environ, **office.worker_environment(), **prefect_server.connection.environment(), "PREFECT_WORKER_QUERY_SECONDS": "1"}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--type", "process", "--pool", WORK_POOL, "--name", "stock"]
    log = office.sink_folder.parent / "stock.log"
    with log.open("wb") as out, nothing_scheduled(office):
        stock = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=log.parent)
        try:
            office.client.resume_flow_run(run.id)
            until(lambda: "send_invitations" not in office.open_steps(case), "the stock worker has sent the invitations", 300)
            until(lambda: office.state_of(case).startswith("Waiting for"), "the run waits again")
        finally:
            stock.terminate()
            try:
                stock.wait(10)
            except subprocess.TimeoutExpired:  # how Prefect's own worker ends is not ours to prove
                stock.kill()
                stock.wait()
    assert any(reference.startswith(case) for reference in office.mails())


def test_a31_our_worker_refuses_a_deployment_that_is_not_ours(office: Office) -> None:
    from flows.resident_worker import ResidentWorker

    ran = office.sink_folder.parent / "ran"
    flow = office.client.create_flow_from_name("stranger")
    pull = [{"prefect.deployments.steps.run_shell_script": {"script": f"touch {ran}"}}]
    strangers = [
        office.client.create_deployment(flow, "shell", entrypoint="os.system", pull_steps=[], work_pool_name=WORK_POOL),
        office.client.create_deployment(flow, "pulls", entrypoint="flows.reconcile.reconcile", pull_steps=pull, work_pool_name=WORK_POOL),
    ]
    runs = [office.client.create_flow_run_from_deployment(one) for one in strangers]
    asyncio.run(ResidentWorker().start(run_once=True, printer=lambda words: None))
    for run in runs:
        found = until(lambda run=run: _crashed(office, run.id), "the run is refused")
        assert "not one of Sendflow's own" in found
    assert not ran.exists()
    for one in strangers:
        office.client.delete_deployment(one)


def _crashed(office: Office, run_id: object) -> str:
    state = office.client.read_flow_run(run_id).state  # type: ignore[arg-type]
    return (state.message or "") if state is not None and state.is_crashed() else ""
