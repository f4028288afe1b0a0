"""Prefect's runs agree with the ledger again, whatever was done to them (faults P6, P7: tests/faults/test_prefect_runs.py)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from flows.differences import Difference, FoundRun, of_extra_runs, of_open_cases
from flows.reconciling import reconcile_runs
from tests.flows.office import Office

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


def test_a_second_run_of_a_case_is_cancelled(office: Office) -> None:
    with office.loop():
        case = office.open_and_served()
    run = office.run_of(case)
    assert run is not None and run.deployment_id is not None
    office.client.create_flow_run_from_deployment(run.deployment_id, name=case, parameters={"case": case})
    done = reconcile_runs(office.parts, office.client)
    assert [(one.case, one.kind) for one in done.mended] == [(case, "second run")]
    assert [one.id for one in office.live_runs(case)] == [run.id]


def test_of_late_sweeps_the_newest_is_kept_and_one_left_running_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.client.schemas.objects import State, StateDetails, StateType

    from flows.deployments import deployment_ids
    from flows.known import SCHEDULED_FLOWS
    from flows.prefect_runs import live_runs
    from flows.sweep_runs import tidy_sweep_runs

    deployment = deployment_ids(office.client, SCHEDULED_FLOWS)["chase_deadlines"]
    for ours in list(live_runs(office.client, [deployment])):  # the server is shared, no worker serves its schedule, and on the hour one more is late
        office.client.delete_flow_run(ours.id)
    made = []
    for days_ago in (3, 1, 2):
        due_at = datetime.now(UTC) - timedelta(days=days_ago)
        late = State(type=StateType.SCHEDULED, name="Late", state_details=StateDetails(scheduled_time=due_at))
        made.append(office.client.create_flow_run_from_deployment(deployment, state=late).id)
    left = office.client.create_flow_run_from_deployment(deployment).id
    office.client.set_flow_run_state(left, State(type=StateType.RUNNING), force=True)

    tidied = tidy_sweep_runs(office.client)
    # Other schedules' late runs are tidied too: nobody serves them on this server, and they come each five minutes.
    assert set(tidied.cancelled) & set(made) == {made[0], made[2]} and left not in tidied.crashed
    monkeypatch.setattr("flows.sweep_runs.LONGEST_SWEEP", timedelta(0))
    crashed = tidy_sweep_runs(office.client).crashed  # and perhaps one that another module left behind
    assert left in crashed and not set(crashed) & set(made)
    for one in (*made, left):
        office.client.delete_flow_run(one)
