"""A case's life in Prefect: opened in bulk, woken by decisions, waiting without a process, held up by errors, ended."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from flows.lease import take_lease
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
