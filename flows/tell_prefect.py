"""Tells Prefect what happened in a case, as its events `sendflow.case.*` and `sendflow.step.*`: for automations and dashboards of the trust's own.

Case references, names of steps and dates only: no outcome, no person (`docs/prefect.md` has the events and an example automation). What is
lost with Prefect's database is not told again; nothing in Sendflow rests on these events.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from prefect.client.orchestration import SyncPrefectClient

from db.clock import Clock
from db.told import News, Untold, keep, untold
from tasks.parts import Parts


def tell_prefect(parts: Parts, client: SyncPrefectClient, case: str, run_id: UUID) -> int:
    """Send what Prefect has not been told of the case yet, and remember it. Returns how many events.

    A worker that dies between the two sends them again under the same ids, which Prefect keeps once. Call it with the case's lease.
    """
    with parts.engines.scheduler() as session:
        new = untold(session, case, parts.clock.today())
    if not new.news:
        return 0
    at = Clock().now()  # the machine's own: Prefect orders events by it, whatever day a demo plays
    client.request("POST", "/events", json=[_event(new, one, run_id, at) for one in new.news]).raise_for_status()
    with parts.engines.scheduler() as session:
        keep(session, new)
    return len(new.news)


def _event(of: Untold, news: News, run_id: UUID, at: datetime) -> dict[str, Any]:
    payload = {
        "case": of.case,
        "step": news.step,
        "party": news.party,
        "round": news.round or None,
        "due_on": news.due_on.isoformat() if news.due_on else None,
        "date_of_law": news.lawful if news.due_on else None,
    }
    resource = {"prefect.resource.id": f"sendflow.case.{of.case}", "sendflow.process": of.process, "sendflow.school": of.school_urn}
    if news.due_on:  # beside the payload: an automation is chosen by labels alone
        resource["sendflow.date_of_law"] = "true" if news.lawful else "false"
    return {
        "id": str(uuid5(run_id, f"{of.case} {news.key}")),
        "occurred": at.isoformat(),
        "event": f"sendflow.{news.what}",
        "resource": resource,
        "related": [{"prefect.resource.id": f"prefect.flow-run.{run_id}", "prefect.resource.role": "flow-run", "prefect.resource.name": of.case}],
        "payload": {name: value for name, value in payload.items() if value not in (None, "")},
    }
