"""Members of staff and their roles into their tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.importing.problems import ImportRefused, Problem
from db.importing.staff_identity import ROLES_OF_THE_WHOLE_TRUST, Place, external_id_of, identify, people_in
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, Values, upsert
from db.importing.write_trust import persons_by_external_id, schools_by_urn
from db.models import Membership, Person, School
from db.permissions import role_title


def write_staff(session: Session, rows: Sequence[TypedRow], today: date) -> Counts:
    """Members of staff and their roles; a role of the whole trust is held at every school.

    Raises ImportRefused for a role without its school, for one with two last days, and where it cannot be told who somebody is
    (`db/importing/staff_identity.py`).
    """
    if not rows:
        return Counts()
    places = _places(session, rows)
    people = people_in(rows, places)
    found = identify(session, rows[0].file, people.values(), today)
    values = [
        {"external_id": external_id, "kind": "staff", "given_name": one.forename, "family_name": one.surname, "email": one.email}
        for external_id, one in people.items()
    ]
    counts = upsert(session, Person, ["external_id"], values)
    ids = persons_by_external_id(session, list(people))
    memberships = _memberships(rows, ids, places)
    ended = _last_days(session, rows, ids, today)
    return counts + upsert(session, Membership, ["person_id", "school_id", "role"], memberships) + Counts(notes=(*found.notes, *ended))


def _memberships(rows: Sequence[TypedRow], ids: dict[str, int], places: dict[int, frozenset[Place]]) -> list[Values]:
    """Each role at each school once. Raises ImportRefused where two rows (one of the whole trust, one of a school) give it two last days."""
    found: dict[tuple[int, int, str], Values] = {}
    first: dict[tuple[int, int, str], TypedRow] = {}
    problems = []
    for row in rows:
        for school, _ in sorted(places[row.line]):
            key = (ids[external_id_of(row)], school, str(row.values["role"]))
            until = row.where_told({"until_on": ("until_on", row.values["until_on"])})
            held = {"person_id": key[0], "school_id": school, "role": key[2], **until}
            earlier = first.setdefault(key, row)
            if found.setdefault(key, held) != held:
                reason = f"line {earlier.line} gives {role_title(key[2])} of the same person another last day; keep one"
                problems.append(Problem(row.file, row.line, "Until", reason))
    if problems:
        raise ImportRefused(list(dict.fromkeys(problems)))
    return list(found.values())


def _last_days(session: Session, rows: Sequence[TypedRow], ids: dict[str, int], today: date) -> list[Problem]:
    """What a person should know of the last days that stand: a file without the column leaves them, an empty cell takes them away."""
    asked = select(Membership.person_id, Membership.role, func.max(Membership.until_on)).group_by(Membership.person_id, Membership.role)
    known = {(person, role): until for person, role, until in session.execute(asked.where(Membership.until_on.is_not(None)))}
    notes = []
    for row in rows:
        until = known.get((ids[external_id_of(row)], str(row.values["role"])))
        who = f"the last day of {row.values['forename']} {row.values['surname']} as {role_title(str(row.values['role']))}"
        if until and "until_on" not in row.columns and until < today:
            notes.append(
                Problem(row.file, row.line, "", f"{who} was {until}, and it stands: the file has no column Until. Add it, empty, if they are back")
            )
        elif until and "until_on" in row.columns and row.values["until_on"] is None:
            notes.append(Problem(row.file, row.line, "Until", f"{who} was to be {until}, and is taken away: the cell is empty"))
    return notes


def _places(session: Session, rows: Sequence[TypedRow]) -> dict[int, frozenset[Place]]:
    """Where the role of each line is held."""
    schools = schools_by_urn(session, [r for r in rows if r.values["urn"] is not None])
    every_school = list(session.scalars(select(School.id)))
    problems = [
        Problem(r.file, r.line, "URN", f"the role {r.values['role']} is held at one school; give its URN")
        for r in rows
        if r.values["urn"] is None and r.values["role"] not in ROLES_OF_THE_WHOLE_TRUST
    ]
    if problems:
        raise ImportRefused(problems)
    return {
        r.line: frozenset((school, r.values["role"] in ROLES_OF_THE_WHOLE_TRUST) for school in _schools_of(r, schools, every_school)) for r in rows
    }


def _schools_of(row: TypedRow, schools: dict[object, int], every_school: list[int]) -> list[int]:
    return every_school if row.values["urn"] is None else [schools[row.values["urn"]]]
