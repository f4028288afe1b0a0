"""Registers our flows, the work pool and the schedules with Prefect: by code, so that doing it again changes nothing.

A deployment is never deleted: that would delete runs of waiting cases with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
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
    return {known.name: _deploy(client, known) for known in flows}


def make_work_pool(client: SyncPrefectClient) -> None:
    """Make the work pool of the resident worker's type, unless it is there. A stock process worker may poll it too."""
    pool = WorkPoolCreate(name=WORK_POOL, type=ResidentWorker.type, base_job_template=ResidentWorker.get_default_base_job_template())
    try:
        client.create_work_pool(pool)
    except ObjectAlreadyExists:
        return


def deployment_ids(client: SyncPrefectClient, flows: Iterable[KnownFlow] = KNOWN_FLOWS) -> dict[str, UUID]:
    """The ids of the registered deployments by the flow's name. Raises ObjectNotFound for one that is not registered."""
    return {known.name: client.read_deployment_by_name(f"{known.name}/{DEPLOYMENT}").id for known in flows}


def _deploy(client: SyncPrefectClient, known: KnownFlow) -> UUID:
    flow = load(known)
    schedules = [DeploymentScheduleCreate(schedule=CronSchedule(cron=known.cron, timezone=known.timezone), slug="sendflow")] if known.cron else []
    wanted = _terms(known, flow, schedules)
    try:
        found = client.read_deployment_by_name(f"{known.name}/{DEPLOYMENT}")
    except ObjectNotFound:
        found = None
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
