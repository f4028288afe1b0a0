"""Shows in Prefect where a case stands: one artifact a case, written anew at each wake."""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import ArtifactCreate
from prefect.exceptions import ObjectNotFound

from db.runs import remember_run, run_of
from flows.standing import as_markdown
from rules.definition import Definition
from rules.position_types import Position
from tasks.parts import Parts


def publish(parts: Parts, client: SyncPrefectClient, case: str, run_id: UUID, definition: Definition, position: Position) -> None:
    """Write the case's artifact. One that Prefect has forgotten (its database was rebuilt) is made again.

    Written by a plain call, not by Prefect's helper, which adds an event of its own at each change.
    """
    markdown = as_markdown(case, definition, position, parts.clock.today(), parts.settings.origin.rstrip("/"))
    with parts.engines.scheduler() as session:
        known = run_of(session, case)
    artifact = known.artifact_id if known is not None and known.flow_run_id == run_id else None
    if artifact is not None and _rewrite(client, artifact, markdown):
        return
    made = client.create_artifact(
        ArtifactCreate(key=case.lower(), type="markdown", description=f"Where {case} stands", data=markdown, flow_run_id=run_id)
    )
    with parts.engines.scheduler() as session:
        remember_run(session, case, run_id, made.id)


def _rewrite(client: SyncPrefectClient, artifact: UUID, markdown: str) -> bool:
    try:
        client.request("PATCH", "/artifacts/{id}", path_params={"id": artifact}, json={"data": markdown}).raise_for_status()
    except ObjectNotFound:
        return False
    return True
