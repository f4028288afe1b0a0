"""Prefect's runs are cancelled, deleted, vacuumed, crashed by an automation, or taken twice: the ledger puts them right, and effects come once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

from flows.reconciling import MoreThanAHandful, find_differences, reconcile_runs
from flows.server import PrefectServer
from tests.acceptance.oracle import assert_z
from tests.faults.leases import is_settled
from tests.faults.tally import rounds
from tests.flows.office import Office, until

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

pytestmark = pytest.mark.slow
Tally = Callable[..., None]
VACUUM = """
import asyncio
from prefect.server.database import provide_database_interface
from prefect.server.services.db_vacuum import vacuum_old_events, vacuum_old_flow_runs
async def main():
    db = provide_database_interface()
    await vacuum_old_flow_runs(db=db)
    await vacuum_old_events(db=db)
asyncio.run(main())
"""


def run_of(office: Office, case: str) -> FlowRun:
    """The case's run; it must have one."""
    run = office.run_of(case)
    assert run is not None
    return run


def polls_once() -> None:
    """Our worker asks Prefect once for runs that are due, and runs them. When another took the run that it was to take, it goes on."""
    from flows.resident_worker import ResidentWorker

    asyncio.run(ResidentWorker().start(run_once=True, printer=lambda words: None))


def by_hand(office: Office, cases: list[str]) -> None:
    """Somebody cancels, deletes, completes and resumes one run after another in Prefect."""
    from prefect.client.schemas.objects import State, StateType

    def ends_as(kind: StateType) -> Callable[[FlowRun], object]:
        return lambda run: office.client.set_flow_run_state(run.id, State(type=kind), force=True)

    ways: list[Callable[[FlowRun], object]] = [
        ends_as(StateType.CANCELLED),
        ends_as(StateType.COMPLETED),
        lambda run: office.client.delete_flow_run(run.id),
        lambda run: office.client.resume_flow_run(run.id),
    ]
    for number, case in enumerate(cases):
        ways[number % 4](run_of(office, case))


def test_p7_runs_cancelled_deleted_completed_and_resumed_by_hand_are_mended_and_named(office: Office, tally: Tally) -> None:
    with office.loop():
        cases = [office.open() for _ in range(rounds(20, 50))]
        until(lambda: all(office.is_served(case) for case in cases), "all wait")
    by_hand(office, cases)
    resumed = cases[3::4]
    with pytest.raises(MoreThanAHandful) as told:
        reconcile_runs(office.parts, office.client)
    assert {one.case for one in told.value.differences} == set(cases) - set(resumed)
    done = reconcile_runs(office.parts, office.client, all=True)
    assert {(one.case, one.kind) for one in done.mended} == {
        (case, "missing" if number % 4 == 2 else "ended by hand") for number, case in enumerate(cases) if case not in resumed
    }
    polls_once()
    with office.loop():
        until(lambda: all(office.is_served(case) for case in cases), "the mended cases are served")
    assert {office.state_of(case) for case in cases} == {"Waiting for the SENCO"}
    assert not find_differences(office.parts, office.client)
    assert_z(office)
    tally("P7", acts=len(cases), kills=len(cases), note="each mended and named by its case after one reconcile")


def test_p8_retention_takes_runs_and_events_and_no_case_page_or_ended_case_changes(
    office: Office, prefect_server: PrefectServer, tally: Tally
) -> None:
    """Prefect's own vacuum at a retention of one hour, on runs that ended and waited for longer than that."""
    from db.queries.case_page import case_page

    with office.loop():
        ended, waiting = office.open_and_served(), office.open_and_served()
        office.village.ledger.interrupt(office.village.senco, key=uuid4(), case=ended, name="moved_away", because="x", on=office.day("2026-10-01"))
        until(lambda: office.state_of(ended) == "Completed" and office.is_served(ended), "the ended case's run is completed")
    gone = run_of(office, ended).id

    def pages() -> list[object]:
        with office.parts.engines.app([office.village.school_id]) as session:
            return [case_page(session, case, office.village.clock.today()) for case in (ended, waiting)]

    before = pages()
    with psycopg.connect(office.prefect_url) as connection:
        connection.execute("UPDATE flow_run SET end_time = end_time - interval '2 hours', start_time = start_time - interval '2 hours'")
        connection.execute("UPDATE events SET occurred = occurred - interval '2 hours'")
    retention = {"PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "3660", "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "PT1H"}
    environment = prefect_server.environment(prefect_server.files.port()) | retention
    subprocess.run([sys.executable, "-c", VACUUM], env=environment, check=True, capture_output=True, cwd=prefect_server.files.home)
    with psycopg.connect(office.prefect_url) as connection:
        assert connection.execute("SELECT 1 FROM flow_run WHERE id = %s", (gone,)).fetchone() is None, "the vacuum took the ended run"
    reconcile_runs(office.parts, office.client, all=True)
    with office.loop():
        office.agree_meeting(waiting)
        until(lambda: office.is_served(waiting) and "send_invitations" not in office.open_steps(waiting), "the waiting case goes on")
    assert not office.live_runs(ended), "no ended case is opened again"
    assert pages()[0] == before[0] and all(before)
    assert_z(office)
    tally("P8", acts=2, kills=1, note="retention of one hour: pages whole, the ended case stays ended")


