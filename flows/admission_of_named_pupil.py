"""The admission of a pupil whose EHC plan names our school (Children and Families Act 2014 s.43): one run, one admission."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="admission_of_named_pupil", persist_result=False, result_storage=NOWHERE)
def admission_of_named_pupil(case: str) -> None:
    """Serve what the ledger wants for this case, then wait suspended. `case` is its reference, for example AN-000007."""
    run_case(case)
