"""Every morning: opens the annual reviews whose day has come."""

from prefect import flow

from tasks.open_reviews import open_due_reviews as open_reviews
from tasks.parts import parts
from tasks.sweeps import DAY, sweep


@flow(name="open_due_reviews", persist_result=False)
def open_due_reviews() -> None:
    """Open what falls due by today in London. The cases' own runs follow with the wakes they want. Raises TaskFailed."""
    ours = parts()
    sweep(ours, "open_due_reviews", DAY, lambda: len(open_reviews(ours, ours.clock.today()).opened))
