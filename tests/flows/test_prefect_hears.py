"""What Prefect is told of cases, and that it rings by itself when Sendflow's schedules are silent."""

from __future__ import annotations

import re
from ast import literal_eval
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.events.schemas.events import Resource, ResourceSpecification

from db.told import News, Untold
from flows.tell_prefect import _event
from tests.faults.alarm_bell import AlarmBell
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
NOW = datetime(2026, 12, 4, 9, tzinfo=UTC)
SILENT = "Nothing has run for ten seconds."


def heard(office: Office, case: str) -> list[dict[str, Any]]:
    """The events that Prefect keeps of the case, oldest first."""
    run = office.run_of(case)  # another ledger of this test run has a case of the same reference
    assert run is not None
    wanted = {"filter": {"related": {"id": [f"prefect.flow-run.{run.id}"]}, "event": {"prefix": ["sendflow."]}, "order": "ASC"}, "limit": 50}
    events: list[dict[str, Any]] = office.client.request("POST", "/events/filter", json=wanted).json()["events"]
    return events


def test_prefect_hears_of_a_case_once_by_reference_step_and_date(office: Office) -> None:
    with office.loop():
        case = office.open_and_served()
        office.agree_meeting(case)
        until(lambda: office.is_served(case), "served")
        for _ in range(2):
            office.want(case)
            until(lambda: office.is_served(case), "served again")
    events = until(
        lambda: [one for one in heard(office, case) if one["event"] == "sendflow.step.decided"] and heard(office, case), "Prefect keeps them"
    )
    told = [(one["event"], one["payload"].get("step", "")) for one in events]
    assert len(told) == len(set((*one, events[n]["payload"].get("party", "")) for n, one in enumerate(told))), "each once"
    assert {("sendflow.case.opened", ""), ("sendflow.step.opened", "agree_meeting_date"), ("sendflow.step.decided", "agree_meeting_date")} <= set(
        told
    )
    resource = {"prefect.resource.id": f"sendflow.case.{case}", "sendflow.process": "annual_review", "sendflow.school": "900001"}
    found = {(one["event"], one["payload"].get("step", "")): one["resource"] for one in events}
    assert found["sendflow.case.opened", ""] == resource
    assert found["sendflow.step.opened", "agree_meeting_date"] == {**resource, "sendflow.date_of_law": "false"}, "a target of the trust's own"
    assert "Ada" not in str(events) and "Ashby" not in str(events)


def test_the_documented_automation_rings_for_dates_of_law_alone() -> None:
    """It says that a date of law has passed, which is not so of the trust's own target."""
    documented = re.search(r"match=(\{.*?\})", (Path(__file__).parents[2] / "docs" / "prefect.md").read_text(encoding="utf-8"), re.DOTALL)
    assert documented
    match = ResourceSpecification.model_validate(literal_eval(documented[1]))
    of = Untold("AR-000012", "annual_review", "900001", (), 3, "")
    rings = {
        lawful: match.matches(
            Resource.model_validate(_event(of, News("step.overdue", "x", "la_decision", "", 1, day, lawful), uuid4(), NOW)["resource"])
        )
        for lawful, day in ((True, NOW.date()), (False, NOW.date()))
    }
    assert rings == {True: True, False: False}


def renewed_at(office: Office, name: str) -> list[str]:
    """When the automations of that name were last written."""
    found = office.client.read_automations_by_name(name)
    return [office.client.request("GET", "/automations/{id}", path_params={"id": one.id}).json()["updated"] for one in found]


def test_prefect_rings_when_a_schedule_is_silent(office: Office) -> None:
    from flows.alarm_automations import Alarm, declare_alarms

    alarm = Alarm("heartbeat", timedelta(seconds=10), SILENT)
    with AlarmBell().open() as bell:
        try:
            declare_alarms(office.client, bell.url, [alarm])
            first = renewed_at(office, alarm.name)
            declare_alarms(office.client, bell.url, [alarm])
            assert renewed_at(office, alarm.name) == first, "one that says the same is left alone"
            until(lambda: bell.heard, "Prefect rings", seconds=120)
        finally:
            declare_alarms(office.client, "", [alarm])
    assert bell.heard[0] == f"{alarm.name}\n{SILENT}"
    assert office.client.read_automations_by_name(alarm.name) == []
