"""Tidies the runs of the scheduled flows: one that a dead worker left Running is told so, and of a heap of late ones the newest is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient

from db.clock import Clock
from flows.deployments import deployment_ids
from flows.differences import FoundRun
from flows.known import SCHEDULED_FLOWS
from flows.prefect_runs import cancel, crash, live_runs

LONGEST_SWEEP = timedelta(hours=1)


@dataclass(frozen=True)
class Tidied:
    """Runs that were marked Crashed, and late ones that were cancelled because a newer one does the same."""

    crashed: tuple[UUID, ...]
    cancelled: tuple[UUID, ...]


def tidy_sweep_runs(client: SyncPrefectClient) -> Tidied:
    """Look at the live runs of every scheduled flow. Each sweep does all that is due, so one run does the work of all late ones."""
    crashed, cancelled = [], []
    for deployment in deployment_ids(client, SCHEDULED_FLOWS).values():
        runs = list(live_runs(client, [deployment]))
        crashed += [run.id for run in left_running(runs, Clock().now())]
        cancelled += [run.id for run in outrun(runs)]
    for one in crashed:
        crash(client, one, "Its worker died, or it ran for over an hour.")
    for one in cancelled:
        cancel(client, one, "A newer run of the same sweep does all that is due.")
    return Tidied(tuple(crashed), tuple(cancelled))


def left_running(runs: Iterable[FoundRun], now: datetime) -> list[FoundRun]:
    """Runs that have been Running or Pending for longer than any sweep takes; `now` in UTC."""
    return [run for run in runs if run.state_type in ("RUNNING", "PENDING") and run.entered_at is not None and now - run.entered_at > LONGEST_SWEEP]


def outrun(runs: Iterable[FoundRun]) -> list[FoundRun]:
    """Of one flow's late runs all but the newest."""
    late = [run for run in runs if run.state_name == "Late" and run.due_at is not None]
    return sorted(late, key=lambda run: (run.due_at, run.id))[:-1]
