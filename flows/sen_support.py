"""SEN support, the graduated approach (Code of Practice 6.44 to 6.65): one run, one pupil's rounds of assess, plan, do, review."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="sen_support", persist_result=False, result_storage=NOWHERE)
def sen_support(case: str) -> None:
    """Serve what the ledger wants for this pupil's support, then wait suspended. `case` is its reference, for example SS-000007."""
    run_case(case)