def test_p10_two_workers_take_the_same_runs_and_effects_come_once(office: Office, tally: Tally) -> None:
    """Two wake loops, and beside them somebody presses Resume and a polling worker takes the run too."""
    with office.loop():
        cases = [office.open() for _ in range(rounds(8, 500))]
        until(lambda: all(office.is_served(case) for case in cases), "all wait", seconds=300)
    for case in cases:
        office.agree_meeting(case)
    for case in cases[: len(cases) // 2]:
        office.client.resume_flow_run(run_of(office, case).id)
    with office.loop(), office.loop():
        polls_once()
        until(lambda: all(is_settled(office, case) for case in cases), "all are served and their messages sent", seconds=300)
        polls_once()
        until(lambda: all(office.state_of(case).startswith("Waiting for") for case in cases), "all wait again")
    doubled = sum(office.times_done(case, "send_invitations") != 1 for case in cases)
    assert doubled == 0
    assert_z(office)
    tally("P10", acts=len(cases), doubled=doubled, note="two wake loops and a polling worker on the same runs")


def test_p5_the_documented_automation_against_zombies_crashes_a_healthy_run_and_it_is_put_right(office: Office, tally: Tally) -> None:
    """Its `expect` knows no run that suspends itself: after a heartbeat and then silence it crashes a run that only waits."""
    from prefect.automations import Automation
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import EventTrigger, Posture

    with office.loop():
        case = office.open_and_served()
    run = run_of(office, case)
    zombies = Automation(
        name=f"Crash zombie flows {uuid4().hex[:6]}",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={f"prefect.flow-run.{end}" for end in ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed")},
            match={"prefect.resource.id": f"prefect.flow-run.{run.id}"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=10),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="No heartbeat")],
    ).create()
    assert isinstance(zombies, Automation)
    try:
        until(lambda: crashed_after_a_heartbeat(office, run), "the automation has crashed the waiting run", 240)
    finally:
        zombies.delete()
    done = reconcile_runs(office.parts, office.client, all=True)
    assert (case, "ended by hand") in {(one.case, one.kind) for one in done.mended}
    with office.loop():
        until(lambda: office.is_served(case), "served")
    assert office.state_of(case) == "Waiting for the SENCO"
    assert_z(office)
    tally("P5", acts=1, kills=1, note="the automation crashed a run that waits; reconcile put it right")


_told: dict[object, float] = {}


def crashed_after_a_heartbeat(office: Office, run: FlowRun) -> bool:
    """One heartbeat, as a stock worker's process sends it before it ends, then silence for half a minute: told again, since Prefect's
    server may have heard the first before it had loaded the automation."""
    if time.monotonic() - _told.get(run.id, -30.0) >= 30.0:
        _told[run.id] = time.monotonic()
        event = {"id": str(uuid4()), "event": "prefect.flow-run.heartbeat", "occurred": datetime.now(UTC).isoformat()}
        resource = {"resource": {"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.name": run.name}}
        office.client.request("POST", "/events", json=[event | resource]).raise_for_status()
    state = office.client.read_flow_run(run.id).state
    return state is not None and state.is_crashed()


def test_p6_more_than_a_handful_is_told_and_mended_only_when_a_person_says_so(office: Office, tally: Tally) -> None:
    from flows.reconciling import HANDFUL

    with office.loop():
        cases = [office.open() for _ in range(HANDFUL + 1)]
        until(lambda: all(office.is_served(case) for case in cases), "all are served")
    for case in cases:
        office.client.delete_flow_run(run_of(office, case).id)
    with pytest.raises(MoreThanAHandful, match="11 cases differ from Prefect's runs, more than 10, so nothing was changed"):
        reconcile_runs(office.parts, office.client)
    assert not office.live_runs(cases[0])
    done = reconcile_runs(office.parts, office.client, all=True)
    assert (len(done.mended), done.opened) == (len(cases), len(cases))
    with office.loop():
        until(lambda: all(office.is_served(case) for case in cases), "all are served again")
    assert_z(office)
    tally("P6", acts=len(cases), kills=1, note="a person's word is asked for before more than ten are mended")
