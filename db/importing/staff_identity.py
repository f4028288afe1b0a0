"""Who a row of a staff file is.

An MIS counts its staff by itself, so number 7 of one school and number 7 of another are two people; a trust's own number may be one person at
several schools. So the same number with the same address is the same person anywhere. The same number with another address is the same person only
where they are known already and one of their names is the same: an address, or a surname, that was put right. So is the same address under another
number, where the file does not name them under the earlier one: a new system has numbered its staff anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.importing.problems import ImportRefused, Problem
from db.importing.typed_rows import TypedRow
from db.models import Membership, Person

ROLES_OF_THE_WHOLE_TRUST = ("trust_send_lead", "ceo", "auditor")
Place = tuple[int, bool]
"""A school, and whether the role there is one of the whole trust."""


@dataclass(frozen=True, slots=True)
class InFile:
    """Somebody whom a file names, in one row or several: everybody with this number and this address. `lines`: where they stand."""

    number: str
    email: str
    forename: str
    surname: str
    lines: tuple[int, ...]
    places: frozenset[Place]

    @property
    def line(self) -> int:
        """Where they stand first."""
        return self.lines[0]

    @property
    def external_id(self) -> str:
        """What names them in `persons`."""
        return _external_id(self.number, self.email)

    @property
    def name(self) -> str:
        """First name and surname."""
        return f"{self.forename} {self.surname}"


@dataclass(frozen=True, slots=True)
class Standing:
    """One of the staff as they stand in the ledger, and where they hold or held a role; `now`: where they hold one today."""

    id: int
    external_id: str
    forename: str
    surname: str
    email: str
    places: frozenset[Place]
    now: frozenset[Place]

    @property
    def name(self) -> str:
        """First name and surname."""
        return f"{self.forename} {self.surname}"

    @property
    def number(self) -> str:
        """Their number, without the address behind it."""
        return self.external_id.removeprefix("staff:").rpartition(":")[0]

    def shares_a_name_with(self, one: InFile) -> bool:
        """Whether forename or surname is the same."""
        return self.forename.casefold() == one.forename.casefold() or self.surname.casefold() == one.surname.casefold()


@dataclass
class Identified:
    """What was found out: whom of the ledger the file's people are (the others are new), and what a person should know of it."""

    known: dict[str, Standing] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)


def external_id_of(row: TypedRow) -> str:
    """What names in `persons` whom a row of a staff file is about."""
    return _external_id(str(row.values["staff_id"]), str(row.values["email"]))


def people_in(rows: Sequence[TypedRow], places: Mapping[int, frozenset[Place]]) -> dict[str, InFile]:
    """The people of a file by external id. `places`: by line, where that row's role is held.

    Raises ImportRefused for one number with two names at one address, or with two addresses at one school: nobody can tell who is meant.
    """
    found: dict[str, InFile] = {}
    ids_of: dict[str, set[str]] = {}
    problems: list[Problem] = []
    for row in rows:
        one = _person_of(row, places[row.line])
        same = found.get(one.external_id)
        if same and same.name.casefold() != one.name.casefold():
            problems.append(Problem(row.file, row.line, "", f"the staff number {one.number} is {same.name} in line {same.line}; keep one name"))
        found[one.external_id] = one if same is None else _joined(same, one)
        others = ids_of.setdefault(one.number, set()) - {one.external_id}
        ids_of[one.number].add(one.external_id)
        twin = next((found[other] for other in sorted(others) if found[other].places & one.places), None)
        if twin:
            reason = f"the staff number {one.number} stands in line {twin.line} for the same school with another address; keep one address"
            problems.append(Problem(row.file, row.line, "", reason))
    if problems:
        raise ImportRefused(problems)
    return found


def identify(session: Session, file: str, people: Iterable[InFile], today: date) -> Identified:
    """Find each of a file's people in the ledger. Who is known by an address that changed gets the new id here; the caller writes the rest.

    Raises ImportRefused where it cannot be told which of two people somebody is.
    """
    standing = _standing(session, today)
    by_id = {one.external_id: one for one in standing}
    by_number: dict[str, list[Standing]] = {}
    for who in standing:
        by_number.setdefault(who.number, []).append(who)
    found = Identified({one.external_id: by_id[one.external_id] for one in people if one.external_id in by_id})
    problems = []
    in_file = {one.external_id for one in people}
    unnamed = [who for who in standing if who.external_id not in in_file]
    for one in people:
        known = found.known.get(one.external_id)
        if known is None:
            problems += [] if _by_address(one, file, unnamed, found) else _by_place(one, file, by_number.get(one.number, ()), found)
        elif not (known.places & one.places or known.shares_a_name_with(one)):
            problems.append(Problem(file, one.line, "", _one_mailbox(one, known)))
    if problems:
        raise ImportRefused(problems)
    for external_id, who in found.known.items():
        if who.external_id != external_id:
            session.execute(update(Person).where(Person.id == who.id).values(external_id=external_id))
    found.notes += [_renamed(one, file, found.known[one.external_id]) for one in people if _has_a_new_name(one, found)]
    return found


