"""A worker is killed at any packet of what it does for a case, and another one has the case within a minute (`faults.md` C1)."""

from __future__ import annotations

import threading
import time

import pytest

from flows.server import PrefectServer
from flows.work import ENDS_WITH_PARENT
from tests.acceptance.oracle import assert_z
from tests.db.cutting_proxy import CuttingProxy
from tests.faults.conftest import Tally
from tests.faults.doomed import DoomedProcess, killing_proxy
from tests.faults.doomed_worker import another_worker, work_as_worker
from tests.faults.messages_at_hand import make_due
from tests.faults.tally import is_full, rounds
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
LEASE = b"SET fence = w.fence + 1"  # the packet with which a worker takes a case: from it on we count
STEP, MOST = rounds(50, 7), rounds(3, 40)
HELD = "SELECT c.ref FROM wakes w JOIN cases c ON c.id = w.case_id WHERE w.holder LIKE %s"
SECONDS = 60.0


class Bench:
    """Workers that die at a packet, and when each of their cases was orphaned and served again."""

    def __init__(self, office: Office, server: PrefectServer, turns: threading.Lock) -> None:
        self.office, self.server, self.turns = office, server, turns
        self.orphaned_at: dict[str, float] = {}
        self.waited: dict[str, float] = {}
        self.cases: list[str] = []

    def killed_after(self, packets: int) -> bool:
        """A worker takes a new case and is killed after so many packets of it. False: it had done all before."""
        case = self.office.open()
        self.cases.append(case)
        self.until_served([case])
        with killing_proxy(self.office.parts.engines.url) as (proxy, doomed):
            worker = self.worker_by(proxy)
            doomed.append(worker)
            worker.start()
            proxy.cut_after(packets, stays_down=True, counting_from=LEASE)
            with self.turns:
                self.office.agree_meeting(case)
                worker.go()
                until(lambda: proxy.begun, "it takes the case")
            until(lambda: worker.ended(0) is not None or self.is_done(case), "it is dead, or has done all")
            if worker.ended(0) is None:
                worker.kill()
            worker.ended()
        self.orphaned(worker.pid)
        return proxy.was_cut

    def worker_by(self, proxy: CuttingProxy) -> DoomedProcess:
        """A worker that reaches the ledger by that way."""
        environment = {**self.office.worker_environment(), "DATABASE_URL": proxy.url, ENDS_WITH_PARENT: "1"}
        return DoomedProcess(work_as_worker, self.server.connection, environment, needs=work_as_worker.__module__)

    def orphaned(self, pid: int) -> None:
        """Note what the dead one held. In the ordinary run its lease (30 s) is cut short, and so is its claim on messages (5 min) always."""
        held = [row.ref for row in self.office.village.rows(HELD, f"%:{pid}:%")]
        self.orphaned_at.update(dict.fromkeys(held, time.monotonic()))
        for case in held:
            make_due(self.office.village, case)
            if not is_full():
                self.office.lease_runs_out(case)

    def is_done(self, case: str) -> bool:
        """Whether the case's wakes are served and Sendflow owes no step of it."""
        return self.office.is_served(case) and "send_invitations" not in self.office.open_steps(case)

    def until_served(self, cases: list[str]) -> None:
        """Wait for these, and note since when each orphan is served again."""
        until(lambda: self.all_served(cases), f"{cases} are served", seconds=2 * SECONDS)

    def all_served(self, cases: list[str]) -> bool:
        """Whether these are served; each orphan that is, whichever, is noted."""
        for case in [one for one in self.orphaned_at if self.office.is_served(one)]:
            self.waited[case] = max(self.waited.get(case, 0.0), time.monotonic() - self.orphaned_at.pop(case))
        return all(self.office.is_served(case) for case in cases)


def test_c1_a_worker_killed_at_any_packet_leaves_its_case_to_another(office: Office, prefect_server: PrefectServer, tally: Tally) -> None:
    kills = 0
    with another_worker(office) as turns:
        bench = Bench(office, prefect_server, turns)
        while kills < MOST and bench.killed_after(kills * STEP):
            kills += 1
        bench.until_served(bench.cases)
        until(lambda: all(bench.is_done(case) for case in bench.cases), "every step of software is done")
        for case in bench.cases:
            make_due(office.village, case)
        until(lambda: not office.village.rows("SELECT 1 FROM deliveries WHERE state IN ('owed', 'claimed', 'handed_over')"), "all is sent")
    assert {office.times_done(case, "send_invitations") for case in bench.cases} == {1}
    assert_z(office)
    longest = max(bench.waited.values())
    assert longest < SECONDS, f"a case waited {longest:.1f} s for another worker"
    orphans = f"{len(bench.waited)} died with the case in hand, another had it after {longest:.0f} s at most"
    lease = "the lease of 30 s included" if is_full() else "leases cut short"
    tally("C1", acts=len(bench.cases), kills=kills, note=f"killed at every {STEP}th packet of a served case; {orphans}, {lease}; oracle Z")
