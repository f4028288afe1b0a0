"""Every morning: how schools and LAs stand, as counts in Prefect and by mail to whom it concerns; help opened for a school that is far behind."""

from prefect import flow

from flows.publish_week import publish_week
from flows.results import NOWHERE
from tasks.escalate import escalate
from tasks.parts import parts


@flow(name="escalate_trust_wide", persist_result=False, result_storage=NOWHERE)
def escalate_trust_wide() -> None:
    """Show the week up to today in London, open what is to be opened, and send the reports that are due. Raises TaskFailed."""
    ours = parts()
    escalate(ours, ours.clock.now(), publish_week)
