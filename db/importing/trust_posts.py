"""Posts of the whole trust at a school that joins it: its own files name nobody of the trust, and a file of staff need not come again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.importing.problems import Problem
from db.importing.staff_identity import ROLES_OF_THE_WHOLE_TRUST
from db.permissions import role_title

# A post that somebody has at each school that was of the trust before is one of the whole trust; at some of them alone it stays at those.
_HOLD = text("""
    WITH standing AS (SELECT id FROM schools WHERE NOT id = ANY (:joined) AND (left_on IS NULL OR left_on >= :today)), held AS (
        SELECT m.person_id, m.role, nullif(max(coalesce(m.until_on, 'infinity')), 'infinity') AS until_on
        FROM memberships m JOIN standing s ON s.id = m.school_id JOIN persons p ON p.id = m.person_id AND (p.left_on IS NULL OR p.left_on >= :today)
        WHERE m.role = ANY (:roles) AND (m.until_on IS NULL OR m.until_on >= :today)
        GROUP BY m.person_id, m.role HAVING count(*) = (SELECT count(*) FROM standing)
    ), made AS (
        INSERT INTO memberships (person_id, school_id, role, until_on)
        SELECT h.person_id, j.id, h.role, h.until_on FROM held h CROSS JOIN unnest(CAST(:joined AS int[])) AS j (id)
        ON CONFLICT DO NOTHING RETURNING person_id, school_id, role
    )
    SELECT concat_ws(' ', p.given_name, p.family_name) AS name, made.role, s.name AS school
    FROM made JOIN persons p ON p.id = made.person_id JOIN schools s ON s.id = made.school_id ORDER BY p.family_name, p.id, made.role, s.name
""")


def hold_trust_posts(session: Session, file: str, joined: Collection[int], today: date) -> tuple[Problem, ...]:
    """Put whoever leads the whole trust into that role at the schools that joined, and say of each that it was done. Else nobody of the trust
    would read of them, nor be told that nobody can act there."""
    values = {"joined": sorted(joined), "roles": list(ROLES_OF_THE_WHOLE_TRUST), "today": today}
    return tuple(
        Problem(file, 0, "", f"{row.name} is {role_title(row.role)} at every school of the trust, and now at {row.school}")
        for row in session.execute(_HOLD, values)
    )
