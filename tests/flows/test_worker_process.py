"""The worker as a process: whole life, killed in the middle, paused past its lease, asked to end (faults C1, C7, C9, C11)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from flows.server import PrefectServer
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

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


def test_c1_c9_killed_in_a_wake_another_worker_has_the_case_within_a_minute(
    office: Office, worker: WorkerProcess, prefect_server: PrefectServer
) -> None:
    """The lease of a dead worker runs out after 60 s; the run that it left Running is simply run again."""
    case = office.open()
    until(lambda: office.state_of(case) == "Waiting for the SENCO", "the case waits")
    with office.mail_server_silent():
        office.agree_meeting(case)
        until(lambda: case in office.leases(), "the worker serves the case")
        until(lambda: office.state_of(case) == "Running", "its run is Running")
        os.kill(worker.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    with office.loop():
        until(lambda: office.is_served(case), "another process has served it", seconds=90)
    assert time.monotonic() - killed_at < 90
    assert "send_invitations" not in office.open_steps(case)
    assert office.state_of(case).startswith("Waiting for")
    assert len(office.live_runs(case)) == 1
