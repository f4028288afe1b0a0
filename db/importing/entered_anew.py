"""A contact whom a school's system has entered anew under another id: an order about the earlier one stands for them too."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.importing.moved_pupils import PROTECTED, FamilyMember, Pair, same_person
from db.importing.problems import ImportRefused, Problem
from db.importing.typed_rows import TypedRow
from db.models import Family, Person

_HEADINGS = {"address_not_disclosed": "Do not disclose", "no_contact": "No contact"}


def orders_of_earlier_contacts(session: Session, rows: Mapping[Pair, TypedRow]) -> dict[Pair, dict[str, Person]]:
    """What of PROTECTED stands for each new contact of `rows` because it stands for the same person (given) under an id that the file does not name.

    The same person: the name, else the e-mail or the telephone. Raises ImportRefused where a row says No of what stands so, also of a contact for
    whom it was carried over before. Two people who share an address are told apart by naming both in one file.
    """
    families = _protected_families(session, {pupil for pupil, _ in rows})
    people = _people(session, {person for pupil, person in rows if pupil in families})
    problems: list[Problem] = []
    found: dict[Pair, dict[str, Person]] = {}
    for pair, row in ((pair, row) for pair, row in rows.items() if pair[0] in families):
        known = next((family for family, _ in families[pair[0]] if family.person_id == pair[1]), None)
        unnamed = [(family, person) for family, person in families[pair[0]] if (pair[0], family.person_id) not in rows]
        stands = {name: person for family, person in same_person(unnamed, people[pair[1]]) for name in PROTECTED if getattr(family, name)}
        problems += [_refusal(row, name, one) for name, one in stands.items() if row.values[name] is False and _would_lift(known, name)]
        if known is None and stands:
            found[pair] = stands
    if problems:
        raise ImportRefused(problems)
    return found


def carried_over(rows: Mapping[Pair, TypedRow], stands: Mapping[Pair, Mapping[str, Person]]) -> tuple[Problem, ...]:
    """Said of each row whose own cell did not say so."""
    return tuple(
        Problem(rows[pair].file, rows[pair].line, _HEADINGS[name], f"Yes, as of the contact {_contact(earlier)}, who is the same by name or address")
        for pair, names in stands.items()
        for name, earlier in names.items()
        if rows[pair].values[name] is None
    )


def _would_lift(known: Family | None, name: str) -> bool:
    """Whether a No lets somebody pass: a new contact, or one of whom it stands."""
    return known is None or bool(getattr(known, name))


def _protected_families(session: Session, pupils: set[int]) -> dict[int, list[FamilyMember]]:
    """The whole families of those pupils of whom anybody is protected."""
    protected = set(session.scalars(select(Family.pupil_id).where(or_(Family.no_contact, Family.address_not_disclosed)))) & pupils
    asked = select(Family, Person).join(Person, Person.id == Family.person_id).where(Family.pupil_id.in_(protected)).order_by(Person.id)
    found: dict[int, list[FamilyMember]] = {}
    for family, person in session.execute(asked.execution_options(populate_existing=True)):
        found.setdefault(family.pupil_id, []).append((family, person))
    return found


def _people(session: Session, ids: set[int]) -> dict[int, Person]:
    asked = select(Person).where(Person.id.in_(ids)).execution_options(populate_existing=True)
    return {one.id: one for one in session.scalars(asked)}


def _refusal(row: TypedRow, name: str, earlier: Person) -> Problem:
    contact = _contact(earlier)
    stands = "an order keeps them from contact" if name == "no_contact" else "their address is not to be disclosed"
    said = f"by name, e-mail or telephone this is the contact {contact}, whom the file does not name, and {stands}; write Yes here"
    return Problem(
        row.file, row.line, _HEADINGS[name], f"{said}, or name {contact} in the same file: with No if it has ended, with Yes if they are two people"
    )


def _contact(person: Person) -> str:
    return (person.external_id or "").rpartition(":")[2]
