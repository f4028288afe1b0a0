"""Every morning: what the calendar does by itself, and who is to be reminded of a date, before, on and after it."""

from prefect import flow

from flows.results import NOWHERE
from tasks.chase import chase
from tasks.parts import parts


@flow(name="chase_deadlines", persist_result=False, result_storage=NOWHERE)
def chase_deadlines() -> None:
    """Chase once for today in London. The messages owed go out with the wakes that follow."""
    ours = parts()
    chase(ours, ours.clock.today())
