"""Every morning: how schools and LAs stand, as counts in Prefect and by mail to whom it concerns; help opened for a school that is far behind."""

from prefect import flow

from flows.publish_week import publish_week
from flows.results import NOWHERE
from tasks.escalate import NAME, open_interventions, read_week
from tasks.parts import Parts, parts
from tasks.reports import send_reports
from tasks.sweeps import DAY, sweep


@flow(name="escalate_trust_wide", persist_result=False, result_storage=NOWHERE)
def escalate_trust_wide() -> None:
    """Show the week up to today in London, open what is to be opened, and send the reports that are due. Raises TaskFailed."""
    ours = parts()
    sweep(ours, NAME, DAY, lambda: _escalate(ours))


def _escalate(ours: Parts) -> int:
    week = read_week(ours, ours.clock.now())
    publish_week(week)
    try:
        return len(open_interventions(ours, week))
    finally:  # one school that cannot be worked must not leave everybody else untold
        send_reports(ours, ours.clock.now())
