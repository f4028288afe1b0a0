"""The worker as a process: whole life (killed in the middle: tests/faults/test_worker_cut.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from flows.known import SCHEDULED_FLOWS
from flows.server import PrefectServer
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def worker(office: Office, prefect_server: PrefectServer) -> Iterator[WorkerProcess]:
    with office.worker(prefect_server) as process:
        yield process


def test_a_review_is_served_by_the_worker_and_ended_runs_complete(office: Office, worker: WorkerProcess) -> None:
    case = office.open()
    until(lambda: office.state_of(case) == "Waiting for the SENCO", "the case waits for the SENCO")
    office.agree_meeting(case)
    until(lambda: office.is_served(case) and "send_invitations" not in office.open_steps(case), "the invitations are sent")
    office.village.ledger.interrupt(office.village.senco, key=office.key(), case=case, name="moved_away", because="x", on=office.day("2026-10-01"))
    until(lambda: office.state_of(case) == "Completed", "the ended case's run is completed")


def test_scheduled_flows_are_seen_to_run(office: Office, worker: WorkerProcess) -> None:
    """The scheduler of Prefect's server makes the runs, our worker runs them, and each leaves its heartbeat in the ledger."""
    from prefect.client.schemas.actions import DeploymentUpdate
    from prefect.client.schemas.schedules import IntervalSchedule

    from flows.deployments import deployment_ids, register

    ids = deployment_ids(office.client, SCHEDULED_FLOWS)
    for one in ids.values():
        office.client.create_deployment_schedules(one, [(IntervalSchedule(interval=timedelta(seconds=5)), True)])
        office.client.update_deployment(one, DeploymentUpdate(description="changed just now: Prefect looks at such ones each 5 seconds"))
    try:
        until(lambda: office.heartbeats() >= set(ids), "every scheduled flow has run", seconds=120)
    finally:
        register(office.client)
    assert {beat.name: beat.error_code for beat in office.beats() if beat.error_code} == {}
