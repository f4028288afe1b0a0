"""Makes Prefect's runs agree with the ledger again: after a crash, a click in Prefect's pages, a restored or rebuilt database of Prefect.

The ledger is right, always. More than a handful of differences is not mended but told: a wrong server, an older copy of the ledger or a
rebuilt Prefect database looks like that, and only a person knows which it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient

from db import runs as case_runs
from db import wakes
from db.case_ends import ends_of
from db.clock import Clock
from flows.deployments import deployment_ids
from flows.differences import Difference, of_extra_runs, of_open_cases
from flows.known import CASE_FLOWS
from flows.opening import open_missing_runs
from flows.prefect_runs import MENDED, cancel, complete, live_runs, runs_by_id, suspend
from tasks.parts import Parts

HANDFUL = 10


class MoreThanAHandful(RuntimeError):
    """Too much differs to be mended without a person's word; nothing was changed. `differences` says what."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        first = "; ".join(str(one) for one in differences[:5])
        super().__init__(
            f"{len(differences)} cases differ from Prefect's runs, more than {HANDFUL}, so nothing was changed. First: {first}. "
            "If Prefect's database was rebuilt or restored, reconcile again for all of them; if this is another trust's Prefect server or an "
            "old copy of the ledger, put that right first."
        )
        self.differences = tuple(differences)


@dataclass(frozen=True)
class Reconciled:
    """What was found and done. `left`: what only a person can settle (a run of a case that this ledger does not know); `opened`: runs made."""

    mended: tuple[Difference, ...]
    left: tuple[Difference, ...]
    opened: int


def reconcile_runs(parts: Parts, client: SyncPrefectClient, *, all: bool = False) -> Reconciled:
    """Compare and mend; each open case that was mended wants a wake then. Raises MoreThanAHandful unless `all`, and RunsRefused.

    Safe to repeat, and to kill half way.
    """
    differences = find_differences(parts, client)
    if len(differences) > HANDFUL and not all:
        raise MoreThanAHandful(differences)
    mended = [one for one in differences if one.kind != "unknown case"]
    with parts.engines.scheduler() as session:
        ends = ends_of(session, [one.case for one in mended])
    for one in mended:
        _mend(parts, client, one, ends)
    opened = open_missing_runs(parts, client)
    with parts.engines.scheduler() as session:
        wakes.want(session, sorted({one.case for one in mended if one.case not in ends}))
    return Reconciled(tuple(mended), tuple(one for one in differences if one.kind == "unknown case"), opened)


def find_differences(parts: Parts, client: SyncPrefectClient) -> list[Difference]:
    """Everything that differs now. A case that never had a run is no difference: it gets one at the next turn anyway."""
    with parts.engines.scheduler() as session:
        known = {one.case: one.flow_run_id for one in case_runs.all_runs(session)}
        served_now = wakes.leased(session)
    # Prefect's server stamps states with the machine's time, which a moved clock of the demo does not change.
    differences = of_open_cases(known, runs_by_id(client, list(known.values())), served_now, Clock().now())
    return differences + _extra(parts, client, known)


def _extra(parts: Parts, client: SyncPrefectClient, known: Mapping[str, UUID]) -> list[Difference]:
    """Live runs that are no open case's run. One whose case has no run in the ledger yet is about to be found by opening it."""
    ours = set(known.values())
    with parts.engines.scheduler() as session:
        unopened = {one.case for one in case_runs.cases_without_run(session, 100_000)}
    deployments = list(deployment_ids(client, CASE_FLOWS).values())
    extra = [run for run in live_runs(client, deployments) if run.id not in ours and run.case not in unopened]
    with parts.engines.scheduler() as session:
        ended = ends_of(session, [run.case for run in extra])
    return of_extra_runs(known, ended, extra)


def _mend(parts: Parts, client: SyncPrefectClient, one: Difference, ends: Mapping[str, str]) -> None:
    if one.kind == "missing":
        with parts.engines.scheduler() as session:
            case_runs.forget_run(session, one.case)
    elif one.case in ends:
        complete(client, one.run, ends[one.case])
    elif one.kind == "second run":
        cancel(client, one.run, "another run serves this case")
    else:
        suspend(client, one.run, MENDED, force=True)
