"""A poison case is parked after five tries and shown to people in words; others go on (L3, P13)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.office import Office, until
from tests.web.site import serve

pytestmark = pytest.mark.slow
Tally = Callable[..., None]


def test_l3_p13_a_poison_case_is_parked_and_no_text_of_the_error_leaves(
    office: Office, monkeypatch: pytest.MonkeyPatch, tally: Tally, tmp_path: Path
) -> None:
    """A database error whose text quotes a name: Prefect sees a code; other cases go on; after five tries the SENCO's pages show it in words."""
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
    people_see_it(office, tmp_path, poison, healthy)
    tally("L3", acts=2, kills=1, lost=int(not office.is_served(healthy)))


def people_see_it(office: Office, folder: Path, poison: str, healthy: str) -> None:
    """The SENCO's list and the case's page say what happened, that others go on and what to do; another school sees nothing of it."""
    with serve(office.parts.engines, folder) as site:
        senco = site.client("")
        assert senco.post("/sign-in", data={"person": str(office.village.senco.person_id)}).status_code == 200
        mine, theirs = senco.get("/").text, site.client().get("/").text
        shown, other = (senco.get(f"/cases/{case}").text for case in (poison, healthy))
    held_up = mine.partition('id="held-up"')[2].partition("<h2")[0]
    assert poison in held_up and "database.23505" in held_up and "All other cases go on" in held_up and healthy not in held_up
    assert "Its part failed 5 times" in shown and "Other cases go on" in shown
    assert f"tell whoever runs this installation the reference {poison} and the error database.23505" in shown
    assert "cannot go on with this case" not in other and 'id="held-up"' not in theirs
    assert "Zebedee" not in mine + shown
