"""A poison case is parked after five tries and shown; others go on (L3, P13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
Tally = Callable[..., None]


def test_l3_p13_a_poison_case_is_parked_and_no_text_of_the_error_leaves(office: Office, monkeypatch: pytest.MonkeyPatch, tally: Tally) -> None:
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
    tally("L3", acts=2, kills=1, lost=int(not office.is_served(healthy)))
