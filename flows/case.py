"""The life that all cases share: take the lease, do what software owes, deliver, publish where the case stands, and wait again.

Whoever runs this (our resident worker, a stock Prefect worker, two at once) brings about the same: the ledger's lease lets one in, its
fence turns away one that was paused too long, and every effect has a key of its own. A failure leaves the case waiting, its wake unserved.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Pause

from flows.lease import CaseLease, LeaseLost, take_lease
from flows.prefect_runs import suspend, waiting
from flows.publish import publish
from flows.standing import waiting_name
from flows.steps import deliver_messages, do_step
from flows.tell_prefect import tell_prefect
from tasks.deliver import owes
from tasks.does import open_steps
from tasks.failure import TaskFailed, coded
from tasks.parts import Parts, parts
from tasks.quiet import refuse_if_quiet

ROUNDS = 5  # of serving before the case waits again: what still comes in is another wake
HELD_UP = "Held up by an error"
log = logging.getLogger("sendflow.flows")


@dataclass(frozen=True)
class Served:
    """What a wake came to: the state the run waits in (None: it was left as it was), or that the case has ended."""

    waits_in: State[Any] | None = None
    ended: bool = False


def run_case(case: str) -> None:
    """Serve one wake of the case. Returns when the case has ended (Prefect then shows the run as Completed), else raises Pause: it waits.

    No other exception leaves it: a failed wake leaves the run waiting, the wake wanted, and a code in the ledger and in the log.
    """
    with get_client(sync_client=True) as client:
        served = _served_or_held_up(client, case)
    if not served.ended:
        raise Pause(state=served.waits_in)


def _served_or_held_up(client: SyncPrefectClient, case: str) -> Served:
    try:
        return coded(case, lambda: _serve_wake(client, case))
    except LeaseLost:
        log.warning("%s: another process serves it by now; this one writes nothing more", case)
        return Served()
    except TaskFailed as failed:
        log.error("%s was not served: %s", case, failed.code)
    try:
        return Served(coded(case, lambda: suspend(client, _run_id(), HELD_UP, force=True)))
    except TaskFailed:
        log.error("%s: Prefect does not take the run's state; reconcile will put it right", case)
        return Served(waiting(HELD_UP))


def _serve_wake(client: SyncPrefectClient, case: str) -> Served:
    ours = parts()
    refuse_if_quiet(ours, case)
    lease = take_lease(ours, case)
    if lease is None:
        return Served()  # another process serves the case, and will see to its run
    with lease:
        name, ended = _serve(ours, client, lease)
        lease.hold()
        waits_in = None if ended else suspend(client, _run_id(), name, force=True)
        lease.served()  # last: whoever is woken by what landed meanwhile finds the run waiting already
    return Served(waits_in, ended)


def _serve(ours: Parts, client: SyncPrefectClient, lease: CaseLease) -> tuple[str, bool]:
    """Do and deliver until the case stands still, then publish. The name of the state to wait in, and whether the case has ended."""
    case = lease.case
    for _ in range(ROUNDS):
        version = _do_what_software_owes(ours, lease)
        if owes(ours, case):
            lease.hold()
            deliver_messages(case)
        definition, position, now = ours.ledger.position(case)
        if now == version:
            break
    lease.hold()
    publish(ours, client, case, _run_id(), definition, position)
    tell_prefect(ours, client, case, _run_id())
    return waiting_name(definition, position), bool(position.ended)


def _do_what_software_owes(ours: Parts, lease: CaseLease) -> int:
    """Do the open steps of software, each once. Returns the case's version when none was left."""
    case, done = lease.case, set[int]()
    while True:
        definition, position, version = ours.ledger.position(case)
        todo = [one for one in open_steps(definition, position) if one.no not in done]
        if not todo:
            return version
        lease.hold()
        done.add(todo[0].no)
        do_step(case, todo[0].step, todo[0].party, todo[0].round)


def _run_id() -> UUID:
    context = FlowRunContext.get()
    assert context is not None and context.flow_run is not None, "run_case runs inside a flow run"
    return context.flow_run.id
