"""The messages that hold several things, and the reports, that one of the staff was sent: their mornings, weeks and months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Mailing
from db.queries.message_words import where_it_is

TITLES = {
    "morning": "Your morning",
    "teams": "Note in Teams",
    "standing_in": "Standing in for somebody",
    "trust_week": "The trust's week",
    "trust_breaches": "New breaches in the trust",
    "head_week": "The week of your school",
    "board_month": "The month, for the board",
}


@dataclass(frozen=True, slots=True)
class MessageToMe:
    """`sent_for`: the day it speaks for (London's); `reference` finds the mail (`LIST-000012`)."""

    title: str
    sent_for: date
    reference: str
    state: str
    error_code: str

    @property
    def where(self) -> str:
        """Where it is, in words."""
        return where_it_is(self.state, self.error_code)


def messages_to(session: Session, person_id: int, limit: int = 30) -> list[MessageToMe]:
    """The newest of them, also those on their way; what had nothing to say is left out. Needs a scheduler session: nobody else may read another's."""
    mine = select(Mailing).where(Mailing.person_id == person_id, Mailing.kind.in_(TITLES), Mailing.state != "superseded")
    found = session.scalars(mine.order_by(Mailing.sent_for.desc(), Mailing.id.desc()).limit(limit))
    return [MessageToMe(TITLES[one.kind], one.sent_for, one.reference, one.state, one.error_code) for one in found]
