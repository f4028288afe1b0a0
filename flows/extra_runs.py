"""Live runs beside those that the ledger remembers: a second run of a case, the run of a case that has ended, or one nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from db import runs as case_runs
from db.case_ends import ends_of
from flows.differences import Difference, FoundRun, of_extra_runs
from tasks.parts import Parts


def extra_differences(parts: Parts, known: Mapping[str, UUID], live: Iterable[FoundRun]) -> list[Difference]:
    """`known`: the run of each open case, read from the ledger before `live` was read from Prefect.

    A case opened in between has its run in both, and one whose run was made a moment ago and is not remembered yet is about to be found by
    opening it: neither is a difference.
    """
    with parts.engines.scheduler() as session:
        ours = set(known.values()) | {one.flow_run_id for one in case_runs.all_runs(session)}
        unopened = {one.case for one in case_runs.cases_without_run(session, 100_000)}
    extra = [run for run in live if run.id not in ours and run.case not in unopened]
    with parts.engines.scheduler() as session:
        ended = ends_of(session, [run.case for run in extra])
    return of_extra_runs(known, ended, extra)
