"""The message to a deputy: for whom they stand in, from when to when, in which roles, and where they find what is theirs now."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup
from sqlalchemy.orm import Session

from db.handing_over import STANDING_IN, told_of
from db.models import Mailing
from db.permissions import role_title
from notifications.mailing_values import mailing_values
from notifications.message import Message, NothingToSay
from notifications.reader import reader_in
from notifications.render import render


def compose_standing_in(session: Session, mailing: Mailing, *, origin: str, today: date) -> Message:
    """The message of `mailing`. Raises NobodyToWriteTo, and NothingToSay when all of it was taken back before it left."""
    absences = [
        {"name": one.name, "from_on": one.from_on, "to_on": one.to_on, "roles": [role_title(role) for role in one.roles], "schools": one.schools}
        for one in told_of(session, mailing.id, today)
    ]
    if not absences:
        raise NothingToSay(mailing.reference)
    reader = reader_in(session, "", mailing.person_id, None)
    values = {
        **mailing_values(mailing, reader, today),
        "absences": absences,
        "link": Markup(f"{origin.rstrip('/')}/"),  # noqa: S704  our own address
    }
    subject, html = render(f"mailings/{STANDING_IN}", reader.role, values)
    return Message(reader.email, subject, html, mailing.reference, mailing.may_be_twice, reader_kind="staff")
