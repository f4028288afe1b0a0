"""What the trust does for a school that is behind with its duties (policy section 3): one run, one school at a time."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="trust_intervention", persist_result=False, result_storage=NOWHERE)
def trust_intervention(case: str) -> None:
    """Serve what the ledger wants for this school, then wait suspended. `case` is its reference, for example TI-000007."""
    run_case(case)
