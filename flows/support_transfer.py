"""The change of phase of a pupil on SEN support (Code of Practice 6.57): one run, one transfer."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="support_transfer", persist_result=False, result_storage=NOWHERE)
def support_transfer(case: str) -> None:
    """Serve what the ledger wants for this change of phase, then wait suspended. `case` is its reference, for example ST-000007."""
    run_case(case)
