"""A claim of disability discrimination against the trust (Equality Act 2010 Schedule 17; SI 2008/2699): one run, one claim."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="discrimination_claim", persist_result=False, result_storage=NOWHERE)
def discrimination_claim(case: str) -> None:
    """Serve what the ledger wants for this claim, then wait suspended. `case` is its reference, for example DC-000007."""
    run_case(case)
