"""The re-assessment of a pupil with a plan (Children and Families Act 2014 s.44(2), (3); SEND Regs 2014 regs 23-27): one run, one re-assessment."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="reassessment", persist_result=False, result_storage=NOWHERE)
def reassessment(case: str) -> None:
    """Serve what the ledger wants for this re-assessment, then wait suspended. `case` is its reference, for example RA-000007."""
    run_case(case)
