"""What differs between the ledger's open cases and Prefect's runs. Pure: two tellings in, differences out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

LONGEST_WAKE = timedelta(minutes=2)  # whoever still works at it would hold the lease
LIVE = frozenset({"SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"})
ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})

Kind = Literal["missing", "ended by hand", "stuck", "case has ended", "second run", "unknown case"]


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run as Prefect tells it: `case` is its name, `entered_at` (UTC) when it came into this state, `due_at` when it was to start."""

    id: UUID
    case: str
    state_type: str
    state_name: str
    entered_at: datetime | None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One case whose run is not as the ledger wants it. `state` is what Prefect shows."""

    case: str
    kind: Kind
    run: UUID
    state: str = ""

    def __str__(self) -> str:
        return f"{self.case}: {self.kind}" + (f" ({self.state})" if self.state else "")


def of_open_cases(known: Mapping[str, UUID], found: Mapping[UUID, FoundRun], served_now: Collection[str], now: datetime) -> list[Difference]:
    """`known`: the run of each open case; `found`: those of them that Prefect has; `served_now`: cases under a lease; `now` (UTC)."""
    differences = []
    for case, run_id in known.items():
        run = found.get(run_id)
        if run is None:
            differences.append(Difference(case, "missing", run_id))
        elif run.state_type in ENDED or run.state_type == "CANCELLING":
            differences.append(Difference(case, "ended by hand", run_id, run.state_name))
        elif run.state_type != "PAUSED" and case not in served_now and _since(run, now) > LONGEST_WAKE:
            differences.append(Difference(case, "stuck", run_id, run.state_name))
    return differences


def of_extra_runs(known: Mapping[str, UUID], ended: Mapping[str, str], extra: Iterable[FoundRun]) -> list[Difference]:
    """`extra`: live runs of our case deployments that are no open case's run; `ended`: the end of each ended case among them.

    A run whose case the ledger does not know stays alone: the ledger may be an older copy, and a person must look.
    """
    differences = []
    for run in extra:
        kind: Kind = "case has ended" if run.case in ended else "second run" if run.case in known else "unknown case"
        differences.append(Difference(run.case, kind, run.id, run.state_name))
    return differences


def _since(run: FoundRun, now: datetime) -> timedelta:
    return now - run.entered_at if run.entered_at is not None else LONGEST_WAKE * 2
