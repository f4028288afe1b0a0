"""Deployments by code and by file, bulk opening, and schedules that are seen to run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from flows.known import CASE_FLOWS, DEPLOYMENT, KNOWN_FLOWS, SCHEDULED_FLOWS, WORK_POOL, WORKER_TYPE, known_flow
from tests.flows.office import LIBRARY

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

pytestmark = pytest.mark.slow
PREFECT_YAML = Path(__file__).parents[2] / "prefect.yaml"


def test_every_process_has_its_flow_and_every_does_its_code() -> None:
    from tasks.does import DOES

    assert {known.name for known in CASE_FLOWS} == set(LIBRARY.definitions)
    named = {step.does for versions in LIBRARY.definitions.values() for one in versions for step in one.steps.values() if step.does}
    assert named == set(DOES)


def test_registering_again_changes_nothing(client: SyncPrefectClient) -> None:
    from flows.deployments import register

    first = register(client)
    before = {name: client.read_deployment(one).updated for name, one in first.items()}
    assert register(client) == first
    assert {name: client.read_deployment(one).updated for name, one in first.items()} == before
    assert set(first) == {known.name for known in KNOWN_FLOWS}
    assert client.read_work_pool(WORK_POOL).type == WORKER_TYPE


def test_prefect_yaml_says_the_same_as_the_code(client: SyncPrefectClient) -> None:
    from flows.deployments import register

    said = yaml.safe_load(PREFECT_YAML.read_text(encoding="utf-8"))
    assert said["pull"] == []
    ids = register(client)
    assert len(said["deployments"]) == len(KNOWN_FLOWS)
    for one in said["deployments"]:
        known = known_flow(one["entrypoint"])
        assert known is not None
        there = client.read_deployment(ids[known.name])
        assert (there.entrypoint, there.name, there.tags, there.pull_steps) == (one["entrypoint"], DEPLOYMENT, one["tags"], [])
        assert (there.description, there.work_pool_name) == (one["description"], one["work_pool"]["name"])
        schedules = [{"cron": s.schedule.cron, "timezone": s.schedule.timezone, "slug": s.slug} for s in there.schedules]  # type: ignore[union-attr]
        assert schedules == one.get("schedules", [])


def test_opening_twice_makes_no_second_run(client: SyncPrefectClient) -> None:
    from flows.deployments import register
    from flows.prefect_runs import Opening, open_in_bulk

    deployment = register(client)["annual_review"]
    openings = [Opening(f"AR-9{n:05}", "annual_review", "900009", "Waiting for the SENCO") for n in range(120)]
    first = open_in_bulk(client, deployment, openings)
    assert len(first.runs) == 120 and not first.refused
    assert open_in_bulk(client, deployment, openings) == first
    run = client.read_flow_run(first.runs["AR-900007"])
    assert run.state is not None
    assert (run.name, run.parameters, run.state.type.value, run.state.name) == ("AR-900007", {"case": "AR-900007"}, "PAUSED", "Waiting for the SENCO")
    assert set(run.tags) == {"sendflow", "school:900009", "process:annual_review"}
    for flow_run_id in first.runs.values():
        client.delete_flow_run(flow_run_id)


def test_daily_schedules_are_at_five_or_later_in_london_and_others_in_utc() -> None:
    for known in SCHEDULED_FLOWS:
        minute, hour, *_ = known.cron.split()
        daily = minute.isdigit() and hour.isdigit()
        assert (known.timezone, not daily or int(hour) >= 5) == ("Europe/London" if daily else "UTC", True), known.name
