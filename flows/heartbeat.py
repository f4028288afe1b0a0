"""Every five minutes: the proof, kept in the ledger, that Prefect's schedules run and that a worker takes them. `sendflow watch` reads it."""

from prefect import flow

from flows.results import NOWHERE
from tasks.parts import parts
from tasks.sweeps import FIVE_MINUTES, sweep


@flow(name="heartbeat", persist_result=False, result_storage=NOWHERE)
def heartbeat() -> None:
    """Say that a scheduled flow came to its end."""
    sweep(parts(), "heartbeat", FIVE_MINUTES, lambda: 0)
