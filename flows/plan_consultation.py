"""The consultation of our school before an LA names it in an EHC plan (Children and Families Act 2014 ss.39, 40): one run, one consultation."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="plan_consultation", persist_result=False, result_storage=NOWHERE)
def plan_consultation(case: str) -> None:
    """Serve what the ledger wants for this case, then wait suspended. `case` is its reference, for example PC-000007."""
    run_case(case)
