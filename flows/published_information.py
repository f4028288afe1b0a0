"""What a school publishes in a year (Children and Families Act 2014 s.69; Equality Act 2010 Schedule 10): one run, one school and school year."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="published_information", persist_result=False, result_storage=NOWHERE)
def published_information(case: str) -> None:
    """Serve what the ledger wants for this school's year, then wait suspended. `case` is its reference, for example PI-000007."""
    run_case(case)
