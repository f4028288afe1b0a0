"""A worker is killed at any packet of what it does for a case, and another one has the case within a minute (`faults.md` C1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

import pytest

from flows.server import PrefectServer
from flows.work import ENDS_WITH_PARENT
from tests.acceptance.oracle import assert_z
from tests.db.cutting_proxy import CuttingProxy
from tests.faults.conftest import Tally
from tests.faults.doomed import DoomedProcess, killing_proxy
from tests.faults.doomed_worker import another_worker, work_as_worker
from tests.faults.leases import leased_for
from tests.faults.messages_at_hand import all_sent
from tests.faults.tally import is_full, rounds
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
LEASE = b"SET fence = w.fence + 1"  # the packet with which a worker takes a case: from it on we count
HELD = "SELECT c.ref FROM wakes w JOIN cases c ON c.id = w.case_id WHERE w.holder LIKE %s"
SECONDS = 60.0  # with the lease of 30 seconds; a shorter one leaves as long beside it
SHORT, TRUE = rounds(2, 3), 30
STRETCH, FARTHEST = 40, 600  # a service has fewer packets than the farthest
SOME = [(SHORT, (0, 50, 100))]
EVERY = [(TRUE, (0, 40, 80, 120)), *((SHORT, range(first, first + STRETCH)) for first in range(0, FARTHEST, STRETCH))]


class Bench:
    """Workers that die at a packet, and when each of their cases was orphaned and served again."""

    def __init__(self, office: Office, server: PrefectServer, turns: threading.Lock) -> None:
        self.office, self.server, self.turns = office, server, turns
        self.orphaned_at: dict[str, float] = {}
        self.waited: dict[str, float] = {}
        self.cases: list[str] = []
        self._fresh: list[str] = []

    def kills(self, packets: Iterable[int]) -> int:
        """Workers that were killed after so many packets of the case each had taken, up to the first that had done all before. All is done then."""
        kills = 0
        for after in packets:
            if not self.killed_after(after):
                break
            kills += 1
        self.until_served(self.cases)
        until(lambda: all(self.is_done(case) for case in self.cases), "every step of software is done")
        until(lambda: all_sent(self.office.parts, self.cases), "all is sent")
        return kills

    def killed_after(self, packets: int) -> bool:
        """A worker takes a case and is killed after so many packets of it. False: it had done all before."""
        case = self.fresh()
        if is_full():  # the next one takes its own case only: what it does for an orphan would be counted too
            self.until_served(list(self.orphaned_at))
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

    def fresh(self) -> str:
        """A case that waits for a person; some are opened at once, so that nobody waits for each."""
        if not self._fresh:
            self._fresh = [self.office.open() for _ in range(rounds(3, 20))]
            self.until_served(self._fresh)
        self.cases.append(self._fresh.pop())
        return self.cases[-1]

    def worker_by(self, proxy: CuttingProxy) -> DoomedProcess:
        """A worker that reaches the ledger by that way."""
        environment = {**self.office.worker_environment(), "DATABASE_URL": proxy.url, ENDS_WITH_PARENT: "1"}
        return DoomedProcess(work_as_worker, self.server.connection, environment, needs=work_as_worker.__module__)

    def orphaned(self, pid: int) -> None:
        """Note what the dead one held."""
        held = [row.ref for row in self.office.village.rows(HELD, f"%:{pid}:%")]
        self.orphaned_at.update(dict.fromkeys(held, time.monotonic()))

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


@pytest.mark.parametrize(("lease", "packets"), EVERY if is_full() else SOME)
def test_c1_a_worker_killed_at_any_packet_leaves_its_case_to_another(
    office: Office, prefect_server: PrefectServer, tally: Tally, lease: float, packets: Sequence[int]
) -> None:
    """Under `make faults` at every packet until a worker has done all, in stretches and with a short lease; at a few with the lease of 30 s."""
    with leased_for(office, lease), another_worker(office) as turns:
        bench = Bench(office, prefect_server, turns)
        kills = bench.kills(packets)
    assert {office.times_done(case, "send_invitations") for case in bench.cases} == {1}
    longest = max(bench.waited.values(), default=0.0)
    assert longest < SECONDS - TRUE + lease, f"a case waited {longest:.1f} s for another worker"
    assert kills < len(packets) or packets[-1] + 1 < FARTHEST, "no worker has done all before it was killed: look farther"
    assert_z(office)
    tally("C1", acts=len(bench.cases), kills=kills, note=note(lease, packets, kills, len(bench.waited), longest))


def note(lease: float, packets: Sequence[int], kills: int, orphans: int, longest: float) -> str:
    """What one stretch came to, in words; nothing where every worker had done all before."""
    if not kills:
        return ""
    where = (
        f"at every packet from {packets[0]} to {packets[kills - 1]}"
        if isinstance(packets, range)
        else f"after {', '.join(map(str, packets))} packets"
    )
    return f"killed {where}, lease {lease} s: {orphans} died with the case in hand, another had it after {longest:.0f} s at most"
