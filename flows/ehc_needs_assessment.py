"""An EHC needs assessment (Children and Families Act 2014 s.36; SEND Regulations 2014 regs 3-14): one run, one assessment."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="ehc_needs_assessment", persist_result=False, result_storage=NOWHERE)
def ehc_needs_assessment(case: str) -> None:
    """Serve what the ledger wants for this assessment, then wait suspended. `case` is its reference, for example NA-000007."""
    run_case(case)
