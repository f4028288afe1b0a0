"""When each scheduled flow was last to run. Only the two shapes of schedule that `flows/known.py` has: daily in London, each so many minutes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flows.known import SCHEDULED_FLOWS, KnownFlow


def last_due(now: datetime, flows: Iterable[KnownFlow] = SCHEDULED_FLOWS) -> dict[str, datetime]:
    """The last time at or before `now` (UTC) at which each flow was to run, in UTC, by its name. Raises ValueError for another shape."""
    return {known.name: _last(known, now) for known in flows}


def _last(known: KnownFlow, now: datetime) -> datetime:
    minute, hour, *rest = known.cron.split()
    if rest != ["*", "*", "*"]:
        raise ValueError(f"{known.name}: the schedule {known.cron!r} is neither daily nor each so many minutes")
    if minute.startswith("*/") and hour == "*":
        every = int(minute[2:])
        return now.astimezone(UTC).replace(minute=now.minute - now.minute % every, second=0, microsecond=0)
    here = now.astimezone(ZoneInfo(known.timezone))
    due = here.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return (due if due <= here else due - timedelta(days=1)).astimezone(UTC)
