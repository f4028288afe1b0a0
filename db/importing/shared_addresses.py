"""Contacts who share an e-mail address with somebody whom an order keeps from contact: what is sent to them would be read by both."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.importing.moved_pupils import Pair
from db.importing.problems import Problem
from db.importing.typed_rows import TypedRow
from db.models import Family, Person


def read_by_whom_an_order_keeps_away(session: Session, rows: Mapping[Pair, TypedRow]) -> tuple[Problem, ...]:
    """One for each row whose contact is written to at such an address. Asked when the families are written; nobody is refused."""
    barred, barred_person, person, family = aliased(Family), aliased(Person), aliased(Person), aliased(Family)
    asked = (
        select(family.pupil_id, family.person_id)
        .join(person, person.id == family.person_id)
        .join(barred, (barred.pupil_id == family.pupil_id) & barred.no_contact)
        .join(barred_person, (barred_person.id == barred.person_id) & (func.lower(barred_person.email) == func.lower(person.email)))
        .where(~family.no_contact, person.email != "")  # of the whole trust: orders are few
        .distinct()
    )
    reason = "somebody whom an order keeps from contact with this child has the same address, and would read what is sent; write another one, or none"
    found = {(pupil, contact) for pupil, contact in session.execute(asked)}
    return tuple(Problem(row.file, row.line, "Email", reason) for pair, row in rows.items() if pair in found)
