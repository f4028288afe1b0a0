"""One wake hangs or eats memory: it times out or fails, and the other cases of its process go on (`faults.md` C10)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from flows.direct_wake import THREADS
from flows.server import PrefectServer
from tests.faults import hungry
from tests.faults.conftest import Tally
from tests.faults.leases import is_sending, is_settled, mails_of
from tests.faults.tally import rounds
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

pytestmark = pytest.mark.slow


def test_c10_a_silent_mail_server_on_all_threads_keeps_no_other_case_waiting_for_long(
    office: Office, prefect_server: PrefectServer, tally: Tally
) -> None:
    """Every thread of a real worker waits for a server that takes the connection and says nothing. The sends time out, another case is served."""
    with office.worker(prefect_server) as worker:
        cases = [office.open() for _ in range(rounds(THREADS, 4 * THREADS))]
        other = office.open()
        until(lambda: all(is_settled(office, case) for case in (*cases, other)), "all wait", 120)
        pid = worker.pid
        with office.mail_server_silent():
            for case in cases:
                office.agree_meeting(case)
            until(lambda: sum(is_sending(office, case) for case in cases) >= THREADS, "every thread waits for the mail server")
            office.want(other)
            until(lambda: office.is_served(other), "the other case is served", 120)
            until(lambda: all(office.is_served(case) for case in cases), "the hanging ones have timed out", 60 * len(cases))
            assert not any(is_settled(office, case) for case in cases), "their messages stay owed"
        with office.parts.engines.scheduler() as session:
            session.execute(text("UPDATE deliveries SET next_try_at = now() WHERE state = 'owed'"))
        until(lambda: all(is_settled(office, case) for case in cases), "what was owed is sent", 120)
        assert worker.is_alive() and worker.pid == pid
    mails = [reference for case in cases for reference in mails_of(office, case)]
    assert all(mails_of(office, case) for case in cases)
    doubled = len(mails) - len(set(mails))
    tally("C10", acts=len(cases), kills=len(cases), doubled=doubled, note=f"silent mail server on all {THREADS} threads")
    assert doubled == 0


def test_c10_a_case_that_eats_memory_fails_alone(office: Office, prefect_server: PrefectServer, tmp_path: Path, tally: Tally) -> None:
    """A real worker under a limit of its address space: the hungry case is parked after five tries, the process lives and serves the others."""
    with office.loop():
        poison, *healthy = (office.open_and_served() for _ in range(4))
    environment = {**office.worker_environment(), hungry.CASE: poison}
    worker = WorkerProcess(prefect_server.connection, environment, tmp_path / "hungry.log", module="tests.faults.hungry")
    worker.start()
    try:
        for case in (poison, *healthy):
            office.agree_meeting(case)
        until(lambda: all(is_settled(office, case) for case in healthy), "the others go on", 120)
        until(lambda: poison in office.parked(), "the hungry one is parked", 120)
        assert worker.is_alive(), worker.log.read_text(encoding="utf-8")
    finally:
        worker.stop()
    assert office.wake_error(poison) == "MemoryError"
    lost = sum("send_invitations" in office.open_steps(case) for case in healthy)
    tally("C10", acts=len(healthy) + 1, kills=1, lost=lost, note="a case that eats memory under a limit is parked, its process lives on")
    assert lost == 0
