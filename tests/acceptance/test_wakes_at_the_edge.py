"""Acceptance 5 and 6: a decision that lands as the run goes to wait is served, 200 times (faults P1); a run is woken again and again
(P2, P12); a waiting case holds no process and no thread. No reconcile runs in any of these."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import flows.case
from flows.server import PrefectServer
from tests.acceptance.oracle import assert_z
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
CASES, LANDINGS = 10, 20  # 200 in all
EDGE_SECONDS = 0.03
WAKES = 30


class LandsAtTheEdge:
    """In the place of `suspend`: each time a case goes to wait, somebody corrects it, a little before, at, or after that instant."""

    def __init__(self, office: Office, cases: list[str]) -> None:
        self.office = office
        self.real: Callable[..., Any] = vars(flows.case)["suspend"]
        self.left = dict.fromkeys(cases, LANDINGS)
        self.case_of = {run.id: case for case in cases if (run := office.run_of(case)) is not None}
        self.waits_at: dict[str, list[float]] = defaultdict(list)
        self.keys: list[Any] = []
        self.errors: list[Exception] = []
        self.deciding: list[threading.Thread] = []
        self.chance = random.Random(4)

    def suspend(self, client: Any, run: Any, name: str, **more: Any) -> Any:
        """The real call, with a decision beside it at a random distance of at most EDGE_SECONDS."""
        case = self.case_of[run]
        self.waits_at[case].append(time.monotonic())
        if self.left[case]:
            self.left[case] -= 1
            distance = self.chance.uniform(-EDGE_SECONDS, EDGE_SECONDS)
            decides = threading.Thread(target=self.decide, args=(case, self.left[case], max(0.0, distance)))
            self.deciding.append(decides)
            decides.start()
            time.sleep(max(0.0, -distance))
        return self.real(client, run, name, **more)

    def decide(self, case: str, turn: int, after: float) -> None:
        """The SENCO corrects the case: each fifth time the day of the meeting, so that Sendflow has letters to write, else the year group."""
        time.sleep(after)
        fact, value = ("meeting_on", self.office.day(f"2026-11-{9 + turn // 5:02}")) if turn % 5 == 0 else ("year_group", 5 + turn % 3)
        key, on = self.office.key(), self.office.day("2026-09-21")
        try:
            self.office.ledger.correct(self.office.village.senco, key=key, case=case, fact=fact, value=value, because="It was wrong", on=on)
            self.keys.append(key)
        except Exception as error:
            self.errors.append(error)

    @property
    def all_landed(self) -> bool:
        """Whether every decision has been made, or one failed."""
        return bool(self.errors) or (not any(self.left.values()) and not any(one.is_alive() for one in self.deciding))


def test_p1_two_hundred_decisions_land_as_the_run_goes_to_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A landing that was lost would stop its case for good: the next one comes only when that case goes to wait again."""
    with office.loop():
        cases = [office.open_and_served() for _ in range(CASES)]
        for case in cases:
            office.agree_meeting(case)
        until(lambda: all(office.is_served(case) for case in cases), "every case waits")
        edge = LandsAtTheEdge(office, cases)
        monkeypatch.setattr(flows.case, "suspend", edge.suspend)
        for case in cases:
            office.want(case)
        until(lambda: edge.all_landed, "200 decisions have landed", seconds=300)
        until(lambda: all(office.is_served(case) for case in cases), "the last of them are served")
    assert edge.errors == [] and len(edge.keys) == CASES * LANDINGS
    longest = max(later - earlier for times in edge.waits_at.values() for earlier, later in pairwise(times))
    assert longest < 30, f"a case waited {longest:.1f} s for its wake"
    assert {office.state_of(case).split()[0] for case in cases} == {"Waiting"}
    assert_z(office, acknowledged=edge.keys)


def test_p2_p12_after_thirty_wakes_of_one_run_it_still_wakes_and_waits(office: Office) -> None:
    took: list[float] = []
    with office.loop():
        case = office.open_and_served()
        run = office.run_of(case)
        for _ in range(WAKES):
            began = time.monotonic()
            office.want(case)
            until(lambda: office.is_served(case), "served", seconds=15)
            took.append(time.monotonic() - began)
        office.agree_meeting(case)
        until(lambda: office.is_served(case) and "send_invitations" not in office.open_steps(case), "it still does its work")
    after = office.run_of(case)
    assert run is not None and after is not None and after.state is not None
    assert (after.id, after.state.type.value) == (run.id, "PAUSED")
    assert min(took[-10:]) < 2 * min(took[:10]), took
    assert_z(office)


def test_a_waiting_case_holds_no_process_and_no_thread(office: Office, prefect_server: PrefectServer) -> None:
    """The worker with 5 and with 25 waiting cases: the same threads, no child process, no lease, no run at work in Prefect."""
    with office.worker(prefect_server) as worker:

        def waiting(cases: list[str]) -> set[str]:
            until(lambda: all(office.is_served(case) for case in cases), "every case waits", seconds=60)
            until(lambda: not office.leases(), "nothing is leased")
            return threads_of(worker.pid)

        few = waiting([office.open() for _ in range(5)])
        many = waiting([office.open() for _ in range(20)])
        assert len(many) <= len(few) + 2, many - few
        assert children_of(worker.pid) == []
    assert Counter(run.state_type for run in office.live_runs()).keys() == {"PAUSED"}


def threads_of(pid: int) -> set[str]:
    """The thread ids of that process."""
    return {thread.name for thread in Path(f"/proc/{pid}/task").iterdir()}


def children_of(pid: int) -> list[str]:
    """The process ids of what that process has started."""
    return [child for thread in Path(f"/proc/{pid}/task").iterdir() for child in (thread / "children").read_text(encoding="ascii").split()]
