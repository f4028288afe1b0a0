"""A copied or restored database sends nothing and wakes nobody until a person confirms and says so on its pages (fault O2)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from notifications.sink import kept_mails
from tasks.quiet import CODE, refuse_if_quiet, why_quiet
from tests.faults.conftest import Tally
from tests.flows.office import Office, until
from web.app import create_app

pytestmark = pytest.mark.slow


def app_of(office: Office) -> FastAPI:
    """The console of the machine that the office stands on."""
    parts = office.parts
    return create_app(parts.settings, parts.engines, parts.clock, parts.library, parts.ledger)


def test_o2_a_copy_on_another_machine_wakes_nobody_until_confirmed(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally, caplog: pytest.LogCaptureFixture
) -> None:
    from db.installation import Installation
    from tasks.failure import TaskFailed
    from tasks.parts import use_parts

    monkeypatch.setattr("tasks.quiet.LOOK_EVERY", 0.2)
    assert not why_quiet(office.parts), "the first host adopts the database"
    here = office.parts
    office.parts = replace(here, settings=here.settings.model_copy(update={"data_folder": tmp_path}))
    use_parts(office.parts)
    assert "belongs to another installation" in why_quiet(office.parts)
    with pytest.raises(TaskFailed, match=CODE):
        refuse_if_quiet(office.parts, "AR-000001")

    case = office.open()
    with office.loop():
        until(lambda: "belongs to another installation" in caplog.text, "the loop has said that it keeps quiet")
        with TestClient(app_of(office), base_url=office.parts.settings.origin) as browser:
            assert "belongs to another installation" in browser.get("/nowhere").text
        assert office.run_of(case) is None and not kept_mails(office.sink_folder)
        with office.parts.engines.scheduler() as session:
            Installation(office.parts.settings).confirm(session, here.clock.now())
        until(lambda: office.state_of(case).startswith("Waiting") and office.is_served(case), "the confirmed installation goes on")
    tally("O2", acts=1, kills=1, lost=0, doubled=0, note="0 mails and 0 runs before confirming")
    assert why_quiet(here), "and now the first host is the one that keeps quiet"
