"""Acceptance 5 and 6: a decision that lands as the run goes to wait is served, 50 times, or 1,000 (faults P1); a run is woken again and again
(P2, P12); a waiting case holds no process and no thread. No reconcile runs in any of these."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import flows.case
from flows.server import PrefectServer
from tests.acceptance.oracle import assert_z
from tests.faults.tally import is_full, rounds
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

pytestmark = pytest.mark.slow
Tally = Callable[..., None]
CASES, LANDINGS = 10, rounds(5, 100)
EDGE_SECONDS = 0.03
WAKES = rounds(40, 1000)
SOME = WAKES // 4


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
        fact, value = ("meeting_on", self.office.day(f"2026-11-{9 + turn // 5 % 10:02}")) if turn % 5 == 0 else ("year_group", 6 + turn % 3)
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


def all_served(office: Office, cases: list[str]) -> bool:
    """Whether the ledger wants nothing more of any of them."""
    return all(office.is_served(case) for case in cases)


def test_p1_decisions_land_as_the_run_goes_to_wait(office: Office, monkeypatch: pytest.MonkeyPatch, tally: Tally) -> None:
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
        until(lambda: edge.all_landed, "all decisions have landed", seconds=120 * CASES)
        until(lambda: all(office.is_served(case) for case in cases), "the last of them are served")
    assert edge.errors == [] and len(edge.keys) == CASES * LANDINGS
    longest = max(later - earlier for times in edge.waits_at.values() for earlier, later in pairwise(times))
    assert longest < 30, f"a case waited {longest:.1f} s for its wake"
    assert {office.state_of(case).split()[0] for case in cases} == {"Waiting"}
    assert_z(office, acknowledged=edge.keys)
    tally("P1", acts=len(edge.keys), note=f"longest wait for a wake {longest:.1f} s, without reconcile")


def test_p1_a_decision_that_lands_as_the_run_goes_to_wait_is_not_lost(office: Office, monkeypatch: pytest.MonkeyPatch, tally: Tally) -> None:
    """The decision is recorded at the worst instants: just before the run is suspended, and just after, while the lease still holds."""
    real: Callable[..., Any] = vars(flows.case)["suspend"]
    landed: dict[str, bool] = {}

    def lands_before(client: Any, run: Any, name: str, **more: Any) -> Any:
        case = client.read_flow_run(run).name
        if landed.get(case) is False:
            landed[case] = True
            office.agree_meeting(case)
        return real(client, run, name, **more)

    def lands_after(client: Any, run: Any, name: str, **more: Any) -> Any:
        state = real(client, run, name, **more)
        case = client.read_flow_run(run).name
        if landed.get(case) is False:
            landed[case] = True
            office.agree_meeting(case)
        return state

    for lands in (lands_before, lands_after):
        monkeypatch.setattr(flows.case, "suspend", lands)
        cases = [office.open() for _ in range(3)]
        landed.update(dict.fromkeys(cases, False))
        with office.loop():
            until(partial(all_served, office, cases), "every wake is served")
        for case in cases:
            assert landed[case]
            assert "send_invitations" not in office.open_steps(case)
            assert office.state_of(case).startswith("Waiting for")
    tally("P1", acts=6, note="also at the worst two instants")


def test_p2_p12_wakes_of_one_run_cost_the_same_at_the_end_and_it_still_waits(office: Office, prefect_server: PrefectServer, tally: Tally) -> None:
    """CPU of Prefect's server and of this process together, for the first quarter of the wakes and for the last."""
    cost: list[float] = []

    def cpu() -> float:
        return seconds_of(prefect_server.files.pid()) + time.process_time()

    with office.loop():
        case = office.open_and_served()
        run = office.run_of(case)
        office.want(case)
        until(lambda: office.is_served(case), "warm")
        cost.append(cpu())
        for turn in range(1, WAKES + 1):
            office.want(case)
            until(lambda: office.is_served(case), "served", seconds=15)
            if turn in (SOME, WAKES - SOME, WAKES):
                cost.append(cpu())
        office.agree_meeting(case)
        until(lambda: office.is_served(case) and "send_invitations" not in office.open_steps(case), "it still does its work")
    after = office.run_of(case)
    assert run is not None and after is not None and after.state is not None
    assert (after.id, after.state.type.value) == (run.id, "PAUSED")
    first, last = (cost[1] - cost[0]) / SOME, (cost[3] - cost[2]) / SOME
    assert last < 2 * first, (first, last)
    assert_z(office)
    tally("P2", acts=WAKES, note="one run, never Completed while its case is open")
    tally("P12", acts=WAKES, note=f"first wakes {first * 1000:.0f} ms of CPU each, last {last * 1000:.0f}")


def test_p2_a_worker_killed_just_after_it_suspended_leaves_a_run_that_wakes(office: Office, prefect_server: PrefectServer, tally: Tally) -> None:
    """The run waits, the wake is not marked as served, the process is dead by SIGKILL: the next wake finds the run and leaves it waiting again."""
    kills = rounds(1, 5)
    for _ in range(kills):
        case = office.open()
        log = office.sink_folder.parent / "dies.log"
        worker = WorkerProcess(prefect_server.connection, office.worker_environment(), log, "tests.faults.dies_suspended")
        worker.start()
        until(lambda worker=worker: not worker.is_alive(), "it is killed")  # type: ignore[misc]
        assert worker.stop() == -signal.SIGKILL and not office.is_served(case)
        run = office.run_of(case)
        assert run is not None and run.state is not None and run.state.type.value == "PAUSED"
        if not is_full():
            office.lease_runs_out(case)
        with office.loop():
            until(partial(office.is_served, case), "another wake serves it", seconds=120)
            office.agree_meeting(case)
            until(partial(office.is_served, case), "and the next")
        after = office.run_of(case)
        assert after is not None and after.state is not None and (after.id, after.state.type.value) == (run.id, "PAUSED")
        assert len(office.live_runs(case)) == 1 and office.times_done(case, "send_invitations") == 1
    assert_z(office)
    tally("P2", acts=2 * kills, kills=kills, note="worker killed just after it suspended")


def test_a_waiting_case_holds_no_process_and_no_thread(office: Office, prefect_server: PrefectServer) -> None:
    """The worker with 5 and with 25 waiting cases: the same threads, no child process, no lease, no run at work in Prefect."""
    with office.worker(prefect_server) as worker:

        def waiting(cases: list[str]) -> set[str]:
            until(lambda: all(office.is_served(case) for case in cases), "every case waits", seconds=60)
            until(lambda: not office.leases(), "nothing is leased")
            return threads_of(worker.pid)

        few = waiting([office.open() for _ in range(5)])
        many = waiting([office.open() for _ in range(20)])
        assert len(many) <= len(few) + 5, many - few  # the worker makes its own few when it first needs them; one a case would be twenty
        assert children_of(worker.pid) == []
    assert Counter(run.state_type for run in office.live_runs()).keys() == {"PAUSED"}


def threads_of(pid: int) -> set[str]:
    """The thread ids of that process."""
    return {thread.name for thread in Path(f"/proc/{pid}/task").iterdir()}


def seconds_of(pid: int) -> float:
    """CPU seconds, user and system, that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> list[str]:
    """The process ids of what that process has started."""
    return [child for thread in Path(f"/proc/{pid}/task").iterdir() for child in (thread / "children").read_text(encoding="ascii").split()]
