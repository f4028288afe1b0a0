"""The change of phase of a pupil with an EHC plan (SEND Regulations 2014 reg 18): one run, one transfer."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="phase_transfer", persist_result=False, result_storage=NOWHERE)
def phase_transfer(case: str) -> None:
    """Serve what the ledger wants for this change of phase, then wait suspended. `case` is its reference, for example PT-000007."""
    run_case(case)
