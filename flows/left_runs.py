"""Runs that a process left behind Pending or Running when it died: their cases are woken, and the runs are simply run again.

What the ledger wanted of such a case it still wants, and the lease passes on by itself. But Prefect begins runs of its own accord too (Resume,
pressed in its pages), and the ledger may want nothing of those cases then: without this they would stay as they are until the next reconcile.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient

from db import wakes
from db.clock import Clock
from flows.prefect_runs import moving_runs
from tasks.parts import Parts

LEASES = 2  # in the first the process may have been alive; a stock worker's interpreter needs ten seconds from Pending to Running
log = logging.getLogger("sendflow.wakes")


def want_left_runs(parts: Parts, client: SyncPrefectClient) -> list[str]:
    """Want a wake of each case whose run has moved for two leases without anybody holding the case. Returns the cases' references.

    A wake too many changes nothing, so neither a slow start nor a clock that differs from Prefect's does harm. Raises httpx errors when Prefect
    is away.
    """
    longest = timedelta(seconds=LEASES * parts.settings.lease_seconds)
    now = Clock().now()  # Prefect's server stamps states with the machine's time, which a moved clock of the demo does not change
    left = [run.id for run in moving_runs(client) if run.entered_at is not None and now - run.entered_at > longest]
    if not left:
        return []
    with parts.engines.scheduler() as session:
        cases = wakes.want_idle(session, left)
    if cases:
        log.warning("%s left behind by a process that died; run again", ", ".join(cases))
    return cases
