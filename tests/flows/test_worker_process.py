"""The worker as a process: whole life, killed in the middle, paused past its lease, asked to end (faults C1, C7, C9, C11)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from flows.server import PrefectServer
from flows.worker_process import WorkerProcess
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow


@pytest.fixture
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


def test_c11_asked_to_end_it_ends_and_nothing_is_lost(office: Office, worker: WorkerProcess) -> None:
    cases = [office.open() for _ in range(10)]
    until(lambda: any(office.state_of(case).startswith("Waiting") for case in cases), "it is at work")
    began = time.monotonic()
    status = worker.stop()
    assert (status, time.monotonic() - began < 30) == (0, True)
    assert not office.leases()
    with office.loop():
        until(lambda: all(office.is_served(case) for case in cases), "the rest is served by another process")
    assert {office.state_of(case) for case in cases} == {"Waiting for the SENCO"}
