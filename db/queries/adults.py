"""The adults of a pupil's family who may speak for the pupil, for a case in which one of them alone is the parent.

Whoever has care of a child is a parent in education law, with parental responsibility or not (Education Act 1996 s.576(1)(b)): a foster carer, a
grandparent. The files say of nobody whether they have care, so everybody whom they name may be said to complain.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from rules.definition import Definition
from rules.values import Value

NOT_KNOWN = 0  # somebody whom the school does not know: then nobody is written to as the parent
SOMEBODY_ELSE = "Somebody who is not named here"
_ADULTS = text("""
    SELECT f.person_id, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS name, f.relationship
    FROM families f JOIN persons p ON p.id = f.person_id
    WHERE f.pupil_id = :pupil AND f.relationship <> 'self' AND NOT f.no_contact
    ORDER BY f.priority, f.person_id""")


@dataclass(frozen=True, slots=True)
class Adult:
    """Somebody of the family whom no order keeps from contact."""

    person_id: int
    name: str
    relationship: str


def adults_of(session: Session, pupil_id: int | None) -> list[Adult]:
    """The adults of the pupil's family, whoever is written to first before the others; none for a case about a school."""
    return [] if pupil_id is None else [Adult(row.person_id, row.name, row.relationship) for row in session.execute(_ADULTS, {"pupil": pupil_id})]


def shown_value(session: Session, definition: Definition, fact: str, value: Value) -> Value:
    """A fact's value as people read it: of one that names an adult, their name, as far as the session sees it."""
    if not definition.speaks or fact != definition.speaks:
        return value
    asked = text("SELECT concat_ws(' ', NULLIF(title, ''), given_name, family_name) FROM persons WHERE id = :person")
    return session.scalar(asked, {"person": value}) or SOMEBODY_ELSE.lower()
