"""Which absences stand: who is away or will be, who was named, and who stands in today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

_SAID = text("""
    WITH acting AS (SELECT DISTINCT holder_id, deputy_id FROM stand_ins(:today) WHERE deputy_id IS NOT NULL)
    SELECT a.id, a.person_id, a.deputy_id, a.from_on, a.to_on, a.school_ids,
           concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS person,
           concat_ws(' ', NULLIF(d.title, ''), d.given_name, d.family_name) AS deputy,
           a.from_on <= :today AS begun, concat_ws(' ', NULLIF(n.title, ''), n.given_name, n.family_name) AS acting, n.id AS acting_id
    FROM absences a JOIN persons p ON p.id = a.person_id JOIN persons d ON d.id = a.deputy_id
    LEFT JOIN acting t ON t.holder_id = a.person_id AND a.from_on <= :today LEFT JOIN persons n ON n.id = t.deputy_id
    WHERE a.ended_at IS NULL AND (a.to_on IS NULL OR a.to_on >= :today) AND (CAST(:person AS bigint) IS NULL OR a.person_id = :person)
      AND (CAST(:schools AS int[]) IS NULL OR a.school_ids && CAST(:schools AS int[]))
    ORDER BY a.from_on, person, a.id
""")


# Whoever holds a role there, and whoever's last role there ended not long ago: their post can be held too.
_POSTS = text("""
    SELECT p.id, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS name, array_agg(DISTINCT m.role ORDER BY m.role) AS roles,
           array_agg(DISTINCT s.name ORDER BY s.name) AS schools, max(COALESCE(m.until_on, 'infinity')) >= :today AS here
    FROM memberships m JOIN persons p ON p.id = m.person_id JOIN schools s ON s.id = m.school_id
    WHERE (CAST(:schools AS int[]) IS NULL OR m.school_id = ANY (CAST(:schools AS int[]))) AND p.kind = 'staff'
    GROUP BY p.id HAVING max(COALESCE(m.until_on, 'infinity')) >= CAST(:today AS date) - 100 ORDER BY p.family_name, p.given_name, p.id
""")


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff with their roles and schools. `here`: they hold one today; else their last one ended in the last hundred days."""

    person_id: int
    name: str
    roles: tuple[str, ...]
    schools: tuple[str, ...]
    here: bool


@dataclass(frozen=True, slots=True)
class SaidAbsence:
    """An absence that stands, `begun` or not. `deputy` was named; `acting` stands in today (empty: not begun, or nobody can)."""

    id: int
    person_id: int
    person: str
    deputy_id: int
    deputy: str
    from_on: date
    to_on: date | None
    begun: bool
    acting_id: int | None
    acting: str
    school_ids: tuple[int, ...]


def colleagues(session: Session, today: date, schools: Iterable[int] | None = None) -> list[Colleague]:
    """Members of staff at these schools (None: in the whole trust), by name. Needs a scheduler session."""
    rows = session.execute(_POSTS, {"today": today, "schools": None if schools is None else list(schools)})
    return [Colleague(r.id, r.name, tuple(r.roles), tuple(r.schools), r.here) for r in rows]


def absences_seen_by(session: Session, person_id: int, leads: Iterable[int], today: date) -> list[SaidAbsence]:
    """Absences that concern somebody: their own, those in which they were named or stand in, and those at the schools that they lead."""
    at = set(leads)
    return [one for one in said_absences(session, today) if person_id in (one.person_id, one.deputy_id, one.acting_id) or at & set(one.school_ids)]


def said_absences(session: Session, today: date, *, person_id: int | None = None, schools: Iterable[int] | None = None) -> list[SaidAbsence]:
    """Absences of today and later by their first day: everybody's, one person's, or those of people with a role at these schools.

    Needs a scheduler session, since a deputy may be of another school; the caller narrows it to what the reader may see.
    """
    values = {"today": today, "person": person_id, "schools": None if schools is None else list(schools)}
    return [
        SaidAbsence(r.id, r.person_id, r.person, r.deputy_id, r.deputy, r.from_on, r.to_on, r.begun, r.acting_id, r.acting, tuple(r.school_ids))
        for r in session.execute(_SAID, values)
    ]
