"""Prefect's runs agree with the ledger again, whatever was done to them (faults P6, P7), and nothing is done when too much differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from flows.differences import Difference, FoundRun, of_extra_runs, of_open_cases
from flows.reconciling import HANDFUL, MoreThanAHandful, find_differences, reconcile_runs
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def found(case: str, state: str, minutes_ago: float = 60, run: UUID | None = None) -> FoundRun:
    """A run as Prefect would tell it."""
    return FoundRun(run or uuid4(), case, state, state.title(), NOW - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize(
    ("state", "minutes", "served", "kind"),
    [
        ("PAUSED", 60, False, None),
        ("RUNNING", 1, False, None),
        ("RUNNING", 60, True, None),
        ("RUNNING", 60, False, "stuck"),
        ("PENDING", 60, False, "stuck"),
        ("SCHEDULED", 60, False, "stuck"),
        ("COMPLETED", 60, False, "ended by hand"),
        ("CANCELLING", 60, False, "ended by hand"),
        ("CRASHED", 60, False, "ended by hand"),
    ],
)
def test_what_differs_for_an_open_case(state: str, minutes: float, served: bool, kind: str | None) -> None:
    run = found("AR-000001", state, minutes)
    differences = of_open_cases({"AR-000001": run.id}, {run.id: run}, {"AR-000001"} if served else (), NOW)
    assert [one.kind for one in differences] == ([kind] if kind else [])


def test_what_runs_beside_the_ledgers_own() -> None:
    known, extra = {"AR-000001": uuid4()}, [found(case, "PAUSED") for case in ("AR-000001", "AR-000002", "AR-000003")]
    kinds = {one.case: one.kind for one in of_extra_runs(known, {"AR-000002": "amended"}, extra)}
    assert kinds == {"AR-000001": "second run", "AR-000002": "case has ended", "AR-000003": "unknown case"}
    assert str(Difference("AR-000001", "stuck", uuid4(), "Running")) == "AR-000001: stuck (Running)"


def test_p7_runs_cancelled_deleted_and_completed_by_hand_are_mended_and_named(office: Office) -> None:
    from prefect.client.schemas.objects import State, StateType

    with office.loop():
        cancelled, deleted, completed, ended = (office.open_and_served() for _ in range(4))
    runs = {case: office.run_of(case) for case in (cancelled, deleted, completed)}
    office.client.set_flow_run_state(runs[cancelled].id, State(type=StateType.CANCELLED), force=True)
    office.client.set_flow_run_state(runs[completed].id, State(type=StateType.COMPLETED), force=True)
    office.client.delete_flow_run(runs[deleted].id)
    office.village.ledger.interrupt(office.village.senco, key=office.key(), case=ended, name="moved_away", because="x", on=office.day("2026-10-01"))

    done = reconcile_runs(office.parts, office.client)

    kinds = {one.case: one.kind for one in done.mended}
    assert kinds == {cancelled: "ended by hand", completed: "ended by hand", deleted: "missing", ended: "case has ended"}
    assert office.state_of(ended) == "Completed"
    assert not find_differences(office.parts, office.client)
    with office.loop():
        until(lambda: all(office.is_served(case) for case in kinds), "the mended cases are served")
    assert {office.state_of(case) for case in (cancelled, deleted, completed)} == {"Waiting for the SENCO"}
    assert [len(office.live_runs(case)) for case in (cancelled, deleted, completed, ended)] == [1, 1, 1, 0]


def test_a_second_run_of_a_case_is_cancelled(office: Office) -> None:
    with office.loop():
        case = office.open_and_served()
    run = office.run_of(case)
    assert run is not None and run.deployment_id is not None
    office.client.create_flow_run_from_deployment(run.deployment_id, name=case, parameters={"case": case})
    done = reconcile_runs(office.parts, office.client)
    assert [(one.case, one.kind) for one in done.mended] == [(case, "second run")]
    assert [one.id for one in office.live_runs(case)] == [run.id]


def test_p6_more_than_a_handful_is_told_and_mended_only_when_a_person_says_so(office: Office) -> None:
    with office.loop():
        cases = [office.open() for _ in range(HANDFUL + 1)]
        until(lambda: all(office.is_served(case) for case in cases), "all are served")
    for case in cases:
        run = office.run_of(case)
        assert run is not None
        office.client.delete_flow_run(run.id)

    with pytest.raises(MoreThanAHandful, match="11 cases differ from Prefect's runs, more than 10, so nothing was changed"):
        reconcile_runs(office.parts, office.client)
    assert not office.live_runs(cases[0])

    done = reconcile_runs(office.parts, office.client, all=True)
    assert (len(done.mended), done.opened) == (len(cases), len(cases))
    with office.loop():
        until(lambda: all(office.is_served(case) for case in cases), "all are served again")
    assert [len(office.live_runs(case)) for case in cases] == [1] * len(cases)
    assert not find_differences(office.parts, office.client)


def test_of_late_sweeps_the_newest_is_kept_and_one_left_running_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.client.schemas.objects import State, StateDetails, StateType

    from flows.deployments import deployment_ids
    from flows.known import SCHEDULED_FLOWS
    from flows.sweep_runs import tidy_sweep_runs

    deployment = deployment_ids(office.client, SCHEDULED_FLOWS)["chase_deadlines"]
    made = []
    for days_ago in (3, 1, 2):
        due_at = datetime.now(UTC) - timedelta(days=days_ago)
        late = State(type=StateType.SCHEDULED, name="Late", state_details=StateDetails(scheduled_time=due_at))
        made.append(office.client.create_flow_run_from_deployment(deployment, state=late).id)
    left = office.client.create_flow_run_from_deployment(deployment).id
    office.client.set_flow_run_state(left, State(type=StateType.RUNNING), force=True)

    tidied = tidy_sweep_runs(office.client)
    assert (set(tidied.cancelled), tidied.crashed) == ({made[0], made[2]}, ())
    monkeypatch.setattr("flows.sweep_runs.LONGEST_SWEEP", timedelta(0))
    assert tidy_sweep_runs(office.client).crashed == (left,)
    for one in (*made, left):
        office.client.delete_flow_run(one)
