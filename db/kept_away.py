"""Whom an order of a court or for safeguarding keeps from contact (`families.no_contact`): nothing is sent to them about that child, nobody is
asked to tell them, and no link of theirs opens a case of that child. Asked when it matters: it holds for what was owed before the order was known.

An order names somebody of the family. A father who is also a teacher, or an officer of the LA, is another row with the same address: it is about him
as well. Of two in one family who share an address each is themselves; the import says so (`db/importing/shared_addresses.py`).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

_SAME_ADDRESS = """SELECT b.id FROM persons x JOIN persons b ON lower(b.email) = lower(x.email)
                   WHERE x.id = {person} AND x.kind <> 'family' AND x.email <> ''"""
_KEPT_AWAY = f"""EXISTS (SELECT FROM families k WHERE k.pupil_id = {{pupil}} AND k.no_contact
                 AND (k.person_id = {{person}} OR k.person_id IN ({_SAME_ADDRESS})))"""


def kept_away(pupil: str, person: str) -> str:
    """A condition of SQL: the person in that column is kept from contact with the pupil in the other. False where either is null."""
    return _KEPT_AWAY.format(pupil=pupil, person=person)


_OF_PERSON = text(f"""
    SELECT c.id FROM families k JOIN cases c ON c.pupil_id = k.pupil_id
    WHERE k.no_contact AND k.person_id IN (SELECT CAST(:person AS bigint) UNION ALL {_SAME_ADDRESS.format(person=":person")})
""")  # noqa: S608  our own columns
# As `_RECIPIENTS` in db/queries/people.py: who stands aside as headteacher is written to in no other role of theirs, nor as a deputy.
_STANDS_ASIDE = text("""
    SELECT c.id FROM memberships m JOIN cases c ON c.school_id = m.school_id AND c.ended = ''
    WHERE m.person_id = :person AND m.role = 'headteacher' AND (m.until_on IS NULL OR m.until_on >= :today)
      AND c.readers IS NOT NULL AND NOT 'headteacher' = ANY (c.readers)
""")
_IN_CASE = text(f"SELECT {kept_away('c.pupil_id', ':person')} FROM cases c WHERE c.id = :case_id")  # noqa: S608  our own columns


def is_kept_away(session: Session, case_id: int, person_id: int | None) -> bool:
    """Whether the person may not be written to about that case (scheduler)."""
    return person_id is not None and bool(session.scalar(_IN_CASE, {"case_id": case_id, "person": person_id}))


def cases_not_told_to(session: Session, person_id: int, today: date) -> frozenset[int]:
    """The cases, by their ids, of which nothing stands in what that person is written today (scheduler): of a child from whom an order keeps them,
    or that they stand aside from as headteacher (docs/decisions/185). For most people none."""
    kept = session.scalars(_OF_PERSON, {"person": person_id}).all()
    return frozenset((*kept, *session.scalars(_STANDS_ASIDE, {"person": person_id, "today": today})))
