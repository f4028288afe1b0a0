"""An application for a place without an EHC plan (School Admissions Code 2021): one run, one application."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="admission_application", persist_result=False, result_storage=NOWHERE)
def admission_application(case: str) -> None:
    """Serve what the ledger wants for this case, then wait suspended. `case` is its reference, for example AA-000007."""
    run_case(case)
