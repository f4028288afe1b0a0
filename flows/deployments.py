"""Registers our flows, the work pool and the schedules with Prefect: by code, so that doing it again changes nothing.

A deployment is never deleted: that would delete runs of waiting cases with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName, FlowFilter, FlowFilterName
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.utilities.callables import parameter_schema

from flows.known import DEPLOYMENT, KNOWN_FLOWS, WORK_POOL, KnownFlow
from flows.load import load
from flows.resident_worker import ResidentWorker


def register(client: SyncPrefectClient, flows: Iterable[KnownFlow] = KNOWN_FLOWS) -> dict[str, UUID]:
    """Make or renew the work pool and one deployment a flow. Returns the deployments' ids by the flow's name.

    A deployment whose text is unchanged is left alone, because renewing it throws its scheduled runs away and makes them anew.
    """
    make_work_pool(client)
    wanted = tuple(flows)
    there = _registered(client, wanted)
    return {known.name: _deploy(client, known, there.get(known.name)) for known in wanted}


def make_work_pool(client: SyncPrefectClient) -> None:
    """Make the work pool of the resident worker's type, unless it is there. A stock process worker may poll it too."""
    pool = WorkPoolCreate(name=WORK_POOL, type=ResidentWorker.type, base_job_template=ResidentWorker.get_default_base_job_template())
    try:
        client.create_work_pool(pool)
    except ObjectAlreadyExists:
        return


def deployment_ids(client: SyncPrefectClient, flows: Iterable[KnownFlow] = KNOWN_FLOWS) -> dict[str, UUID]:
    """The ids of the registered deployments by the flow's name. Raises ObjectNotFound for one that is not registered."""
    wanted = tuple(flows)
    there = _registered(client, wanted)
    if missing := [known.name for known in wanted if known.name not in there]:
        raise ObjectNotFound(LookupError(f"not registered with Prefect: {', '.join(missing)}"))
    return {known.name: there[known.name].id for known in wanted}


def _registered(client: SyncPrefectClient, flows: Sequence[KnownFlow]) -> dict[str, DeploymentResponse]:
    """Those of the flows' deployments that are there, by the flow's name: two questions, however many flows there are."""
    named = FlowFilter(name=FlowFilterName(any_=[known.name for known in flows]))
    names = {flow.id: flow.name for flow in client.read_flows(flow_filter=named, limit=len(flows))}
    ours = DeploymentFilter(name=DeploymentFilterName(any_=[DEPLOYMENT]))
    found = client.read_deployments(flow_filter=named, deployment_filter=ours, limit=len(flows))
    return {names[one.flow_id]: one for one in found if one.flow_id in names}


def _deploy(client: SyncPrefectClient, known: KnownFlow, found: DeploymentResponse | None) -> UUID:
    flow = load(known)
    schedules = [DeploymentScheduleCreate(schedule=CronSchedule(cron=known.cron, timezone=known.timezone), slug="sendflow")] if known.cron else []
    wanted = _terms(known, flow, schedules)
    if found is not None and found.version == wanted["version"] and found.entrypoint == known.entrypoint and len(found.schedules) == len(schedules):
        return found.id
    return client.create_deployment(client.create_flow(flow), DEPLOYMENT, work_pool_name=WORK_POOL, pull_steps=[], **wanted)


def _terms(known: KnownFlow, flow: Flow[Any, Any], schedules: list[DeploymentScheduleCreate]) -> Mapping[str, Any]:
    """What the deployment says; its version is a digest of that, by which a later start knows whether anything changed."""
    schema = parameter_schema(flow).model_dump_for_openapi()
    return {
        "entrypoint": known.entrypoint,
        "description": known.description,
        "tags": ["sendflow"],
        "schedules": schedules,
        "parameter_openapi_schema": schema,
        "enforce_parameter_schema": True,
        "version": _digest(known, schema),
    }


def _digest(known: KnownFlow, schema: object) -> str:
    text = json.dumps([known.entrypoint, known.cron, known.timezone, known.description, schema], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
