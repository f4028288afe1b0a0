"""An EHC plan moves to another local authority (SEND Regulations 2014 reg 15): one run, one move."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="plan_moves_authority", persist_result=False, result_storage=NOWHERE)
def plan_moves_authority(case: str) -> None:
    """Serve what the ledger wants for this move, then wait suspended. `case` is its reference, for example MA-000007."""
    run_case(case)
