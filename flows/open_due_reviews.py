"""Every morning: opens the changes of phase, the annual reviews and the schools' yearly cases whose day has come."""

from prefect import flow

from flows.results import NOWHERE
from tasks.open_reviews import open_due_reviews as open_reviews
from tasks.open_school_years import open_school_years
from tasks.open_transfers import open_due_transfers
from tasks.parts import parts
from tasks.sweeps import DAY, sweep


@flow(name="open_due_reviews", persist_result=False, result_storage=NOWHERE)
def open_due_reviews() -> None:
    """Open what falls due by today in London. The cases' own runs follow with the wakes they want. Raises TaskFailed.

    Changes of phase come first: each opens its own review, so the yearly one of the same pupil is not opened beside it.
    """
    ours = parts()
    today = ours.clock.today()
    sweep(ours, "open_due_reviews", DAY, lambda: sum(len(task(ours, today).opened) for task in (open_due_transfers, open_reviews, open_school_years)))
