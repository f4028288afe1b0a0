"""Shows the trust's week in Prefect: a table of counts, codes and case references. No name of a person, no text of theirs."""

from __future__ import annotations

import json

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate

from db.queries.trust_week import PlaceWeek, TrustWeek

KEY = "trust-week"


def publish_week(week: TrustWeek) -> None:
    """Make the table anew under its key, so that Prefect shows the newest and keeps those before it."""
    table = json.dumps([as_row(place) for place in (*week.schools, *week.authorities)])
    words = f"The trust's week up to {week.on.isoformat()}: schools by URN, local authorities by code"
    with get_client(sync_client=True) as client:
        client.create_artifact(ArtifactCreate(key=KEY, type="table", description=words, data=table))


def as_row(place: PlaceWeek) -> dict[str, object]:
    """One school or LA as Prefect shows it."""
    worst = f"{place.worst.days} days, {place.worst.case}" if place.worst else ""
    return {
        "which": f"{'school' if place.kind == 'school' else 'LA'} {place.code or 'not recorded'}",
        "open": place.open,
        "due in 14 days": place.due_soon,
        "past our target": place.past_target,
        "late": place.late,
        "breaches": place.breaches,
        "new breaches today": place.new_breaches,
        "longest late": worst,
        "late in 12 weeks": " ".join(str(number) for number in place.trend),
    }
