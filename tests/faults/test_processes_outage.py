"""Prefect's server dies under load (fault C2): people decide on, and everything catches up by itself when it is back."""

from __future__ import annotations

import os
import signal

import pytest

from flows.server import PrefectServer
from tests.faults.conftest import Tally
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow


def test_c2_people_decide_while_prefect_is_down_and_it_catches_up(
    office: Office, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setattr("flows.wake_loop.LONGEST_PAUSE", 1.0)
    with office.loop():
        cases = [office.open_and_served() for _ in range(4)]
        for case in cases[:2]:
            office.agree_meeting(case)  # under way as the server dies
        os.kill(prefect_server.files.pid(), signal.SIGKILL)
        for case in cases[2:]:
            office.agree_meeting(case)
        newcomer = office.open()
        assert not prefect_server.connection.is_healthy()
        assert {case for case in cases if "agree_meeting_date" in office.open_steps(case)} == set()
        assert prefect_server.ensure()
        until(lambda: all(office.is_served(case) for case in (*cases, newcomer)), "everything is served", seconds=120)
    for case in cases:
        assert "send_invitations" not in office.open_steps(case)
        assert len(office.live_runs(case)) == 1
        assert office.times_done(case, "send_invitations") == 1
        assert office.state_of(case).startswith("Waiting for")
    assert office.state_of(newcomer) == "Waiting for the SENCO"
    references = [reference for reference in office.mails() if reference.split("/")[0] in cases]
    doubled = len(references) - len(set(references))
    assert doubled == 0, "no message twice"
    tally("C2", acts=len(cases) + 1, kills=1, doubled=doubled, note="decided while Prefect was down, served when it was back")
