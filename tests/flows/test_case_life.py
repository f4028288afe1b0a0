"""A case's life in Prefect: opened in bulk, woken by decisions, waiting without a process, held up by errors, ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from flows.lease import LeaseLost, take_lease
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow


def test_a_decision_wakes_the_case_and_software_does_its_step(office: Office) -> None:
    with office.loop():
        case = office.open_and_served()
        assert office.state_of(case) == "Waiting for the SENCO"
        office.agree_meeting(case)
        until(lambda: "send_invitations" not in office.open_steps(case), "Sendflow has sent the invitations")
        until(lambda: office.is_served(case), "nothing more is wanted")
        until(lambda: any(reference.startswith(case) for reference in office.mails()), "the invitations are at the mail server")
    run = office.run_of(case)
    assert run is not None and run.state is not None
    assert (run.name, run.state.type.value) == (case, "PAUSED")
    assert {"school:900001", "process:annual_review"} <= set(run.tags)


def test_an_assessment_has_a_run_of_its_own_process(office: Office) -> None:
    with office.loop():
        case = office.open_assessment()
        until(lambda: office.state_of(case).startswith("Waiting for the") and office.is_served(case), "the assessment waits")
    run = office.run_of(case)
    assert run is not None and case.startswith("NA-")
    assert office.client.read_flow(run.flow_id).name == "ehc_needs_assessment"
    assert "process:ehc_needs_assessment" in run.tags


def test_the_artifact_says_where_the_case_stands_and_where_to_decide(office: Office) -> None:
    with office.loop():
        case = office.open_and_served()
        office.agree_meeting(case)
        until(lambda: office.is_served(case), "served")
    text = office.artifact_of(case)
    assert f"# {case}: Annual review of an EHC plan" in text
    assert "| Step | Whose | By | Authority |" in text
    assert f"http://127.0.0.1:8000/cases/{case}" in text
    assert "Ada" not in text and "Ashby" not in text


@pytest.mark.parametrize("left_as", ["RUNNING", "PENDING"])
def test_c8_c9_a_run_left_by_a_dead_worker_is_simply_run_again(office: Office, left_as: str) -> None:
    from prefect.client.schemas.objects import State, StateType

    with office.loop():
        case = office.open_and_served()
    run = office.run_of(case)
    assert run is not None
    office.client.set_flow_run_state(run.id, State(type=StateType(left_as)), force=True)
    office.want(case)
    with office.loop():
        until(lambda: office.is_served(case), "served")
    assert office.state_of(case) == "Waiting for the SENCO"


def test_c7_whoever_was_paused_past_its_lease_is_turned_away(office: Office) -> None:
    with office.loop():
        case = office.open_and_served()
    office.want(case)
    first = take_lease(office.parts, case)
    assert first is not None
    with first:
        office.lease_runs_out(case)
        second = take_lease(office.parts, case)
        assert second is not None
        with second:
            with pytest.raises(LeaseLost):
                first.hold()
            first.served()
            assert not office.is_served(case)
            second.hold()
            second.served()
    assert office.is_served(case)


def test_only_one_process_serves_a_case(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.lease.PATIENCE_SECONDS", 0.5)
    with office.loop():
        case = office.open_and_served()
    office.want(case)
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(take_lease(office.parts, case))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lease for lease in got if lease is not None]) == 1
    next(lease for lease in got if lease is not None).give_back()


def test_l3_p13_a_poison_case_is_held_up_and_parked_and_no_text_of_the_error_leaves(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database error whose text quotes a name: Prefect sees a code; other cases go on; after five tries somebody must look."""
    import flows.steps

    with office.loop():
        poison, healthy = office.open_and_served(), office.open_and_served()
    office.agree_meeting(poison)
    real: Callable[..., Any] = flows.steps.do

    def breaks(parts: Any, todo: Any) -> Any:
        if todo.case == poison:
            office.insert_person_twice("Zebedee-Canary")
        return real(parts, todo)

    monkeypatch.setattr(flows.steps, "do", breaks)
    monkeypatch.setattr("flows.under_way.FIRST_REST", 0.05)
    monkeypatch.setattr(flows.steps.do_step, "retry_delay_seconds", [0.0, 0.0, 0.0])
    with office.loop():
        office.agree_meeting(healthy)
        until(lambda: office.is_served(healthy), "the healthy case goes on")
        until(lambda: poison in office.parked(), "the poison case is parked", seconds=120)
    assert office.state_of(poison) == "Held up by an error"
    assert office.wake_error(poison) == "database.23505"
    kept = office.everything_prefect_keeps()
    assert f"{poison}: database.23505" in kept, "the failed task shows its code"
    assert "Zebedee" not in kept
