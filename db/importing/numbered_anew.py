"""Contacts whom a school's system has numbered anew: the same name and the same e-mail or telephone under an id that nobody had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from db.importing.codes import SELF
from db.importing.moved_pupils import name_of, ways_of
from db.importing.problems import Problem
from db.models import Family, Person

Child = tuple[int, bool]
"""A pupil, and whether the contact is the pupil."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody of a file of families. `given`: what the file tells of them; `line`: where they stand first."""

    external_id: str
    given: Mapping[str, object]
    children: frozenset[Child]
    line: int

    @property
    def person(self) -> Person:
        """As a person who is not kept."""
        told = {"email": str(self.given.get("email") or ""), "phone": str(self.given.get("phone") or "")}
        return Person(given_name=self.given["given_name"], family_name=self.given["family_name"], **told)


def take_over_ids(session: Session, file: str, contacts: Sequence[Contact]) -> tuple[Problem, ...]:
    """Give each earlier contact the id that the file has for them now, where it is one person of one child for certain; one note for each.

    For certain: name, and e-mail or telephone, are the same, the file does not name the earlier id, and no two people could be meant. Whoever an
    order protects stays under the id of the order (`db/importing/entered_anew.py`).
    """
    ids = {one.external_id for one in contacts}
    known = set(session.scalars(select(Person.external_id).where(Person.external_id.in_(ids))))
    earlier = _unnamed(session, ids, {pupil for one in contacts for pupil, _ in one.children})
    met = {one.external_id: _same(one, earlier) for one in contacts if one.external_id not in known}
    met = {id_: people for id_, people in met.items() if people}
    claims = [person.id for people in met.values() for person in people]
    notes = []
    for one in contacts:
        people = met.get(one.external_id, [])
        if len(people) == 1 and claims.count(people[0].id) == 1:
            notes.append(_note(file, one, people[0]))
            session.execute(update(Person).where(Person.id == people[0].id).values(external_id=one.external_id))
    return tuple(notes)


def _same(one: Contact, earlier: Mapping[Child, Sequence[Person]]) -> list[Person]:
    asked = one.person
    found = {person.id: person for child in one.children for person in earlier.get(child, ())}
    return [person for person in found.values() if name_of(person) == name_of(asked) and ways_of(person) & ways_of(asked)]


def _unnamed(session: Session, ids: set[str], pupils: set[int]) -> dict[Child, list[Person]]:
    """Contacts whom files brought and this one does not name, by their children in it; nobody whom an order protects for any child."""
    protected = select(Family.person_id).where(or_(Family.no_contact, Family.address_not_disclosed))
    asked = (
        select(Family.pupil_id, Family.relationship, Person)
        .join(Person, Person.id == Family.person_id)
        .where(Family.pupil_id.in_(pupils), Person.external_id.is_not(None), Person.id.not_in(protected))
    )
    found: dict[Child, list[Person]] = {}
    for pupil, relationship, person in session.execute(asked.execution_options(populate_existing=True)):
        if person.external_id not in ids:
            found.setdefault((pupil, relationship == SELF), []).append(person)
    return found


def _note(file: str, one: Contact, person: Person) -> Problem:
    before, now = ((id_ or "").rpartition(":")[2] for id_ in (person.external_id, one.external_id))
    return Problem(file, one.line, "Contact ID", f"the contact {person.given_name} {person.family_name} was {before} and is {now} now")
