"""A worker gets SIGKILL between two calls to Prefect: its run is left Pending (C8) or Running (C9), and within two minutes it is simply run again.

Our worker comes to a run in two ways. A wake that the ledger wants it serves directly: that run goes from waiting to Running, no call asks for
Pending. A run that Prefect wants begun (Resume, pressed in its pages) it finds by polling: that one goes to Pending first. Nothing else than the
other worker's loop mends either: no reconcile runs here.
"""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass, field
from itertools import product

import pytest

from flows.server import PrefectServer
from tests.acceptance.oracle import assert_z
from tests.faults.conftest import Tally
from tests.faults.doomed_worker import another_worker, poll_as_worker, work_as_worker
from tests.faults.killed_between import Moment, doomed_to_die, state_type
from tests.faults.leases import leased_for
from tests.faults.messages_at_hand import all_sent
from tests.faults.tally import is_full, rounds
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
LEASE = rounds(2, 30)
SECONDS = 120.0


@dataclass(frozen=True)
class Fall:
    """One death. `resumed`: the worker finds the run by polling, else it serves the wake directly; `owing`: software owes a step of the case."""

    moment: Moment
    resumed: bool = False
    owing: bool = True

    @property
    def leaves(self) -> str:
        """The type of the state in which Prefect then shows the run."""
        if self.moment is not Moment.AT_THE_CALL_FOR_RUNNING:
            return "RUNNING"
        return "PENDING" if self.resumed else "PAUSED"

    @property
    def calls(self) -> set[str]:
        """The states that the worker has asked for by then, the fatal call included."""
        ways = {"PENDING", "RUNNING"} if self.resumed else {"RUNNING"}
        return ways | {"PAUSED"} if self.moment is Moment.AT_THE_CALL_TO_WAIT else ways


FEW = [
    Fall(Moment.AT_THE_CALL_FOR_RUNNING, resumed=True, owing=False),  # these two first: they are missed only after two leases
    Fall(Moment.AT_THE_CALL_TO_WAIT, resumed=True, owing=False),
    *(Fall(moment) for moment in Moment),
]
ALL = [
    *(Fall(moment) for moment in Moment),
    *(Fall(moment, resumed=True, owing=owing) for moment, owing in product(Moment, (False, True))),
] * 3


@dataclass
class Bench:
    """Workers that die, and when each of their cases was left and was back."""

    office: Office
    server: PrefectServer
    turns: threading.Lock
    left_at: dict[str, float] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)

    def falls(self, case: str, fall: Fall) -> None:
        """A worker begins the case's run and dies at that moment; nobody else begins anything meanwhile."""
        run = self.office.run_of(case)
        assert run is not None
        # What is owed and resumed is served by a worker that only polls: the loop of a whole one would be first.
        work = poll_as_worker if fall.resumed and fall.owing else work_as_worker
        with self.turns, doomed_to_die(self.office, self.server, work, run.id, fall.moment) as (worker, watch):
            if fall.owing:
                self.office.agree_meeting(case)
            if fall.resumed:
                self.office.client.resume_flow_run(run.id)
            worker.go()
            assert worker.ended() == -signal.SIGKILL and watch.killed, f"{fall}: {watch.calls}"
            self.left_at[case] = time.monotonic()
            assert (state_type(self.office, run.id), set(watch.calls)) == (fall.leaves, fall.calls), f"{fall}: {watch.calls}"

    def all_back(self) -> bool:
        """Whether each case left behind waits again with all done; notes since when."""
        for case in [case for case in self.left_at if self.is_back(case)]:
            self.waited[case] = time.monotonic() - self.left_at.pop(case)
        return not self.left_at

    def is_back(self, case: str) -> bool:
        """Whether its wakes are served, software owes no step of it and its run waits for a person."""
        owed = "send_invitations" in self.office.open_steps(case)
        return not owed and self.office.is_served(case) and self.office.state_of(case).startswith("Waiting for")


def test_c8_c9_a_run_left_pending_or_running_by_a_killed_worker_is_run_again_in_two_minutes(
    office: Office, prefect_server: PrefectServer, tally: Tally
) -> None:
    falls = ALL if is_full() else FEW
    with leased_for(office, LEASE), another_worker(office) as turns:
        bench = Bench(office, prefect_server, turns)
        opened = [office.open() for _ in falls]
        until(lambda: all(bench.is_back(case) for case in opened), "each waits for a person", SECONDS)
        cases = dict(zip(opened, falls, strict=True))
        for case, fall in cases.items():
            bench.falls(case, fall)
            bench.all_back()
        until(bench.all_back, "each is served again", SECONDS)
        until(lambda: all_sent(office.parts, cases), "all is sent")
    doubled = [case for case, fall in cases.items() if office.times_done(case, "send_invitations") != fall.owing]
    runs = [len(office.live_runs(case)) for case in cases]
    for fault, left in (("C8", ("PENDING", "PAUSED")), ("C9", ("RUNNING",))):
        longest = max(seconds for case, seconds in bench.waited.items() if cases[case].leaves in left)
        kills = sum(fall.leaves in left for fall in falls)
        words = f"killed {'by a call for Running' if fault == 'C8' else 'in Running'}, waking or polling; served after {longest:.0f} s at most"
        tally(fault, acts=kills, kills=kills, doubled=len(doubled), note=f"{words}, lease {LEASE} s; oracle Z")
    assert (doubled, set(runs)) == ([], {1})
    assert max(bench.waited.values()) < SECONDS
    assert_z(office)
