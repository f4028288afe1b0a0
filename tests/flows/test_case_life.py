"""A case's life in Prefect: opened in bulk, woken by decisions, waiting without a process, ended."""

from __future__ import annotations

import pytest

from tests.flows.office import Office, until

pytestmark = pytest.mark.slow


def test_a_decision_wakes_the_case_and_software_does_its_step(office: Office) -> None:
    with office.loop():
        case = office.open()
        until(lambda: office.state_of(case) == "Waiting for the SENCO", "the new case waits for the SENCO")
        office.agree_meeting(case)
        until(lambda: "send_invitations" not in office.open_steps(case), "Sendflow has sent the invitations")
        until(lambda: office.is_served(case), "nothing more is wanted")
        until(lambda: any(reference.startswith(case) for reference in office.mails()), "the invitations are at the mail server")
    run = office.run_of(case)
    assert run is not None and run.state is not None
    assert (run.name, run.state.type.value) == (case, "PAUSED")
    assert {"school:900001", "process:annual_review"} <= set(run.tags)
