"""An appeal to the SEND Tribunal (Children and Families Act 2014 s.51; SI 2008/2699; SEND Regulations 2014 regs 43-45): one run, one appeal."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="tribunal_appeal", persist_result=False, result_storage=NOWHERE)
def tribunal_appeal(case: str) -> None:
    """Serve what the ledger wants for this appeal, then wait suspended. `case` is its reference, for example TA-000007."""
    run_case(case)
