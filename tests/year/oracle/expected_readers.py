"""Whom a role of a case means: our own people by their posts, a family by its rows, an LA by its profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from tasks.parts import Parts
from tests.year.oracle.plain_profiles import PlainProfile
from tests.year.oracle.readers import Readers

Who = tuple[int | None, int | None]  # a person's number, or an authority's
STAFF_ROLES = frozenset({"senco", "headteacher", "teacher", "trust_send_lead", "ceo", "school"})
SPEAKS = {"school": ("headteacher", "senco")}  # reg 20(2): who speaks for the school at a review


@dataclass
class Outside:
    """Who stands behind the roles of a pupil's case outside the staff, by case: `parents`; `officers`, who is reminded at its LA (an officer,
    or the mailbox); `raised`, to whom a breach rises, the lowest level first."""

    parents: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    officers: dict[int, Who] = field(default_factory=dict)
    raised: dict[int, list[int]] = field(default_factory=dict)


def expected_readers(role: str, case_id: int, school_id: int, at: datetime, breach: int, readers: Readers, outside: Outside) -> set[Who] | None:
    """Everybody who hears what is told to that role of that case then; None: a role that is not looked at. `breach`: which breach of the ladder's
    it is, from 1; 0 for another rung."""
    if role == "parent":
        return {(person, None) for person in outside.parents[case_id]}
    if role == "la":
        return _at_the_la(case_id, breach, outside)
    if role not in STAFF_ROLES:
        return None
    acting = [one for one in readers.acting(at) if one.school_id == school_id]
    holders = {one.person_id for one in acting if one.role in SPEAKS.get(role, (role,))}
    if not holders and role in ("senco", "headteacher"):
        holders = {one.person_id for one in acting if one.role == "trust_send_lead"}
    return {(person, None) for person in holders}


def _at_the_la(case_id: int, breach: int, outside: Outside) -> set[Who]:
    raised = outside.raised[case_id]
    above: set[Who] = {(raised[min(breach, len(raised)) - 1], None)} if breach and raised else set()
    return {outside.officers[case_id]} | above


def read_outside(parts: Parts, readers: Readers, profiles: Mapping[str, PlainProfile]) -> Outside:
    """Families from their table, officers from the profiles' files."""
    outside = Outside()
    with parts.engines.scheduler() as session:
        read: Any = session.connection().exec_driver_sql
        for row in read(_PARENTS):
            outside.parents[row.case_id].add(row.person_id)
        for row in read(_OPENINGS):
            if speaker := orjson.loads(row.content)["event"].get("facts", {}).get("complainant"):
                outside.parents[row.case_id] = {speaker}  # who complains hears alone (decision 185)
        for row in read(_PUPILS):
            profile = profiles[row.la]
            officer = profile.officer_for(row.surname or "", row.year_group, row.urn) if row.surname else None
            outside.officers[row.case_id] = (readers.people[officer], None) if officer is not None else (None, row.authority_id)
            outside.raised[row.case_id] = [readers.people[address] for address in profile.raised]
    return outside


_PARENTS = """
    SELECT c.id AS case_id, f.person_id FROM cases c JOIN families f ON f.pupil_id = c.pupil_id
    WHERE f.parental_responsibility AND NOT f.no_contact AND f.relationship <> 'self'
"""
_OPENINGS = "SELECT case_id, content FROM events WHERE kind = 'open' AND content LIKE '%%complainant%%'"
_PUPILS = """
    SELECT c.id AS case_id, p.family_name AS surname, p.year_group, s.urn, a.code AS la, a.id AS authority_id
    FROM cases c LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    JOIN authorities a ON a.id = COALESCE(p.authority_id, s.authority_id)
"""
