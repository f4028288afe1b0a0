"""What can differ since an hour ago: a handful of small questions to Prefect instead of every run of every waiting case.

A run that differs has ended, or moves, or was made lately, or was remembered lately, or is gone. The first four are listed. One that is gone
leaves no trace, but then the count of live runs is not what the ledger and the listed ones come to, and every run must be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient

from db import runs as case_runs
from db import wakes
from db.clock import Clock
from flows.deployments import deployment_ids
from flows.differences import LIVE, Difference, FoundRun, of_open_cases
from flows.extra_runs import extra_differences
from flows.known import CASE_FLOWS
from flows.prefect_runs import changed_runs, count_live, runs_by_id
from tasks.parts import Parts

LOOKED_BACK = timedelta(hours=1)  # six turns; machines whose clocks differ by minutes agree all the same


@dataclass(frozen=True)
class Looked:
    """What was found among the runs that can differ. `adds_up`: whether Prefect has as many live runs as that comes to; else read them all."""

    differences: tuple[Difference, ...]
    adds_up: bool
    read: int


def look_at_changes(parts: Parts, client: SyncPrefectClient) -> Looked:
    """Compare what can differ since an hour ago. Nothing is changed. Costs what changed, not how many cases wait."""
    since = Clock().now() - LOOKED_BACK  # Prefect's server stamps states with the machine's time, which a moved clock of the demo does not change
    deployments = list(deployment_ids(client, CASE_FLOWS).values())
    with parts.engines.scheduler() as session:
        known = {one.case: one.flow_run_id for one in case_runs.all_runs(session)}
        lately, ending = case_runs.runs_remembered(session, since), case_runs.ending_runs(session)
        served_now = wakes.leased(session)
    live = count_live(client, deployments)
    found = changed_runs(client, deployments, since)
    asked = {*found, *lately, *ending}
    found |= runs_by_id(client, [run for run in asked if run not in found])
    looked_at = {case: run for case, run in known.items() if run in asked}
    differences = of_open_cases(looked_at, found, served_now, Clock().now())
    extra = _live_beside(known, found)
    differences += extra_differences(parts, known, [run for run in extra if run.id not in ending])
    return Looked(tuple(differences), live == _live_by_the_ledger(looked_at, known, found) + len(extra), len(asked))


def _live_beside(known: Mapping[str, UUID], found: Mapping[UUID, FoundRun]) -> Sequence[FoundRun]:
    """Live runs that are no open case's run."""
    ours = set(known.values())
    return [run for run in found.values() if run.state_type in LIVE and run.id not in ours]


def _live_by_the_ledger(looked_at: Mapping[str, UUID], known: Mapping[str, UUID], found: Mapping[UUID, FoundRun]) -> int:
    """How many of the open cases' runs live: all, but for those that were looked at and do not."""
    return len(known) - sum(run not in found or found[run].state_type not in LIVE for run in looked_at.values())
