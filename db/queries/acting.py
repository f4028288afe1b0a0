"""Who acts for whom today: the roles somebody holds or stands in for, and who stands in for them. Asked by the day, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import HEAD_ALONE, HEADTEACHER

_HELD = text("""
    SELECT m.school_id, m.role, NULL::bigint AS holder_id, '' AS holder, NULL::date AS until_on, s.name AS school
    FROM memberships m JOIN schools s ON s.id = m.school_id WHERE m.person_id = :person AND (m.until_on IS NULL OR m.until_on >= :today)
    UNION ALL
    SELECT i.school_id, i.role, i.holder_id, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name), i.until_on, s.name
    FROM stands_in(:person, :today) i JOIN schools s ON s.id = i.school_id JOIN persons p ON p.id = i.holder_id
""")
_AWAY = text("""
    SELECT a.from_on, a.to_on, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS deputy,
           (SELECT concat_ws(' ', NULLIF(d.title, ''), d.given_name, d.family_name) FROM stand_ins(:today) i
            JOIN persons d ON d.id = i.deputy_id WHERE i.holder_id = :person LIMIT 1) AS acting,
           CASE WHEN a.said_by <> a.person_id THEN concat_ws(' ', NULLIF(s.title, ''), s.given_name, s.family_name) ELSE '' END AS said_by
    FROM absences a JOIN persons p ON p.id = a.deputy_id LEFT JOIN persons s ON s.id = a.said_by
    WHERE a.person_id = :person AND a.ended_at IS NULL AND a.from_on <= :today AND (a.to_on IS NULL OR a.to_on >= :today)
""")
_ACTS = text("""
    WITH stood_in AS MATERIALIZED (SELECT role, holder_id, deputy_id FROM stand_ins(:today) WHERE school_id = :school AND role = :role),
    acting AS (
        SELECT m.person_id, NULL::bigint AS holder_id FROM memberships m
        WHERE m.school_id = :school AND m.role = :role AND (m.until_on IS NULL OR m.until_on >= :today)
          AND m.person_id NOT IN (SELECT holder_id FROM stood_in)
        UNION ALL SELECT deputy_id, holder_id FROM stood_in WHERE deputy_id IS NOT NULL
    )
    SELECT concat_ws(' ', NULLIF(p.given_name, ''), p.family_name) AS name, p.email, a.holder_id IS NOT NULL AS stands_in
    FROM acting a JOIN persons p ON p.id = a.person_id AND (p.left_on IS NULL OR p.left_on >= :today)
    ORDER BY stands_in, p.id LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts in a role at a school; `stands_in`: for its holder, who is away."""

    name: str
    email: str
    stands_in: bool


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role (a name in `roles.yaml`) that somebody has at a school today; of their own, or standing in for `holder` until `until_on`.

    `holder_id` None: their own. `until_on` None: for as long as it is theirs, or until further notice.
    """

    school_id: int
    school: str
    role: str
    holder_id: int | None
    holder: str
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody's own absence today. `deputy` is whom they named; `acting` who stands in now, further along the chain or not; empty: nobody
    can. `said_by`: who said it, where that was somebody else."""

    from_on: date
    to_on: date | None
    deputy: str
    acting: str
    said_by: str


def roles_today(session: Session, person_id: int, today: date) -> list[HeldRole]:
    """Every role that the person has today, their own first. Ask it in a scheduler session, at sign-in: it decides the scope."""
    rows = session.execute(_HELD, {"person": person_id, "today": today})
    return [HeldRole(r.school_id, r.school, r.role, r.holder_id, r.holder, r.until_on) for r in rows]


def roles_by_school(held: Iterable[HeldRole]) -> dict[int, frozenset[str]]:
    """The roles that somebody has at each school, for their session. A headteacher with another role there reads as headteacher alone: a case that
    is about them is theirs in no other role, nor as a deputy (docs/decisions/185); whoever stands in for them reads by what they are."""
    roles: dict[int, set[str]] = {}
    led = set()
    for one in held:
        roles.setdefault(one.school_id, set()).add(one.role)
        if one.role == HEADTEACHER and one.holder_id is None:
            led.add(one.school_id)
    return {school: frozenset(found | {HEAD_ALONE} if school in led and len(found) > 1 else found) for school, found in roles.items()}


def away_today(session: Session, person_id: int, today: date) -> Away | None:
    """The person's absence today; None: they are here. Ask it in a scheduler session: a deputy may be of another school."""
    row = session.execute(_AWAY, {"person": person_id, "today": today}).one_or_none()
    return None if row is None else Away(row.from_on, row.to_on, row.deputy, row.acting or "", row.said_by or "")


def acting_in(session: Session, school_id: int, role: str, today: date) -> Acting | None:
    """Who acts in that role at the school today: the first who holds it and is here, else who stands in; None: nobody. A scheduler session's."""
    row = session.execute(_ACTS, {"school": school_id, "role": role, "today": today}).one_or_none()
    return None if row is None else Acting(row.name, row.email, row.stands_in)
