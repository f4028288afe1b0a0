"""Who stands behind the roles of one pupil's cases: the schools asked, those who read a plan, the members of a panel, a social worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db.models import Case, Person, PupilContact
from rules.check.family import rights_holders
from rules.definition import Definition, Role


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody to put into a role: found by their e-mail address among the people whom the school knows, else entered anew."""

    given_name: str
    family_name: str
    email: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A role of the case's pupil and who holds it."""

    role: str
    name: str
    email: str


def contact_roles(definition: Definition) -> tuple[Role, ...]:
    """The roles of a process that a person may be put into: all that act or are told by a link, but for the family, whom the import brings.
    None in a process about a school: contacts are a pupil's."""
    if definition.about_school:
        return ()
    named = _roles_named(definition)
    left_out = {*rights_holders(definition), "pupil"}
    return tuple(role for role in definition.roles.values() if role.name in named and role.reached_by == "link" and role.name not in left_out)


def contacts_of(session: Session, ref: str) -> list[ContactRow]:
    """The contacts of the case's pupil, by role; empty for a case that the session cannot see."""
    asked = text("""
        SELECT k.role, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS name, p.email
        FROM cases c JOIN pupil_contacts k ON k.pupil_id = c.pupil_id JOIN persons p ON p.id = k.person_id
        WHERE c.ref = :ref ORDER BY k.role, p.id""")
    return [ContactRow(row.role, row.name, row.email) for row in session.execute(asked, {"ref": ref})]


def put_contact(session: Session, ref: str, role: str, who: Named) -> int:
    """Let this person hold the role for the case's pupil, in place of whoever did; their id. What is held or waits to be sent again goes to the
    new one when it leaves (`db/redirect.py`); a letter that is sent within minutes of being owed keeps its reader.

    The session is the scheduler's: the caller has asked whether the actor may (`db/permissions.py`, `name_contact`). Raises LookupError for an
    unknown case, and for one about a school, which has no contacts of its own. A person entered here is an outsider, so that letters tell them
    initials only; one on the staff stays what they are.
    """
    case = session.scalars(select(Case).where(Case.ref == ref)).one_or_none()
    if case is None or case.pupil_id is None:
        raise LookupError(f"there is no case {ref} about a pupil")
    person = _known(session, case.school_id, who.email) or _entered(session, case.school_id, who)
    session.execute(text("DELETE FROM pupil_contacts WHERE pupil_id = :pupil AND role = :role"), {"pupil": case.pupil_id, "role": role})
    session.add(PupilContact(pupil_id=case.pupil_id, person_id=person.id, role=role, school_id=case.school_id))
    session.flush()
    return person.id


def _roles_named(definition: Definition) -> set[str]:
    found: set[str] = set()
    for step in definition.steps.values():
        parties: Iterable[str] = definition.parties.get(step.each, ()) if step.each else ()
        listed = definition.facts[step.each_of_fact].words if step.each_of_fact else ()
        found |= {step.by, *parties, *listed, *step.tells_opened, *step.tells_done, *(name for o in step.outcomes.values() for name in o.tells)}
    return found


def _known(session: Session, school_id: int, email: str) -> Person | None:
    asked = text("SELECT id FROM persons WHERE lower(email) = lower(:email) AND :school = ANY (school_ids) AND kind <> 'family' ORDER BY id LIMIT 1")
    found = session.scalar(asked, {"email": email, "school": school_id})
    return session.get_one(Person, found) if found is not None else None


def _entered(session: Session, school_id: int, who: Named) -> Person:
    person = Person(kind="outside", given_name=who.given_name, family_name=who.family_name, email=who.email, school_ids=[school_id])
    session.add(person)
    session.flush()
    return person