def _by_place(one: InFile, file: str, same_number: Sequence[Standing], found: Identified) -> list[Problem]:
    """Who had this number at one of these schools, under another address."""
    here = [who for who in same_number if who.places & one.places]
    alike = [who for who in here if who.shares_a_name_with(one)]
    if not alike:
        found.notes += [Problem(file, one.line, "", _somebody_else(one, who)) for who in here]
        return []
    taken = {who.id for who in found.known.values()}
    free = [who for who in alike if who.id not in taken]
    if len(alike) > 1 or not free:
        names = " and ".join(sorted(f"{who.name} ({who.email})" for who in alike))
        cure = "write the address that is known, or the same new one in each row of this person, or another number for somebody else"
        return [Problem(file, one.line, "", f"the staff number {one.number} with the address {one.email} may be {names}; {cure}")]
    if free[0].now - one.places:
        return [Problem(file, one.line, "", _only_here(one, free[0]))]
    found.known[one.external_id] = free[0]
    found.notes.append(Problem(file, one.line, "", f"the address of {one.name} was {free[0].email} and is {one.email} now"))
    return []


def _by_address(one: InFile, file: str, unnamed: Sequence[Standing], found: Identified) -> bool:
    """Whether somebody had this address and a name of theirs at one of these schools, under a number that the file has no more: numbered anew."""
    taken = {who.id for who in found.known.values()}
    alike = [who for who in unnamed if who.email.casefold() == one.email.casefold() and who.places & one.places and who.shares_a_name_with(one)]
    free = [who for who in alike if who.id not in taken]
    if len(free) != 1:
        return False
    found.known[one.external_id] = free[0]
    found.notes.append(Problem(file, one.line, "", f"the staff number of {one.name} was {free[0].number} and is {one.number} now"))
    return True


def _external_id(number: str, email: str) -> str:
    return f"staff:{number}:{email.casefold()}"


def _has_a_new_name(one: InFile, found: Identified) -> bool:
    who = found.known.get(one.external_id)
    return who is not None and who.name != one.name


def _one_mailbox(one: InFile, who: Standing) -> str:
    return f"{one.name} has the staff number and the address of {who.name} at another school; give each of them an address of their own"


def _only_here(one: InFile, who: Standing) -> str:
    known = f"the staff number {one.number} is {who.name} ({who.email}) with a role that this file does not tell of too"
    cure = f"write the address that is known, or import one staff.csv with the new address {one.email} in each row of this person"
    return f"{known}, at another school or of the trust; {cure}"


def _renamed(one: InFile, file: str, who: Standing) -> Problem:
    return Problem(file, one.line, "", f"{who.name} is {one.name} now")


def _somebody_else(one: InFile, who: Standing) -> str:
    return (
        f"{one.name} is taken for another person than {who.name} ({who.email}), who had the staff number {one.number} there: "
        "neither name nor address is the same"
    )


def _person_of(row: TypedRow, places: frozenset[Place]) -> InFile:
    number, email, forename, surname = (str(row.values[name]) for name in ("staff_id", "email", "forename", "surname"))
    return InFile(number, email, forename, surname, (row.line,), places)


def _joined(first: InFile, more: InFile) -> InFile:
    return InFile(first.number, first.email, first.forename, first.surname, first.lines + more.lines, first.places | more.places)


def _standing(session: Session, today: date) -> list[Standing]:
    places: dict[int, set[Place]] = {}
    now: dict[int, set[Place]] = {}
    for person, school, role, until in session.execute(select(Membership.person_id, Membership.school_id, Membership.role, Membership.until_on)):
        place = (school, role in ROLES_OF_THE_WHOLE_TRUST)
        places.setdefault(person, set()).add(place)
        if until is None or until >= today:
            now.setdefault(person, set()).add(place)
    asked = select(Person.id, Person.external_id, Person.given_name, Person.family_name, Person.email).where(Person.external_id.startswith("staff:"))
    return [
        Standing(id_, str(external_id), forename, surname, email, frozenset(places.get(id_, ())), frozenset(now.get(id_, ())))
        for id_, external_id, forename, surname, email in session.execute(asked)
    ]
