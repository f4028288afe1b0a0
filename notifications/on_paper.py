"""The letter of a message that mail does not bring: its words, and whom to send it to. For paper, or to be read out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import cast

from sqlalchemy.orm import Session

from db.held import FAMILY
from db.models import Authority, Case, Delivery, Person, Pupil, School
from db.moved_words import note_told
from db.queries.step_rows import pupil_name
from notifications.languages import above_the_letter
from notifications.letter import letter_values
from notifications.reader import Reader
from notifications.render import names_target, render
from rules.explain import in_full

WHOEVER_IT_IS = "Sir or Madam"  # how a letter greets a reader whom the ledger does not know


@dataclass(frozen=True, slots=True)
class Paper:
    """`html` is our own letter, escaped when it was written. `name` and `address`: of the reader, empty where the ledger knows nobody."""

    subject: str
    html: str
    name: str
    address: str
    phone: str
    language: str
    school: dict[str, str]
    school_address: str

    def whole_page(self, today: date) -> str:
        """A page of HTML that a browser prints: the school, the reader, the day, the letter."""
        head = [[self.school["name"], self.school_address, self.school["phone"]], [self.name, self.address], [in_full(today)]]
        lines = "".join(f"<p>{'<br>'.join(escape(line) for line in part if line)}</p>" for part in head)
        style = "body{font:12pt/1.4 Arial,sans-serif;max-width:17cm;margin:2cm auto}"
        title = escape(self.subject)
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>'
            f"<body>{lines}<p><strong>{title}</strong></p>{self.html}</body></html>\n"
        )


def letter_on_paper(session: Session, delivery: Delivery, today: date) -> Paper:
    """The letter of `delivery` as it stands today, without a link: whoever reads it on paper answers by telephone or in writing.

    Needs a scheduler session. Raises TemplateMissing when no text is written.
    """
    reader, person = _reader(session, delivery)
    note_told(session, delivery, bears_target=names_target(delivery.template, reader.role))
    values = letter_values(session, delivery, reader, today=today, link="", details=json.loads(delivery.details))
    subject, html = render(delivery.template, reader.role, {**values, "again": False})
    school = cast(dict[str, str], values["school"])
    return Paper(
        subject=subject,
        html=above_the_letter(reader.language, school["phone"]) + html,
        name=reader.name if reader.name != WHOEVER_IT_IS else "",
        address=person.address if person else "",
        phone=person.phone if person else "",
        language=reader.language,
        school=school,
        school_address=session.get_one(School, delivery.school_id).address,
    )


def _reader(session: Session, delivery: Delivery) -> tuple[Reader, Person | None]:
    person = session.get(Person, delivery.person_id) if delivery.person_id is not None else None
    if person is not None:
        name = " ".join(part for part in (person.title, person.given_name, person.family_name) if part)
        return Reader(delivery.to_role, person.kind, name, person.email, person.language, person.id), person
    authority = session.get(Authority, delivery.authority_id) if delivery.authority_id is not None else None
    kind = "family" if delivery.to_role in FAMILY else "outside"
    child = _pupil(session, delivery) if delivery.to_role in ("pupil", "young_person") else ""
    return Reader(delivery.to_role, kind, f"{authority.name} SEN team" if authority else child or WHOEVER_IT_IS, ""), None


def _pupil(session: Session, delivery: Delivery) -> str:
    """The pupil's own name: most have no address, and a letter that is handed to them greets them all the same. Empty in a case without one."""
    number = session.get_one(Case, delivery.case_id).pupil_id
    pupil = None if number is None else session.get_one(Pupil, number)
    return "" if pupil is None else pupil_name(pupil.given_name, pupil.family_name, pupil.known_as)
