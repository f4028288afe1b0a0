"""The annual review of an EHC plan (Children and Families Act 2014 s.44; SEND Regulations 2014 regs 18-22): one run, one review."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="annual_review", persist_result=False, result_storage=NOWHERE)
def annual_review(case: str) -> None:
    """Serve what the ledger wants for this review, then wait suspended. `case` is its reference, for example AR-000007."""
    run_case(case)
