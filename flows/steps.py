"""The Prefect tasks of a case's flow: what Prefect retries, times and shows. Each is thin around a plain function of `tasks/`."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.deliver import deliver
from tasks.does import ToDo, do
from tasks.failure import coded
from tasks.parts import parts

RETRIES_AFTER = [1.0, 3.0, 9.0]  # seconds; together less than a lease


@task(
    name="Do a step",
    task_run_name="{step}",
    retries=len(RETRIES_AFTER),
    retry_delay_seconds=RETRIES_AFTER,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def do_step(case: str, step: str, party: str, round: int) -> None:
    """Do one step of software. Done by somebody meanwhile: nothing. Raises TaskFailed, which holds a code and the case's reference."""
    coded(case, lambda: _do(case, step, party, round))


@task(name="Deliver messages", retries=1, retry_delay_seconds=2, cache_policy=NO_CACHE, persist_result=False)
def deliver_messages(case: str) -> None:
    """Hand what the case owes to the mail server. What it refuses is tried again later by the ledger's own back-off. Raises TaskFailed."""
    coded(case, lambda: deliver(parts(), case))


def _do(case: str, step: str, party: str, round: int) -> None:
    ours = parts()
    definition, position, _ = ours.ledger.position(case)
    found = [one for one in position.open() if (one.step, one.party, one.round) == (step, party, round)]
    if found:
        do(ours, ToDo(case, definition, position, found[0], ours.clock.today()))
