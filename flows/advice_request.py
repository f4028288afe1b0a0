"""The local authority asks the school for advice (SEND Regulations 2014 regs 6 and 8): one run, one request."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="advice_request", persist_result=False, result_storage=NOWHERE)
def advice_request(case: str) -> None:
    """Serve what the ledger wants for this request, then wait suspended. `case` is its reference, for example AD-000007."""
    run_case(case)
