"""The worker is killed in the middle of what it does, and another one has its case (`faults.md` C1)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from flows.server import PrefectServer
from tests.faults.conftest import Tally
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def worker(office: Office, prefect_server: PrefectServer) -> Iterator[WorkerProcess]:
    with office.worker(prefect_server) as process:
        yield process


def test_c1_what_a_killed_worker_had_in_hand_is_done_by_another_once_its_lease_is_over(office: Office, worker: WorkerProcess, tally: Tally) -> None:
    """The lease of a dead worker runs out after 30 s (here it is cut short); the run that it left Running is simply run again."""
    case = office.open()
    until(lambda: office.state_of(case) == "Waiting for the SENCO", "the case waits")
    with office.mail_server_silent():
        office.agree_meeting(case)
        until(lambda: case in office.leases(), "the worker serves the case")
        until(lambda: office.state_of(case) == "Running", "its run is Running")
        os.kill(worker.pid, signal.SIGKILL)
    office.lease_runs_out(case)
    with office.loop():
        until(lambda: office.is_served(case), "another process has served it")
    assert "send_invitations" not in office.open_steps(case)
    assert office.state_of(case).startswith("Waiting for")
    assert len(office.live_runs(case)) == 1
    tally("C1", acts=1, kills=1, lost=int("send_invitations" in office.open_steps(case)), doubled=len(office.live_runs(case)) - 1)
