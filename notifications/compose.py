"""A delivery of the ledger to one message: who reads it now, what it may say to them, and their link if a step is theirs to answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from db.kept_away import is_kept_away
from db.links import Links, LinkWithdrawn
from db.models import Case, Delivery, School, StepRow
from db.moved_words import note_told
from db.permissions import link_role_for_step
from notifications.complaint import is_void
from notifications.languages import above_the_letter, in_a_text
from notifications.letter import definition_of, letter_values, school_values
from notifications.message import Message, NothingToSay, ReaderKeptAway
from notifications.reader import Reader, reader_of
from notifications.render import names_target, render
from notifications.withdrawn import above_a_letter_without_link

LINK_DAYS = 60
TEXT = "sms/text"


def compose(
    session: Session,
    delivery: Delivery,
    *,
    origin: str,
    links: Links,
    today: date,
    again: bool | None = None,
    texts: bool = False,
    answer_at: str = "",
) -> Message:
    """The message of `delivery`, its address looked up now. Needs a scheduler session: a link may be made. `again`: whether it may be a second
    copy, where the delivery itself does not know (the one line of a list). `texts`: an SMS service is there. `answer_at`: the page on which its
    reader answers, in place of that of the step alone.

    Raises NobodyToWriteTo when nothing we send reaches a reader, NothingToSay when a complaint lost its cause before its letter left, ReaderKeptAway
    (one too) when an order keeps them from contact, TemplateMissing when no text is written.
    """
    if is_kept_away(session, delivery.case_id, delivery.person_id):
        raise ReaderKeptAway(delivery.reference)
    if is_void(session, delivery, today):
        raise NothingToSay(delivery.reference)
    details = json.loads(delivery.details)
    reader = reader_of(session, delivery, texts=texts, in_writing=_in_writing(session, delivery, details))
    note_told(session, delivery, bears_target=names_target(delivery.template, reader.role))
    link = link_for(session, delivery, reader, origin, links, today)
    values = letter_values(session, delivery, reader, today=today, link=(answer_at or link.address) if link.address else "", details=details)
    twice = delivery.may_be_twice if again is None else again
    if reader.mobile:
        words, _ = render(TEXT, reader.role, {**values, "came_back": delivery.channel == "sms"})
        words += in_a_text(reader.language, session.get_one(School, delivery.school_id).phone)
        return Message(reader.mobile, words, "", delivery.reference, twice, reader_kind=reader.kind, way="sms")
    subject, html = render(delivery.template, reader.role, {**values, "again": twice})
    if link.withdrawn:
        html = above_a_letter_without_link(school_values(session, delivery.school_id, today)) + html
    html = above_the_letter(reader.language, session.get_one(School, delivery.school_id).phone) + html
    return Message(reader.email, subject, html, delivery.reference, twice, reader_kind=reader.kind)


def _in_writing(session: Session, delivery: Delivery, details: Mapping[str, object]) -> bool:
    """Whether the message gives a right, or must contain what the law names: then it is a letter, whatever way was asked for."""
    if "right" in details:
        return True
    step = definition_of(session, session.get_one(Case, delivery.case_id)).steps.get(delivery.step)
    if step is None or delivery.moment not in ("done", *step.outcomes):  # a reminder, or that a step has opened
        return False
    return bool(step.contains or (delivery.moment in step.outcomes and step.outcomes[delivery.moment].contains))


@dataclass(frozen=True, slots=True)
class ReadersLink:
    """A reader's signed link, empty where there is none. `withdrawn`: there would be one, had the school not withdrawn it."""

    address: str = ""
    withdrawn: bool = False


def link_for(session: Session, delivery: Delivery, reader: Reader, origin: str, links: Links, today: date) -> ReadersLink:
    """The reader's link, where the message's step is open and theirs to answer and the school has not withdrawn it."""
    case = session.get_one(Case, delivery.case_id)
    row = session.get(StepRow, (delivery.case_id, delivery.no)) if delivery.no else None
    if row is None or row.closed_seq is not None or case.ended:
        return ReadersLink()
    definition = definition_of(session, case)
    if not link_role_for_step(definition, delivery.step, delivery.party) or reader.role != row.owner:  # after the rights have passed: the holder's
        return ReadersLink()
    expires_on = max(row.due_on or today, today) + timedelta(days=LINK_DAYS)
    try:
        token = links.make(
            session, case=case.ref, step=delivery.step, party=delivery.party, round=row.round, role=reader.role, person_id=reader.person_id,
            authority_id=delivery.authority_id, expires_on=expires_on,
        )  # fmt: skip
    except LinkWithdrawn:
        return ReadersLink(withdrawn=True)
    return ReadersLink(f"{origin.rstrip('/')}/l/{token}")
