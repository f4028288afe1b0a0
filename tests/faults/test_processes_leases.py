"""A process that is paused past its lease, or is asked to end: another serves its cases, and nothing comes twice (C7, C11)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from flows.server import PrefectServer
from tests.acceptance.oracle import assert_z
from tests.faults.leases import is_sending, is_settled, leased_for, mails_of, stopped, what_stands
from tests.faults.tally import rounds
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

pytestmark = pytest.mark.slow
Tally = Callable[..., None]


LEASE = rounds(2, 30)
PAUSE = rounds(5, 600)


@pytest.fixture(scope="module")
def worker(office: Office, prefect_server: PrefectServer) -> Iterator[WorkerProcess]:
    with leased_for(office, LEASE), office.worker(prefect_server) as process:
        yield process


def test_c7_a_worker_stopped_past_its_lease_is_replaced_and_then_turned_away(office: Office, worker: WorkerProcess, tally: Tally) -> None:
    """A real SIGSTOP as it sends; another process has the case and its messages soon after the lease; after SIGCONT the first one does nothing."""
    case = office.open_and_served()
    with ExitStack() as silence:
        silence.enter_context(office.mail_server_silent())
        office.agree_meeting(case)
        until(lambda: is_sending(office, case), "the worker is in the middle of sending")
        at = time.monotonic()
        with stopped(worker):
            silence.close()
            with office.loop():
                until(lambda: is_settled(office, case), "another process serves it", LEASE + 30)
                taken = time.monotonic() - at
                until(lambda: time.monotonic() - at > PAUSE, "the pause is over", PAUSE + 30)
            before = what_stands(office, case)
        until(lambda: "another process serves it" in worker.log.read_text(encoding="utf-8"), "the first one is turned away")
    until(lambda: is_settled(office, case), "whatever it shook is settled")
    mails = mails_of(office, case)
    doubled = len(mails) - len(set(mails))
    words = f"stopped {PAUSE} s in sending, lease {LEASE} s; served after {taken:.0f} s"
    tally("C7", acts=1, kills=1, lost=int(what_stands(office, case) != before), doubled=doubled, note=words)
    assert what_stands(office, case) == before, "its late writes change nothing"
    assert doubled == 0
    assert_z(office)


def test_c11_asked_to_end_it_ends_and_nothing_is_lost(office: Office, worker: WorkerProcess, tally: Tally) -> None:
    cases = [office.open() for _ in range(10)]
    until(lambda: any(office.state_of(case).startswith("Waiting") for case in cases), "it is at work")
    began = time.monotonic()
    status = worker.stop()
    assert (status, time.monotonic() - began < 30) == (0, True)
    assert not office.leases()
    with office.loop():
        until(lambda: all(office.is_served(case) for case in cases), "the rest is served by another process")
    assert {office.state_of(case) for case in cases} == {"Waiting for the SENCO"}
    references = [reference for reference in office.mails() if reference.split("/")[0] in cases]
    doubled = len(references) - len(set(references))
    tally("C11", acts=len(cases), kills=1, lost=sum(not office.is_served(case) for case in cases), doubled=doubled)
    assert doubled == 0, "nothing is sent anew"
