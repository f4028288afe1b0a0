"""Who is behind an address, and who acted in which role when: read from the tables of people, once at the end of the year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from rules.hours import LONDON
from tasks.parts import Parts
from tests.year.oracle.plain_profiles import PlainProfile

Kind = Literal["staff", "officer", "mailbox", "adviser", "family"]  # adviser: any body outside that is no LA


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

    def schools_at(self, person_id: int, at: datetime) -> set[int]:
        """The schools whose days are that person's then: where they hold a role, and where they act, or were named to, for somebody away."""
        day = at.astimezone(LONDON).date()
        named = {one.person_id for one in self.away if one.deputy_id == person_id and one.said_at <= at and (one.last is None or day <= one.last)}
        acts = {post.school_id for post in self.acting(at) if post.person_id == person_id} if self.away else set()
        return self.schools[person_id] | acts | {post.school_id for post in self.posts if post.person_id in named}


_PEOPLE = "SELECT id, kind, lower(email) AS email FROM persons WHERE email <> ''"
_POSTS = "SELECT person_id, school_id, role FROM memberships ORDER BY person_id, school_id, role"
_AWAY = "SELECT person_id, deputy_id, from_on, to_on, said_at FROM absences WHERE ended_at IS NULL"
_MAILBOXES = "SELECT lower(sen_email) AS email FROM authorities WHERE sen_email <> ''"
_KINDS: dict[str, Kind] = {"staff": "staff", "family": "family"}


def read_readers(parts: Parts, profiles: Mapping[str, PlainProfile]) -> Readers:
    """Everybody who may have been written to."""
    readers = Readers()
    with parts.engines.scheduler() as session:
        read: Any = session.connection().exec_driver_sql
        for row in read(_PEOPLE):
            readers.kinds[row.email] = _KINDS.get(row.kind, "adviser")
            readers.people[row.email] = row.id
        readers.kinds |= {row.email: "mailbox" for row in read(_MAILBOXES)}
        readers.posts = [Post(*row) for row in read(_POSTS)]
        readers.away = [Away(*row) for row in read(_AWAY)]
    for profile in profiles.values():
        readers.kinds |= dict.fromkeys(profile.people, "officer") | dict.fromkeys(profile.desks, "mailbox")
    for post in readers.posts:
        readers.schools[post.person_id].add(post.school_id)
    return readers
