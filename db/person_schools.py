"""Which schools' people may see a person: derived, set-based, from every row that ties somebody to a school."""

from __future__ import annotations

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

# An LA's contact is seen by the schools of that LA's area and by those with a pupil of that LA. Somebody who has stood in stays known there: their
# name is in the record.
_REFRESH = text("""
    WITH tied AS (
        SELECT person_id, school_id FROM memberships
        UNION SELECT person_id, school_id FROM families
        UNION SELECT person_id, school_id FROM pupil_contacts
        UNION SELECT person_id, school_id FROM authority_contacts WHERE school_id IS NOT NULL
        UNION SELECT a.person_id, s.id FROM authority_contacts a JOIN schools s USING (authority_id) WHERE a.school_id IS NULL
        UNION SELECT a.person_id, p.school_id FROM authority_contacts a
              JOIN (SELECT DISTINCT authority_id, school_id FROM pupils) p USING (authority_id) WHERE a.school_id IS NULL
        UNION SELECT deputy_id, unnest(school_ids) FROM absences
    ), wanted AS (
        SELECT p.id, COALESCE(array_agg(t.school_id ORDER BY t.school_id) FILTER (WHERE t.school_id IS NOT NULL), '{}') AS school_ids
        FROM persons p LEFT JOIN tied t ON t.person_id = p.id GROUP BY p.id
    )
    UPDATE persons SET school_ids = wanted.school_ids FROM wanted
    WHERE persons.id = wanted.id AND persons.school_ids IS DISTINCT FROM wanted.school_ids
""")


def refresh_person_schools(session: Session) -> int:
    """Set every person's `school_ids` anew after an import, in the caller's transaction (scheduler role). Returns how many changed."""
    result = session.execute(_REFRESH)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
