"""Staff, LA contacts, terms and closures that stand in the ledger and not in a file that holds their like. None goes without a person's yes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.importing.part_files import is_part, said_of_part
from db.importing.problems import Problem
from db.importing.staff_identity import ROLES_OF_THE_WHOLE_TRUST, external_id_of
from db.importing.typed_rows import TypedRow
from db.importing.write_trust import authorities_by_code, la_person, persons_by_external_id, schools_by_urn
from db.models import Authority, AuthorityContact, Membership, MissingRow, Person, School, SchoolClosure, SchoolTerm
from db.permissions import role_title

BOARD = "governor"  # kept by a clerk, not by an MIS: a file without anybody of the board says nothing of it


Group = tuple[str, int | None, int | None, bool]
"""Kind, school, LA, and whether it is the board: what a file tells the whole of, or a part."""


class Unnamed(NamedTuple):
    """What a row of the ledger is. `kind`: staff (no school: a role of the whole trust), contact, term or closure."""

    kind: str
    school_id: int | None = None
    authority_id: int | None = None
    person_id: int | None = None
    role: str = ""
    first_on: date | None = None


def note_unnamed(session: Session, import_id: int, kind: str, rows: Sequence[TypedRow], today: date) -> tuple[int, tuple[Problem, ...]]:
    """Note what the file of this kind should name and does not: how many, and the notes for the report. What is named again is asked no more.

    What a person has answered is asked again only after a file has named it meanwhile. Of a school, or an LA, of which the file is evidently a part
    nothing is noted, and the report says so.
    """
    find = {"staff": _staff, "la_contacts": _contacts, "term_dates": _stretches}.get(kind)
    if find is None or not rows:
        return 0, ()
    standing, named = find(session, rows, today)
    asked = list(session.scalars(select(MissingRow).where(MissingRow.answer != "named")))
    for one in asked:
        if what_of(one) in named:
            one.answer = "named"
    unasked = standing - named - {what_of(one) for one in asked}
    parts = _parts(session, standing & named, unasked)
    new = sorted((what for what in unasked if _group(what) not in parts), key=str)
    session.add_all(MissingRow(import_id=import_id, **what._asdict()) for what in new)
    session.flush()
    said = [*parts.values(), *(f"{in_words(session, what)}: not named here, and stays until a person says otherwise" for what in new)]
    return len(new), tuple(Problem(rows[0].file, 0, "", reason) for reason in said)


def _group(what: Unnamed) -> Group:
    """Of which whole a row is one."""
    return what.kind, what.school_id, what.authority_id, what.role == BOARD


def _parts(session: Session, named: Iterable[Unnamed], unasked: Iterable[Unnamed]) -> dict[Group, str]:
    """The wholes of which this file is only a part, and what is said of each."""
    here, out = Counter(map(_group, named)), Counter(map(_group, unasked))
    return {group: _said(session, group, here[group], left_out) for group, left_out in out.items() if is_part(here[group], left_out)}


def _said(session: Session, group: Group, named: int, left_out: int) -> str:
    kind, school, authority, _ = group
    where = session.get_one(School, school).name if school else session.get_one(Authority, authority).name if authority else "the whole trust"
    return said_of_part(where, named, left_out, {"staff": "roles", "contact": "contacts", "term": "terms", "closure": "closures"}[kind])


def what_of(row: MissingRow) -> Unnamed:
    """What a noted row is."""
    return Unnamed(row.kind, row.school_id, row.authority_id, row.person_id, row.role, row.first_on)


def is_there(session: Session, what: Unnamed) -> bool:
    """Whether a noted term or closure still stands: a later file may have replaced it. People always do."""
    if what.kind not in ("term", "closure"):
        return True
    return session.get(SchoolTerm if what.kind == "term" else SchoolClosure, (what.school_id, what.first_on)) is not None


def in_words(session: Session, what: Unnamed) -> str:
    """Who or what it is, and where, for people."""
    school = session.get_one(School, what.school_id).name if what.school_id else "the whole trust"
    if what.kind in ("term", "closure"):
        return f"{_stretch_in_words(session, what)} at {school}"
    person = session.get_one(Person, what.person_id)
    name = f"{person.given_name} {person.family_name}".strip()
    if what.kind == "contact":
        title = "SEN team" if what.role == "la" else role_title(what.role)
        return f"{name} ({person.email}), {title} of {session.get_one(Authority, what.authority_id).name}"
    return f"{name}, {role_title(what.role)} at {school}"


def _stretch_in_words(session: Session, what: Unnamed) -> str:
    key = (what.school_id, what.first_on)
    if what.kind == "term":
        term = session.get_one(SchoolTerm, key)
        return f"the term {term.name} from {term.first_on} to {term.last_on}"
    closed = session.get_one(SchoolClosure, key)
    return f"{closed.reason}, closed from {closed.first_on} to {closed.last_on}"


def _staff(session: Session, rows: Sequence[TypedRow], today: date) -> tuple[set[Unnamed], set[Unnamed]]:
    """Roles held today at the schools whose staff, or whose board, the file holds; of the whole trust, where it holds anybody of the trust."""
    schools = schools_by_urn(session, [r for r in rows if r.values["urn"] is not None])
    ids = persons_by_external_id(session, [external_id_of(r) for r in rows])
    rows_of = {r.line: _staff_row(ids[external_id_of(r)], schools.get(r.values["urn"]), str(r.values["role"])) for r in rows}
    named = set(rows_of.values())
    held = {(rows_of[r.line].school_id, r.values["role"] == BOARD) for r in rows if r.values["urn"] is None or rows_of[r.line].school_id}
    asked = (
        select(Membership.person_id, Membership.school_id, Membership.role)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Person.external_id.startswith("staff:"),
            or_(Membership.until_on.is_(None), Membership.until_on >= today),
            or_(Person.left_on.is_(None), Person.left_on >= today),
        )
    )
    standing = {_staff_row(person, school, role) for person, school, role in session.execute(asked)}
    return {what for what in standing if (what.school_id, what.role == BOARD) in held}, named


def _staff_row(person: int, school: int | None, role: str) -> Unnamed:
    return Unnamed("staff", None if role in ROLES_OF_THE_WHOLE_TRUST else school, None, person, role)


def _contacts(session: Session, rows: Sequence[TypedRow], _: date) -> tuple[set[Unnamed], set[Unnamed]]:
    """Contacts of the LAs that the file holds, for all pupils of the LA."""
    las = authorities_by_code(session)
    ids = persons_by_external_id(session, [la_person(r) for r in rows])
    named = {Unnamed("contact", None, las[str(r.values["la_code"])], ids[la_person(r)], str(r.values["role"])) for r in rows}
    asked = (
        select(AuthorityContact.authority_id, AuthorityContact.person_id, AuthorityContact.role)
        .join(Person, Person.id == AuthorityContact.person_id)
        .where(
            Person.external_id.startswith("la:"),
            AuthorityContact.school_id.is_(None),
            AuthorityContact.authority_id.in_({what.authority_id for what in named}),
        )
    )
    return {Unnamed("contact", None, authority, person, role) for authority, person, role in session.execute(asked)}, named


def _stretches(session: Session, rows: Sequence[TypedRow], _: date) -> tuple[set[Unnamed], set[Unnamed]]:
    """Terms and closures of each school within the days that the file tells of."""
    schools = schools_by_urn(session, rows)
    named = {Unnamed(str(r.values["kind"]), schools[r.values["urn"]], first_on=_day(r, "first_on")) for r in rows}
    spans: dict[int, tuple[date, date]] = {}
    for row in rows:
        school, first, last = schools[row.values["urn"]], _day(row, "first_on"), _day(row, "last_on")
        known = spans.get(school, (first, last))
        spans[school] = (min(known[0], first), max(known[1], last))
    return {*_within(session, "term", SchoolTerm, spans), *_within(session, "closure", SchoolClosure, spans)}, named


def _within(session: Session, kind: str, model: type[SchoolTerm] | type[SchoolClosure], spans: Mapping[int, tuple[date, date]]) -> Iterable[Unnamed]:
    for school, first, last in session.execute(select(model.school_id, model.first_on, model.last_on).where(model.school_id.in_(spans))):
        if spans[school][0] <= first and last <= spans[school][1]:
            yield Unnamed(kind, school, first_on=first)


def _day(row: TypedRow, name: str) -> date:
    day = row.values[name]
    assert isinstance(day, date)
    return day
