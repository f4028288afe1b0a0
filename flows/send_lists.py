"""Every morning: one list for each officer and adviser who is reminded of something, one message for each of the staff."""

from prefect import flow

from flows.results import NOWHERE
from tasks.mailings import send_lists as make_and_send
from tasks.parts import parts


@flow(name="send_lists", persist_result=False, result_storage=NOWHERE)
def send_lists() -> None:
    """Make and send the lists and mornings of today in London."""
    ours = parts()
    make_and_send(ours, ours.clock.now())
