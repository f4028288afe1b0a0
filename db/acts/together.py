"""Several acts of one person by signed links, each with a link of its own: all of them are done, or none. An officer's answers to a list."""

from __future__ import annotations

from collections.abc import Sequence

from db.acts.actor import Actor
from db.acts.errors import LedgerError
from db.acts.parts import Parts
from db.acts.perform import attempt_on, refuse_future
from db.acts.receipt import Receipt
from db.acts.redating import OtherCalendar, redate_case
from db.acts.request import Request
from db.acts.retry import retried
from db.roles import APP
from rules.history import Refused

Answer = tuple[Actor, Request]
# In the order of their ids: two lists never wait for each other in a ring.
_LOCK = "SELECT count(*) FROM cases_for_acts(%s::int[], %s::text[], NULL, %s)"


class RefusedInList(Exception):
    """One of the acts was refused, so none was done. `place` counts from 0; `message` is the refusal's own."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


def perform_together(parts: Parts, answers: Sequence[Answer]) -> list[Receipt]:
    """Do the acts in their order, in one transaction. Raises RefusedInList naming the act that the rules, a link or the ledger refused."""
    while True:
        try:
            return retried(lambda: _together(parts, answers), parts.kept.clear)
        except OtherCalendar as met:  # nothing was written
            for ref in met.refs:
                redate_case(parts, ref)


def _together(parts: Parts, answers: Sequence[Answer]) -> list[Receipt]:
    today = parts.clock.today()
    receipts: list[Receipt] = []
    schools = sorted({school for actor, _ in answers for school in actor.schools})
    try:
        with parts.engines.act_connection(APP) as connection, connection.transaction():
            connection.execute(_LOCK, (schools, sorted({asked.ref for _, asked in answers}), today))
            for actor, asked in answers:
                try:
                    refuse_future(asked.event.on, today)
                    receipts.append(attempt_on(parts, connection, actor, asked, today, lock=True))
                except (Refused, LedgerError) as error:
                    raise RefusedInList(len(receipts), error.message) from error
    finally:
        for _, asked in answers:  # a position kept by an act that was taken back with the others is nobody's
            parts.kept.forget(asked.ref)
    return receipts
