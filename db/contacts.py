"""Who stands behind the roles of one pupil's cases: the schools asked, those who read a plan, the members of a panel, a social worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db.models import Case, Person, Pupil, PupilContact
from db.permissions import NEVER_STAFF_OF, role_in_which, roles_naming
from rules.check.family import rights_holders
from rules.definition import Definition, Role
from rules.values import Facts

# The LA's officers are the import's and the LA's profile's, the governing board's chair is a membership: nobody is put there for one pupil.
ELSEWHERE = frozenset({"pupil", "la", "governor"})
ANOTHER_SCHOOL = frozenset({"receiving_school", "asked_school"})  # bodies outside that may be a school of the trust, and often are


class CannotBeContact(ValueError):
    """This person may not stand in this place; the message says why, and whom to name instead."""


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
    """The roles of a process that a person may be put into: all that act or are told by a link, but for the family, the LA and the board, whom the
    import brings. None in a process about a school: contacts are a pupil's."""
    if definition.about_school:
        return ()
    named = _roles_named(definition)
    left_out = {*rights_holders(definition), *ELSEWHERE}
    return tuple(role for role in definition.roles.values() if role.name in named and role.reached_by == "link" and role.name not in left_out)


def roles_to_fill(definition: Definition, facts: Facts, held: Iterable[str]) -> tuple[Role, ...]:
    """Those of `contact_roles` into which somebody with these roles at the case's school may put a person; none for whom the case is about."""
    mine = tuple(held)
    if definition.standing_aside(facts).intersection(mine):
        return ()
    return tuple(role for role in contact_roles(definition) if role_in_which(mine, roles_naming(role)) is not None)


def contacts_of(session: Session, ref: str) -> list[ContactRow]:
    """The contacts of the case's pupil, by role; empty for a case that the session cannot see."""
    asked = text("""
        SELECT k.role, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS name, p.email
        FROM cases c JOIN pupil_contacts k ON k.pupil_id = c.pupil_id JOIN persons p ON p.id = k.person_id
        WHERE c.ref = :ref ORDER BY k.role, p.id""")
    return [ContactRow(row.role, row.name, row.email) for row in session.execute(asked, {"ref": ref})]


def put_contact(session: Session, ref: str, role: Role, who: Named, today: date) -> int:
    """Let this person hold the role for the case's pupil, in place of whoever did; their id. What is held or waits to be sent again goes to the
    new one when it leaves (`db/redirect.py`); a letter that is sent within minutes of being owed keeps its reader.

    The session is the scheduler's: the caller has asked whether the actor may (`roles_to_fill`). Raises LookupError for an unknown case, and for
    one about a school, which has no contacts of its own; CannotBeContact for one of our staff in the place of somebody outside (of this school's,
    for another school), for whom an order keeps from the child, and on a panel for staff of the school, the family, and who sits there already. A
    person entered here is an outsider, so that letters tell them initials only; one on the staff stays what they are.
    """
    case = session.scalars(select(Case).where(Case.ref == ref)).one_or_none()
    if case is None or case.pupil_id is None:
        raise LookupError(f"there is no case {ref} about a pupil")
    session.execute(select(Pupil.id).where(Pupil.id == case.pupil_id).with_for_update(key_share=True))  # sent twice at once it is one person
    _refuse_our_own(session, case, role, who.email, today)
    _refuse_in_the_matter(session, case, role, who.email)
    _refuse_kept_away(session, case, who.email)
    person = _known(session, case.school_id, who.email) or _entered(session, case.school_id, who)
    session.execute(text("DELETE FROM pupil_contacts WHERE pupil_id = :pupil AND role = :role"), {"pupil": case.pupil_id, "role": role.name})
    session.add(PupilContact(pupil_id=case.pupil_id, person_id=person.id, role=role.name, school_id=case.school_id))
    session.flush()
    return person.id


def _refuse_our_own(session: Session, case: Case, role: Role, email: str, today: date) -> None:
    """Whoever acts for an outside body is not of the trust; who sits on a panel is not of the school, or not of the trust."""
    whose = NEVER_STAFF_OF.get(role.name, "" if role.ours else "school" if (role.one_of or role.name) in ANOTHER_SCHOOL else "trust")
    if not whose:
        return
    asked = text("""
        SELECT EXISTS (SELECT FROM persons p JOIN memberships m ON m.person_id = p.id JOIN schools s ON s.id = m.school_id
         WHERE lower(p.email) = lower(:email) AND (m.until_on IS NULL OR m.until_on >= :today) AND (p.left_on IS NULL OR p.left_on >= :today)
           AND (s.id = :school OR :whose = 'trust' AND s.trust_id = (SELECT trust_id FROM schools WHERE id = :school)))""")
    if session.scalar(asked, {"email": email, "today": today, "school": case.school_id, "whose": whose}):
        raise CannotBeContact(f"This address is one of the {whose}'s own staff, who cannot be {role.title}. Name somebody else.")


def _refuse_in_the_matter(session: Session, case: Case, role: Role, email: str) -> None:
    """A panel is of different people, and none of the pupil's family is among them."""
    if role.name not in NEVER_STAFF_OF:
        return
    asked = text("""
        SELECT CASE WHEN f.person_id IS NOT NULL THEN 'is of the pupil''s family' ELSE 'sits on this panel already' END
        FROM persons p LEFT JOIN families f ON f.person_id = p.id AND f.pupil_id = :pupil
        LEFT JOIN pupil_contacts k ON k.person_id = p.id AND k.pupil_id = :pupil AND k.role = ANY (:seats) AND k.role <> :role
        WHERE lower(p.email) = lower(:email) AND (f.person_id IS NOT NULL OR k.person_id IS NOT NULL) LIMIT 1""")
    values = {"pupil": case.pupil_id, "seats": list(NEVER_STAFF_OF), "role": role.name, "email": email}
    if (why := session.scalar(asked, values)) is not None:
        raise CannotBeContact(f"Whoever has this address {why}. Name a person who had no part in the matter, another for each seat.")


def _refuse_kept_away(session: Session, case: Case, email: str) -> None:
    """Whom an order keeps from the child is nobody in a case of that child: what is sent to that address would be read by them."""
    asked = text("""
        SELECT EXISTS (SELECT FROM families f JOIN persons p ON p.id = f.person_id
         WHERE f.pupil_id = :pupil AND f.no_contact AND lower(p.email) = lower(:email))""")
    if session.scalar(asked, {"pupil": case.pupil_id, "email": email}):
        raise CannotBeContact("An order keeps whoever has this address from contact with this child. Name somebody else, or write another address.")


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
