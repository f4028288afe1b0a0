"""Every ten minutes: Prefect's runs agree with the ledger's open cases, or somebody hears of it."""

import logging
from datetime import timedelta

from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client

from db.heartbeats import beat, beats
from flows.changed_runs import LOOKED_BACK
from flows.reconciling import Reconciled, reconcile_changes, reconcile_runs
from flows.results import NOWHERE
from flows.sweep_runs import tidy_sweep_runs
from tasks.parts import Parts, parts
from tasks.quiet import why_quiet
from tasks.sweeps import DAY, TEN_MINUTES, sweep

ALL = "reconcile_all"  # the heartbeat of the turns that read every run: the first, one a day, and whenever it is in doubt
log = logging.getLogger("sendflow.flows")


@flow(name="reconcile", persist_result=False, result_storage=NOWHERE)
def reconcile() -> None:
    """Compare what can differ since the last turns, once a day everything, and mend what differs, up to a handful.

    More is left alone, and the heartbeat of `reconcile` holds the alarm. While this installation keeps quiet nothing is done: a copy of a
    ledger would mend the runs of the one it was copied from. Raises TaskFailed.
    """
    ours = parts()
    if words := why_quiet(ours):
        log.warning("not reconciled: %s", words)
        return
    sweep(ours, "reconcile", TEN_MINUTES, lambda: _reconcile(ours))


def _reconcile(ours: Parts) -> int:
    with get_client(sync_client=True) as client:
        tidied = tidy_sweep_runs(client)
        done = _reconciled(ours, client)
    for one in (*done.mended, *done.left):
        log.warning("%s %s", "mended" if one in done.mended else "left for a person", one)
    if tidied.crashed or tidied.cancelled:
        log.warning("scheduled runs: %s marked as crashed, %s late ones cancelled", len(tidied.crashed), len(tidied.cancelled))
    return len(done.mended) + done.opened


def _reconciled(ours: Parts, client: SyncPrefectClient) -> Reconciled:
    done = reconcile_changes(ours, client) if _last_turns_were_well(ours) else None
    if done is None:
        done = reconcile_runs(ours, client)
        with ours.engines.scheduler() as session:
            beat(session, ALL, ours.clock.now(), every_seconds=DAY, counted=len(done.mended) + done.opened)
    return done


def _last_turns_were_well(ours: Parts) -> bool:
    """Whether a turn came to a good end lately enough for looking back from now to reach it, and one has read every run within a day."""
    now, longest = ours.clock.now(), {"reconcile": LOOKED_BACK - timedelta(minutes=10), ALL: timedelta(seconds=DAY)}
    with ours.engines.scheduler() as session:
        well = {one.name for one in beats(session) if not one.error_code and timedelta(0) <= now - one.beat_at < longest.get(one.name, timedelta(0))}
    return longest.keys() <= well
