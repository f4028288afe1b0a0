"""Schools, calendars and councils into their tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.importing.problems import ImportRefused, Problem
from db.importing.trust_posts import hold_trust_posts
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, upsert
from db.models import Authority, AuthorityContact, LaProfileRow, Person, School, SchoolClosure, SchoolTerm, Trust


def write_schools(session: Session, rows: Sequence[TypedRow], trust_name: str, today: date) -> Counts:
    """Schools of the one trust of this installation, and the LAs in whose area they lie. Who leads the whole trust leads a school that joins it."""
    trust = session.scalars(select(Trust)).first()
    if trust is None:
        trust = Trust(name=trust_name)
        session.add(trust)
        session.flush()
    upsert(session, Authority, ["code"], [{"code": c, "name": f"Local authority {c}"} for c in _new_codes(session, rows)])
    las = authorities_by_code(session)
    values = [
        {
            "urn": str(r.values["urn"]),
            "trust_id": trust.id,
            "authority_id": las[str(r.values["la_code"])],
            "dfe_number": r.values["dfe_number"],
            "name": r.values["name"],
            "phase": r.values["phase"],
        }
        for r in rows
    ]
    before = set(session.scalars(select(School.id)))
    counts = upsert(session, School, ["urn"], values)
    joined = set(session.scalars(select(School.id))) - before
    return counts + Counts(notes=hold_trust_posts(session, rows[0].file, joined, today)) if before and joined else counts


def write_term_dates(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Terms, and the stretches inside them in which a school is closed to pupils. Raises ImportRefused for a stretch that ends before it begins."""
    schools = schools_by_urn(session, rows)
    _refuse_bad_stretches(rows)
    terms = [r for r in rows if r.values["kind"] == "term"]
    closures = [r for r in rows if r.values["kind"] != "term"]
    _drop_replaced(session, SchoolTerm, schools, terms)
    _drop_replaced(session, SchoolClosure, schools, closures)
    counts = upsert(session, SchoolTerm, ["school_id", "first_on"], [_stretch(schools, r) | {"name": r.values["name"]} for r in terms])
    return counts + upsert(session, SchoolClosure, ["school_id", "first_on"], [_stretch(schools, r) | {"reason": r.values["name"]} for r in closures])


def _drop_replaced(session: Session, model: type[SchoolTerm] | type[SchoolClosure], schools: dict[object, int], rows: Sequence[TypedRow]) -> None:
    """A stretch that overlaps one of the file and begins on another day was the same one before its days were corrected."""
    for row in rows:
        first, last = _days(row)
        same_school = model.school_id == schools[row.values["urn"]]
        session.execute(delete(model).where(same_school, model.first_on <= last, model.last_on >= first, model.first_on != first))


def _refuse_bad_stretches(rows: Sequence[TypedRow]) -> None:
    problems = [Problem(r.file, r.line, "Last day", "the last day is before the first") for r in rows if _days(r)[1] < _days(r)[0]]
    terms = sorted((r for r in rows if r.values["kind"] == "term"), key=lambda r: (str(r.values["urn"]), _days(r)))
    for earlier, later in pairwise(terms):
        if earlier.values["urn"] == later.values["urn"] and _days(later)[0] <= _days(earlier)[1]:
            problems.append(Problem(later.file, later.line, "First day", f"this term begins before the one in line {earlier.line} has ended"))
    if problems:
        raise ImportRefused(problems)


def _days(row: TypedRow) -> tuple[date, date]:
    first, last = row.values["first_on"], row.values["last_on"]
    assert isinstance(first, date) and isinstance(last, date)
    return first, last


def _stretch(schools: dict[object, int], row: TypedRow) -> dict[str, object]:
    return {"school_id": schools[row.values["urn"]], "first_on": row.values["first_on"], "last_on": row.values["last_on"]}


_OF_A_PROFILE = frozenset({"la_officer", "la_manager"})
_UNREAD = "kept, but nobody is written to by this row: whom an LA names for which pupils, and to whom a breach goes, stands in its profile"


def write_la_contacts(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Councils and the people there: the SEN team's mailbox (which is also a person who can answer a link), officers, advisers.

    Of an LA's SEN teams the first in the file has its mailbox, so that the same file says the same however often it comes.
    """
    upsert(
        session,
        Authority,
        ["code"],
        list({str(r.values["la_code"]): {"code": r.values["la_code"], "name": r.values["la_name"]} for r in rows}.values()),
    )
    by_profile = set(session.scalars(select(Authority.code).join(LaProfileRow).where(LaProfileRow.ended_at.is_(None))))  # says the mailbox itself
    teams = [r for r in rows if r.values["role"] == "la" and r.values["la_code"] not in by_profile]
    mailboxes = {str(r.values["la_code"]): {"code": r.values["la_code"], "sen_email": r.values["email"]} for r in reversed(teams)}
    upsert(session, Authority, ["code"], list(mailboxes.values()))
    people = {
        la_person(r): {
            "external_id": la_person(r),
            "kind": "outside",
            "given_name": "",
            "family_name": r.values["contact_name"],
            "email": r.values["email"],
        }
        for r in rows
    }
    counts = upsert(session, Person, ["external_id"], list(people.values()))
    ids = persons_by_external_id(session, list(people))
    las = authorities_by_code(session)
    held = {(las[str(r.values["la_code"])], ids[la_person(r)], r.values["role"]) for r in rows}
    contacts = [{"authority_id": authority, "person_id": person, "role": role} for authority, person, role in sorted(held)]
    upsert(session, AuthorityContact, ["authority_id", "person_id", "role"], contacts)
    unread = (Problem(r.file, r.line, "Role", _UNREAD) for r in rows if r.values["role"] in _OF_A_PROFILE)
    return counts + Counts(notes=tuple(unread))


def schools_by_urn(session: Session, rows: Sequence[TypedRow]) -> dict[object, int]:
    """Database ids by URN. Raises ImportRefused naming each row whose school is not known."""
    known: dict[object, int] = {int(urn): id_ for urn, id_ in session.execute(select(School.urn, School.id))}
    problems = [
        Problem(r.file, r.line, "URN", f"no school with URN {r.values['urn']} is in the trust; import schools.csv with it first")
        for r in rows
        if r.values["urn"] not in known
    ]
    if problems:
        raise ImportRefused(problems)
    return known


def authorities_by_code(session: Session) -> dict[str, int]:
    """Database ids of local authorities by their three-digit code."""
    return {code: id_ for code, id_ in session.execute(select(Authority.code, Authority.id))}


def persons_by_external_id(session: Session, wanted: Sequence[str]) -> dict[str, int]:
    """Database ids of people by the id that their source gives them."""
    found = session.execute(select(Person.external_id, Person.id).where(Person.external_id.is_not(None)))
    wanted_set = set(wanted)
    return {external: id_ for external, id_ in found if external in wanted_set}


def la_person(row: TypedRow) -> str:
    """What names in `persons` whom a row of an LA's contacts is about: one address is one person, whatever its capitals."""
    return f"la:{row.values['la_code']}:{str(row.values['email']).casefold()}"


def _new_codes(session: Session, rows: Sequence[TypedRow]) -> list[str]:
    known = authorities_by_code(session)
    return sorted({str(r.values["la_code"]) for r in rows} - set(known))
