"""A parent's complaint (SI 2014/3283 Schedule paragraph 33; Children and Families Act 2014 s.57): one run, one complaint."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="complaint", persist_result=False, result_storage=NOWHERE)
def complaint(case: str) -> None:
    """Serve what the ledger wants for this complaint, then wait suspended. `case` is its reference, for example CO-000007."""
    run_case(case)
