"""A reconcile reads only what can differ, finds what was done by hand there, and knows when that is not enough (faults P6, P7)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from db.leaps import forget_leap, record_leap
from flows.changed_runs import look_at_changes
from flows.reconcile import ALL, _reconciled, reconcile
from flows.reconciling import find_differences, reconcile_changes, reconcile_runs
from tests.flows.office import Office

pytestmark = pytest.mark.slow


def hours_go_by(office: Office, hours: int = 2) -> None:
    """Every run that there is was made, ended and remembered so many hours ago."""
    with psycopg.connect(office.prefect_url) as connection:
        connection.execute(
            "UPDATE flow_run SET expected_start_time = expected_start_time - make_interval(hours => %(hours)s), "
            "end_time = end_time - make_interval(hours => %(hours)s)",
            {"hours": hours},
        )
    with psycopg.connect(office.parts.engines.url) as connection:
        connection.execute("SET ROLE sendflow_scheduler")
        connection.execute("UPDATE runs SET remembered_at = remembered_at - make_interval(hours => %s)", (hours,))


@pytest.fixture
def cases(office: Office) -> list[str]:
    """Four cases that have waited for hours; nothing else is under way."""
    reconcile_runs(office.parts, office.client, all=True)
    with office.loop():
        opened = [office.open_and_served() for _ in range(4)]
    hours_go_by(office)
    return opened


def test_where_nothing_changed_no_run_is_read(office: Office, cases: list[str]) -> None:
    looked = look_at_changes(office.parts, office.client)
    assert (looked.differences, looked.adds_up, looked.read) == ((), True, 0)


def test_what_was_ended_made_or_begun_by_hand_is_found_and_mended(office: Office, cases: list[str]) -> None:
    from prefect.client.schemas.objects import State, StateType

    cancelled, completed, twin, _ = cases
    for case, kind in ((cancelled, StateType.CANCELLED), (completed, StateType.COMPLETED)):
        office.client.set_flow_run_state(office.run_of(case).id, State(type=kind), force=True)  # type: ignore[union-attr]
    run = office.run_of(twin)
    assert run is not None and run.deployment_id is not None
    office.client.create_flow_run_from_deployment(run.deployment_id, name=twin, parameters={"case": twin})
    done = reconcile_changes(office.parts, office.client)
    assert done is not None
    assert {(one.case, one.kind) for one in done.mended} == {(cancelled, "ended by hand"), (completed, "ended by hand"), (twin, "second run")}
    assert not find_differences(office.parts, office.client)
    assert [len(office.live_runs(case)) for case in cases] == [1] * 4


def test_a_run_that_is_gone_makes_every_run_be_read(office: Office, cases: list[str]) -> None:
    office.client.delete_flow_run(office.run_of(cases[0]).id)  # type: ignore[union-attr]
    assert reconcile_changes(office.parts, office.client) is None
    assert not office.live_runs(cases[0]), "nothing was changed"
    done = _reconciled(office.parts, office.client)
    assert [(one.case, one.kind) for one in done.mended] == [(cases[0], "missing")]
    assert [len(office.live_runs(case)) for case in cases] == [1] * 4


def test_the_run_of_an_ended_case_is_completed_however_long_it_was_left(office: Office, cases: list[str]) -> None:
    case = cases[0]
    office.ledger.interrupt(office.village.senco, key=uuid4(), case=case, name="moved_away", because="x", on=office.day("2026-10-01"))
    done = reconcile_changes(office.parts, office.client)
    assert done is not None and not done.mended and office.live_runs(case), "its last wake is still to come"
    with psycopg.connect(office.parts.engines.url) as connection:
        connection.execute("SET ROLE sendflow_scheduler")
        connection.execute("DELETE FROM outbox")
    assert reconcile_changes(office.parts, office.client) is None, "no wake comes, and the run lives on"
    assert [(one.case, one.kind) for one in _reconciled(office.parts, office.client).mended] == [(case, "case has ended")]
    assert not office.live_runs(case)


def test_the_first_turn_the_first_of_a_day_and_one_after_a_pause_read_everything(office: Office, cases: list[str]) -> None:
    from db.heartbeats import beat
    from flows.reconcile import _last_turns_were_well

    now = office.parts.clock.now()

    def beaten(name: str, ago: timedelta, code: str = "") -> bool:
        with office.parts.engines.scheduler() as session:
            beat(session, name, now - ago, every_seconds=600, error_code=code)
        return _last_turns_were_well(office.parts)

    minutes = timedelta(minutes=1)
    assert not beaten("reconcile", 10 * minutes) or ALL in office.heartbeats()
    assert beaten(ALL, 60 * minutes)
    assert not beaten("reconcile", 51 * minutes)
    assert not beaten("reconcile", 10 * minutes, "MoreThanAHandful")
    assert not beaten("reconcile", -10 * minutes), "the clock was put back"
    assert beaten("reconcile", 10 * minutes)
    assert not beaten(ALL, timedelta(hours=25))


def test_a_quiet_installation_opens_and_mends_no_run(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the ledger may lead to the Prefect server of the one it was copied from."""
    monkeypatch.setattr("tasks.quiet.LOOK_EVERY", 0.0)
    case, now = office.open(), office.parts.clock.now()
    with office.parts.engines.scheduler() as session:
        record_leap(session, now, timedelta(days=2))
    reconcile.fn()
    assert office.run_of(case) is None
    with office.parts.engines.scheduler() as session:
        forget_leap(session, now)
    reconcile.fn()
    assert office.run_of(case) is not None
