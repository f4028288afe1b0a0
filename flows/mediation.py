"""Mediation about an EHC decision (Children and Families Act 2014 ss.52-55; SEND Regulations 2014 regs 32-42): one run, one mediation."""

from prefect import flow

from flows.case import run_case
from flows.results import NOWHERE


@flow(name="mediation", persist_result=False, result_storage=NOWHERE)
def mediation(case: str) -> None:
    """Serve what the ledger wants for this mediation, then wait suspended. `case` is its reference, for example MD-000007."""
    run_case(case)
