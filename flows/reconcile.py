"""Every ten minutes: Prefect's runs agree with the ledger's open cases, or somebody hears of it."""

import logging

from prefect import flow
from prefect.client.orchestration import get_client

from flows.reconciling import reconcile_runs
from flows.sweep_runs import tidy_sweep_runs
from tasks.parts import Parts, parts
from tasks.sweeps import TEN_MINUTES, sweep

log = logging.getLogger("sendflow.flows")


@flow(name="reconcile", persist_result=False)
def reconcile() -> None:
    """Mend what differs, up to a handful. More is left alone, and the heartbeat of `reconcile` holds the alarm. Raises TaskFailed."""
    ours = parts()
    sweep(ours, "reconcile", TEN_MINUTES, lambda: _reconcile(ours))


def _reconcile(ours: Parts) -> int:
    with get_client(sync_client=True) as client:
        tidied = tidy_sweep_runs(client)
        done = reconcile_runs(ours, client)
    for one in (*done.mended, *done.left):
        log.warning("%s %s", "mended" if one in done.mended else "left for a person", one)
    if tidied.crashed or tidied.cancelled:
        log.warning("scheduled runs: %s marked as crashed, %s late ones cancelled", len(tidied.crashed), len(tidied.cancelled))
    return len(done.mended) + done.opened
