"""A copied or restored database sends nothing and wakes nobody until a person confirms (faults O1, O2)."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.quiet import CODE, refuse_if_quiet, why_quiet
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow


def test_o2_a_copy_on_another_machine_wakes_nobody_until_confirmed(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        time.sleep(2)
        assert office.run_of(case) is None
        with office.parts.engines.scheduler() as session:
            Installation(office.parts.settings).confirm(session, here.clock.now())
        until(lambda: office.state_of(case).startswith("Waiting") and office.is_served(case), "the confirmed installation goes on")
    assert why_quiet(here), "and now the first host is the one that keeps quiet"
