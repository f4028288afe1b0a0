"""The formal complaint to a local authority as it would leave today, for whoever approves it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.complaints_to_la import COMPLAINED, TO_LA, refuse_anothers
from db.la_profile.routing import LA, la_routes
from db.models import Case, Delivery
from db.queries.case_page import CasePage
from db.queries.people import recipients
from notifications.letter import letter_values
from notifications.reader import Reader
from notifications.render import render
from rules.complaining import COMPLAIN, refuse_no_cause
from rules.history import Event
from rules.position_types import Instance

NOBODY_YET = "Sir or Madam"


@dataclass(frozen=True, slots=True)
class ComplaintDraft:
    """`html` is our own letter, escaped when it was written; `readers`: to whom it goes, by name and why they read it."""

    subject: str
    html: str
    readers: tuple[tuple[str, str], ...]


def draft_with_cause(session: Session, page: CasePage, instance: Instance, *, by: int, today: date) -> ComplaintDraft:
    """The draft, where there is a cause for it today. Raises Refused `no_cause`. Needs a scheduler session."""
    refuse_no_cause(page.definition, page.position, Event(COMPLAIN, today, by, instance.step, instance.party))
    refuse_anothers(session, page.head.ref, page.definition.process, instance.step)
    return draft_of_complaint(session, page.head.ref, instance, by=by, today=today)


def draft_of_complaint(session: Session, ref: str, instance: Instance, *, by: int, today: date) -> ComplaintDraft:
    """The letter that approving a complaint about this step would send. Nothing is kept. Needs a scheduler session."""
    case = session.scalars(select(Case).where(Case.ref == ref)).one()
    details = {"approved_by": by}
    delivery = Delivery(
        case_id=case.id, school_id=case.school_id, step=instance.step, party=instance.party, round=instance.round, no=instance.no, moment=COMPLAINED,
        template=TO_LA, to_role=LA, severity="", may_be_twice=False, details=json.dumps(details),
    )  # fmt: skip
    officers = recipients(session, {(case.id, LA): None}, today)[case.id, LA]
    found = la_routes(session, [case.id], today).complained_to(case.id, officers)
    reader = Reader(LA, "outside", found[0].name if found else NOBODY_YET, "")
    subject, html = render(TO_LA, LA, letter_values(session, delivery, reader, today=today, link="", details=details))
    return ComplaintDraft(subject, html, tuple((one.name, one.why) for one in found))
