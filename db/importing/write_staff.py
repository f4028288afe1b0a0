"""Members of staff and their roles into their tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.importing.problems import ImportRefused, Problem
from db.importing.staff_identity import ROLES_OF_THE_WHOLE_TRUST, Place, identify, people_in
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, upsert
from db.importing.write_trust import persons_by_external_id, schools_by_urn
from db.models import Membership, Person, School


def write_staff(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Members of staff and their roles; a role of the whole trust is held at every school.

    Raises ImportRefused for a role without its school, and where it cannot be told who somebody is (`db/importing/staff_identity.py`).
    """
    if not rows:
        return Counts()
    places = _places(session, rows)
    people = people_in(rows, places)
    found = identify(session, rows[0].file, people.values())
    values = [
        {"external_id": external_id, "kind": "staff", "given_name": one.forename, "family_name": one.surname, "email": one.email}
        for external_id, one in people.items()
    ]
    counts = upsert(session, Person, ["external_id"], values)
    ids = persons_by_external_id(session, list(people))
    person_at = {line: ids[one.external_id] for one in people.values() for line in one.lines}
    memberships = [
        {"person_id": person_at[r.line], "school_id": school, "role": r.values["role"], "until_on": r.values["until_on"]}
        for r in rows
        for school, _ in sorted(places[r.line])
    ]
    return counts + upsert(session, Membership, ["person_id", "school_id", "role"], memberships) + Counts(notes=tuple(found.notes))


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
