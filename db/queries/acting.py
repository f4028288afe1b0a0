"""Who acts for whom today: the roles somebody holds or stands in for, and who stands in for them. Asked by the day, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

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


def away_today(session: Session, person_id: int, today: date) -> Away | None:
    """The person's absence today; None: they are here. Ask it in a scheduler session: a deputy may be of another school."""
    row = session.execute(_AWAY, {"person": person_id, "today": today}).one_or_none()
    return None if row is None else Away(row.from_on, row.to_on, row.deputy, row.acting or "", row.said_by or "")
