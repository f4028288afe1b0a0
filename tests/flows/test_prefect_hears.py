"""What Prefect is told of cases, and that it rings by itself when Sendflow's schedules are silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.faults.alarm_bell import AlarmBell
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
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
    first = events[0]
    assert first["resource"] == {
        "prefect.resource.id": f"sendflow.case.{case}", "sendflow.process": "annual_review", "sendflow.school": "900001",
    }  # fmt: skip
    assert "Ada" not in str(events) and "Ashby" not in str(events)


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
