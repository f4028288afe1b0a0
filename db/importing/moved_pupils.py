"""Pupils who come from another school of the trust. Their cases stay where they were opened; what protects them follows by their UPN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Text, any_, exists, literal, select
from sqlalchemy.orm import Session, aliased

from db.importing.problems import ImportRefused, Problem
from db.importing.typed_rows import TypedRow
from db.models import Family, PendingLeaver, Person, Pupil, School

_CURE = "if they have moved, import that school's pupils.csv without them before this one or with it; else correct the UPN"
PROTECTED = ("address_not_disclosed", "no_contact")


def refuse_shared_upns(session: Session, rows: Sequence[TypedRow], schools: Mapping[object, int]) -> None:
    """A UPN is one pupil's. Raises ImportRefused for one that stands twice in the file, or belongs to a pupil on another school's roll.

    A pupil who left there, or whom that school's own file does not name any more, has moved: nothing stands in their way.
    """
    seen: dict[object, TypedRow] = {}
    problems = []
    standing = _standing(session, rows, schools)
    for row in rows:
        upn = row.values["upn"]
        if upn is None:
            continue
        known = (schools[row.values["urn"]], row.values["mis_id"])
        others = [school for school_id, mis_id, school in standing.get(str(upn), ()) if (school_id, mis_id) != known]
        if upn in seen:
            problems.append(Problem(row.file, row.line, "UPN", f"the same UPN stands in line {seen[upn].line} for another pupil"))
        elif others:
            problems.append(Problem(row.file, row.line, "UPN", f"this UPN belongs to another pupil, on the roll of {others[0]}; {_CURE}"))
        seen[upn] = row
    if problems:
        raise ImportRefused(problems)


def _standing(session: Session, rows: Sequence[TypedRow], schools: Mapping[object, int]) -> dict[str, list[tuple[int, str, str]]]:
    """School, number there and the school's name of who is on roll by UPN, without those who have evidently gone to another school."""
    named = {(schools[row.values["urn"]], str(row.values["mis_id"])) for row in rows}
    told_of = frozenset(school for school, _ in named)
    brought_by = {str(row.values["upn"]): schools[row.values["urn"]] for row in rows}
    asked = (
        select(Pupil.upn, Pupil.school_id, Pupil.mis_id, School.name, PendingLeaver.pupil_id)
        .join(School, School.id == Pupil.school_id)
        .outerjoin(PendingLeaver, (PendingLeaver.pupil_id == Pupil.id) & (PendingLeaver.answer == ""))
        .where(Pupil.upn == any_(literal(list(brought_by), ARRAY(Text))), Pupil.left_on.is_(None))
    )
    found: dict[str, list[tuple[int, str, str]]] = {}
    for upn, school_id, mis_id, school, missed in session.execute(asked):
        gone = (school_id, mis_id) not in named and (missed is not None or school_id in told_of)
        if not (gone and school_id != brought_by[str(upn)]):
            found.setdefault(str(upn), []).append((school_id, mis_id, school))
    return found


Pair = tuple[int, int]  # a pupil and a person of their family
FamilyMember = tuple[Family, Person]


def orders_that_follow(session: Session, pairs: Sequence[Pair]) -> dict[Pair, frozenset[str]]:
    """Which of PROTECTED stand for each of these at a school where the child was before, for those of whom any does.

    A new school that was never told of an order says No: it follows all the same, until it is lifted where it was entered. Each school numbers its
    contacts anew, so a person is met by name, else by address or telephone.
    """
    before = _families_before(session, {pupil for pupil, _ in pairs})
    if not before:
        return {}
    people = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_({person for pupil, person in pairs if pupil in before})))}
    found = {pair: _protection(before[pair[0]], people[pair[1]]) for pair in pairs if pair[0] in before}
    return {pair: names for pair, names in found.items() if names}


def _families_before(session: Session, pupils: set[int]) -> dict[int, list[FamilyMember]]:
    """The families that the same children had at other schools, by the pupils as they are now."""
    now, earlier = aliased(Pupil), aliased(Pupil)
    asked = (
        select(now.id, Family, Person)
        .join(earlier, (earlier.upn == now.upn) & (earlier.id != now.id))
        .join(Family, Family.pupil_id == earlier.id)
        .join(Person, Person.id == Family.person_id)
        .where(now.id == any_(literal(sorted(pupils), ARRAY(BigInteger))))
        .where(now.left_on.is_(None) | (now.left_on > earlier.left_on))
        # While nobody has said that they left: never each the other, or no order could be lifted.
        .where(now.left_on.is_not(None) | earlier.left_on.is_not(None) | _before(earlier, now))
    )
    found: dict[int, list[FamilyMember]] = {}
    for pupil, family, person in session.execute(asked):
        found.setdefault(pupil, []).append((family, person))
    return found


def _before(earlier: type[Pupil], now: type[Pupil]) -> ColumnElement[bool]:
    """Of two on roll at once: the school whose file names the child no more was before; where that tells nothing, the one that entered them first."""
    gone, here = (exists().where(PendingLeaver.pupil_id == one.id, PendingLeaver.answer == "") for one in (earlier, now))
    return (gone & ~here) | ((gone == here) & (earlier.id < now.id))


def same_person(known: Sequence[FamilyMember], person: Person) -> list[FamilyMember]:
    """Who of these is that person, whatever number a school gives them: by the name, else by e-mail or telephone."""
    met = [(family, other) for family, other in known if name_of(other) == name_of(person)]
    return met or [(family, other) for family, other in known if ways_of(other) & ways_of(person)]


def _protection(before: Sequence[FamilyMember], person: Person) -> frozenset[str]:
    return frozenset(name for name in PROTECTED for family, _ in same_person(before, person) if getattr(family, name))


def name_of(person: Person) -> tuple[str, str]:
    """Names as two people's are compared: without capitals."""
    return person.given_name.strip().casefold(), person.family_name.strip().casefold()


def ways_of(person: Person) -> frozenset[str]:
    """E-mail and telephone, as two people's are compared."""
    digits = "".join(sign for sign in person.phone if sign.isdigit())
    return frozenset({person.email.strip().casefold(), digits} - {""})
