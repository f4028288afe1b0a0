"""Who is behind an address, and whom a role means: read from the tables of people, once at the end of the year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from rules.hours import LONDON
from tasks.parts import Parts

Kind = Literal["staff", "officer", "mailbox", "adviser", "family"]  # adviser: any body outside that is no LA
STAFF_ROLES = frozenset({"senco", "headteacher", "teacher", "trust_send_lead", "ceo", "school"})
SPEAKS = {"school": ("headteacher", "senco")}  # reg 20(2): who speaks for the school at a review


@dataclass(frozen=True, slots=True)
class Post:
    """Somebody on the staff holds a role at a school."""

    person_id: int
    school_id: int
    role: str


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody was away on these days, and who stood in; known since `said_at`."""

    person_id: int
    deputy_id: int
    first: date
    last: date | None
    said_at: datetime

    def known_at(self, at: datetime) -> bool:
        """Whether they were away then, and it had been said."""
        day = at.astimezone(LONDON).date()
        return self.said_at <= at and self.first <= day and (self.last is None or day <= self.last)


@dataclass
class Readers:
    """`kinds` and `people` by address (lower case); `posts` of the staff; `away`."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)
    schools: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def acting(self, at: datetime) -> list[Post]:
        """Who acted in which role then: whoever held it, or whoever stood in for them (the first of the chain who was here)."""
        gone = {one.person_id: one.deputy_id for one in self.away if one.known_at(at)}
        found: list[Post] = []
        for post in self.posts:
            person, steps = post.person_id, 0
            while person in gone and steps <= len(gone):
                person, steps = gone[person], steps + 1
            if person not in gone:
                found.append(Post(person, post.school_id, post.role))
        return found


@dataclass
class Outside:
    """Who stands behind the roles of a pupil's case outside the staff: `parents` and `mailboxes` (an authority's number) by case, `officers` by
    case: its LA's officers for all schools, or for this one."""

    parents: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    officers: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    mailboxes: dict[int, int] = field(default_factory=dict)


def expected_readers(
    role: str, case_id: int, school_id: int, at: datetime, readers: Readers, outside: Outside
) -> set[tuple[int | None, int | None]] | None:
    """(person, authority) of everybody who hears what is told to that role of that case then; None: a role that is not looked at."""
    if role == "parent":
        return {(person, None) for person in outside.parents[case_id]}
    if role == "la":
        officers = {(person, None) for person in outside.officers[case_id]}
        return officers or {(None, outside.mailboxes[case_id])} if case_id in outside.mailboxes else None
    if role not in STAFF_ROLES:
        return None
    acting = [one for one in readers.acting(at) if one.school_id == school_id]
    holders = {one.person_id for one in acting if one.role in SPEAKS.get(role, (role,))}
    if not holders and role in ("senco", "headteacher"):
        holders = {one.person_id for one in acting if one.role == "trust_send_lead"}
    return {(person, None) for person in holders}


def read_outside(parts: Parts) -> Outside:
    """From the tables of families, contacts and authorities."""
    outside = Outside()
    with parts.engines.scheduler() as session:
        read: Any = session.connection().exec_driver_sql
        for row in read(_PARENTS):
            outside.parents[row.case_id].add(row.person_id)
        for row in read(_LAS):
            outside.mailboxes[row.case_id] = row.authority_id
            if row.person_id is not None:
                outside.officers[row.case_id].add(row.person_id)
    return outside


_PARENTS = """
    SELECT c.id AS case_id, f.person_id FROM cases c JOIN families f ON f.pupil_id = c.pupil_id
    WHERE f.parental_responsibility AND NOT f.no_contact AND f.relationship <> 'self'
"""
_LAS = """
    SELECT c.id AS case_id, a.id AS authority_id, k.person_id
    FROM cases c LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    JOIN authorities a ON a.id = COALESCE(p.authority_id, s.authority_id) LEFT JOIN authority_contacts k ON k.authority_id = a.id AND k.role = 'la'
"""
_PEOPLE = "SELECT id, kind, lower(email) AS email FROM persons WHERE email <> ''"
_POSTS = "SELECT person_id, school_id, role FROM memberships ORDER BY person_id, school_id, role"
_AWAY = "SELECT person_id, deputy_id, from_on, to_on, said_at FROM absences WHERE ended_at IS NULL"
_OFFICERS = """
    SELECT lower(p.email) AS email FROM persons p WHERE p.email <> '' AND p.id IN (
        SELECT person_id FROM authority_contacts WHERE role = 'la' UNION SELECT person_id FROM pupil_contacts WHERE role = 'la')
"""
_MAILBOXES = "SELECT lower(sen_email) AS email FROM authorities WHERE sen_email <> ''"
_KINDS: dict[str, Kind] = {"staff": "staff", "family": "family"}


def read_readers(parts: Parts) -> Readers:
    """Everybody who may have been written to."""
    readers = Readers()
    with parts.engines.scheduler() as session:
        read: Any = session.connection().exec_driver_sql
        for row in read(_PEOPLE):
            readers.kinds[row.email] = _KINDS.get(row.kind, "adviser")
            readers.people[row.email] = row.id
        for row in read(_OFFICERS):
            readers.kinds[row.email] = "officer"
        for row in read(_MAILBOXES):
            readers.kinds.setdefault(row.email, "mailbox")
        readers.posts = [Post(*row) for row in read(_POSTS)]
        readers.away = [Away(*row) for row in read(_AWAY)]
    for post in readers.posts:
        readers.schools[post.person_id].add(post.school_id)
    return readers
