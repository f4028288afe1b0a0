"""Makes Prefect's runs agree with the ledger again: after a crash, a click in Prefect's pages, a restored or rebuilt database of Prefect.

The ledger is right, always. More than a handful of differences is not mended but told: a wrong server, an older copy of the ledger or a
rebuilt Prefect database looks like that, and only a person knows which it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prefect.client.orchestration import SyncPrefectClient

from db import runs as case_runs
from db import wakes
from db.case_ends import ends_of
from db.clock import Clock
from flows.changed_runs import look_at_changes
from flows.deployments import deployment_ids
from flows.differences import Difference, of_open_cases
from flows.extra_runs import extra_differences
from flows.known import CASE_FLOWS
from flows.opening import open_missing_runs
from flows.prefect_runs import MENDED, cancel, complete, live_runs, runs_by_id, suspend
from tasks.parts import Parts

HANDFUL = 10
LOOKS = 3  # a case opened or ended between two questions makes the counts differ for that look


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
    return _mended(parts, client, find_differences(parts, client), all=all)


def reconcile_changes(parts: Parts, client: SyncPrefectClient) -> Reconciled | None:
    """The same for what can differ since an hour ago, at the cost of what changed. None, and nothing changed, when the counts of live runs do
    not agree: then only `reconcile_runs`, which reads every run, can tell. Raises MoreThanAHandful and RunsRefused.
    """
    for _ in range(LOOKS):
        looked = look_at_changes(parts, client)
        if looked.adds_up:
            return _mended(parts, client, looked.differences, all=False)
    return None


def _mended(parts: Parts, client: SyncPrefectClient, differences: Sequence[Difference], *, all: bool) -> Reconciled:
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
    live = {run.id: run for run in live_runs(client, list(deployment_ids(client, CASE_FLOWS).values()))}
    found = live | runs_by_id(client, [run for run in known.values() if run not in live])
    # Prefect's server stamps states with the machine's time, which a moved clock of the demo does not change.
    return of_open_cases(known, found, served_now, Clock().now()) + extra_differences(parts, known, live.values())


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
