"""Recording that somebody was told by a person what mail did not bring them: by post, by telephone, face to face, by a text of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.field_fault import FieldFault

Way = Literal["post", "phone", "in_person", "text"]
WAYS: tuple[Way, ...] = get_args(Way)
WAY_WORDS = {"post": "by post", "phone": "by telephone", "in_person": "face to face", "text": "by a text message of our own"}

# A line of a list that nobody could be sent is told like a letter; the list keeps its own state.
_TELL = text("""
    UPDATE deliveries d SET state = 'told', told_way = :way, told_on = :on, told_by = :by, settled_at = now()
    WHERE d.id = :id AND (d.state IN ('failed', 'bounced')
        OR d.state = 'listed' AND (SELECT g.state FROM mailings g WHERE g.id = d.mailing_id) IN ('failed', 'bounced'))
    RETURNING d.id
""")
_OWED = text("SELECT owed_on, error_code IN ('in_writing', 'call_and_write') AS in_writing FROM deliveries WHERE id = :id")
IN_WRITING = ("post", "in_person")  # as which a paper reaches its reader


class CannotTell(FieldFault):
    """`field` is `way` or `on`, or empty where somebody else was quicker."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How, on which day (London's) and by which of the staff."""

    way: str
    on: date
    by: int


def tell(session: Session, delivery_id: int, telling: Telling, today: date) -> None:
    """Record it. Needs a scheduler session; whoever calls has asked whether this person may read the message (`read_messages`).

    Raises CannotTell, also when the message is not one that reached nobody any more.
    """
    if telling.way not in WAYS:
        raise CannotTell("Choose how they were told", "way")
    owed = session.execute(_OWED, {"id": delivery_id}).one_or_none()
    if owed is not None and owed.in_writing and telling.way not in IN_WRITING:
        raise CannotTell("The law wants this in writing: record it when the letter has been posted, or handed over", "way")
    owed_on = owed.owed_on if owed is not None else None
    if telling.on > today or (owed_on is not None and telling.on < owed_on):
        since = f"{owed_on:%d/%m/%Y}, when it was owed, and " if owed_on else ""
        raise CannotTell(f"Give the day on which they were told: between {since}today", "on")
    if session.scalar(_TELL, {"id": delivery_id, "way": telling.way, "on": telling.on, "by": telling.by}) is None:
        raise CannotTell("Somebody has recorded this already, or it was sent after all. Nothing was changed")
