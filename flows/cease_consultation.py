"""The consultation of our school on ceasing an EHC plan (SEND Regulations 2014 regs 29-31): one run, one consultation."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="cease_consultation", persist_result=False, result_storage=NOWHERE)
def cease_consultation(case: str) -> None:
    """Serve what the ledger wants for this case, then wait suspended. `case` is its reference, for example CC-000007."""
    run_case(case)
