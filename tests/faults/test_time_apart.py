"""Machines whose clocks are minutes apart (`faults.md` T5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flows.lease import take_lease
from flows.server import PrefectServer
from tests.faults.clock_files import clock_at, numbers
from tests.faults.conftest import Tally
from tests.faults.leases import mails_of
from tests.faults.messages_at_hand import all_sent
from tests.faults.tally import rounds
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

pytestmark = pytest.mark.slow


@contextmanager
def at_work(worker: WorkerProcess) -> Iterator[None]:
    """That worker runs until the block ends."""
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def test_t5_a_worker_five_minutes_ahead_takes_no_lease_early_and_keeps_the_order(
    office: Office, prefect_server: PrefectServer, tmp_path: Path, tally: Tally
) -> None:
    """One worker's clock is at two minutes past midnight, everybody else's at 23:57: leases go by the database's time, order by number."""
    evening, count = datetime(2026, 11, 24, 23, 57, tzinfo=UTC), rounds(3, 12)
    with clock_at(office, tmp_path / "clock", evening + timedelta(minutes=5)):
        ahead = {**office.worker_environment(), "SENDFLOW_CLOCK_FILE": str(tmp_path / "clock"), "SENDFLOW_DEMO": "false"}
        worker = WorkerProcess(prefect_server.connection, ahead, tmp_path / "worker.log")
        held_by_us = office.open()
        with office.loop():
            until(lambda: office.is_served(held_by_us), "it is served once")
        with at_work(worker), clock_at(office, tmp_path / "ours", evening):
            held = take_lease(office.parts, held_by_us)
            assert held is not None
            with held:
                office.agree_meeting(held_by_us)
                cases = [office.open() for _ in range(count)]
                with office.loop():
                    until(lambda: all(office.is_served(case) for case in cases), "both serve the others", 120)
                held.hold()
                early = not office.is_served(held_by_us) and "send_invitations" in office.open_steps(held_by_us)
            until(lambda: office.is_served(held_by_us), "given back, it is served")
            for case in cases:
                office.agree_meeting(case)
            until(
                lambda: all(office.is_served(case) and "send_invitations" not in office.open_steps(case) for case in cases),
                "the worker serves",
                120,
            )
    everything = [held_by_us, *cases]
    with clock_at(office, tmp_path / "morning", evening + timedelta(hours=10)):
        until(lambda: all_sent(office.parts, everything), "what waited for the morning is sent")
    mails = [one for case in everything for one in mails_of(office, case)]
    doubled, days = len(mails) - len(set(mails)), {today_of(office, case) for case in cases}
    tally("T5", acts=len(everything) * 2, kills=1, lost=int(not early), doubled=doubled, note="one worker's clock 5 minutes ahead, over midnight")
    assert early and doubled == 0
    assert date(2026, 11, 25) in days, "some were done by the machine that was ahead"
    for case in everything:
        assert numbers(office, case) == sorted(numbers(office, case))
    assert office.parts.ledger.verify() == []


def today_of(office: Office, case: str) -> date:
    """The day on which software sent the invitations."""
    query = """SELECT e.content FROM events e JOIN cases c ON c.id = e.case_id
        WHERE c.ref = %s AND e.content LIKE '%%send_invitations%%' AND e.kind = 'decide'"""
    return date(2026, 11, 25) if "2026-11-25" in office.village.rows(query, case)[0].content else date(2026, 11, 24)
