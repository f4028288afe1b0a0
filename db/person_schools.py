"""Which schools' people may see a person: derived, set-based, from every row that ties somebody to a school."""

from __future__ import annotations

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

# `stood_in`: deputies, and their own deputies, at the schools of whoever was away.
# An LA's contact is seen by the schools of that LA's area and by those with a pupil of that LA, also one whom an older profile named.
# Somebody who has stood in stays known there: their
# name is in the record.
_REFRESH = text("""
    WITH RECURSIVE stood_in AS (
        SELECT a.deputy_id, o.school_id FROM absences a CROSS JOIN unnest(a.school_ids) AS o (school_id)
        UNION SELECT a.deputy_id, s.school_id FROM stood_in s JOIN absences a ON a.person_id = s.deputy_id
    ), tied AS (
        SELECT person_id, school_id FROM memberships
        UNION SELECT person_id, school_id FROM families
        UNION SELECT person_id, school_id FROM pupil_contacts
        UNION SELECT person_id, school_id FROM authority_contacts WHERE school_id IS NOT NULL
        UNION SELECT a.person_id, s.id FROM authority_contacts a JOIN schools s USING (authority_id) WHERE a.school_id IS NULL
        UNION SELECT a.person_id, p.school_id FROM authority_contacts a
              JOIN (SELECT DISTINCT authority_id, school_id FROM pupils) p USING (authority_id) WHERE a.school_id IS NULL
        UNION SELECT person_id, school_id FROM la_profile_people WHERE school_id IS NOT NULL
        UNION SELECT o.person_id, s.school_id FROM la_profile_people o JOIN la_profiles g ON g.id = o.profile_id AND o.pupil_id IS NULL
              JOIN (SELECT authority_id, id AS school_id FROM schools UNION SELECT authority_id, school_id FROM pupils) s USING (authority_id)
        UNION SELECT deputy_id, school_id FROM stood_in
    ), wanted AS (
        SELECT p.id, COALESCE(array_agg(t.school_id ORDER BY t.school_id) FILTER (WHERE t.school_id IS NOT NULL), '{}') AS school_ids
        FROM persons p LEFT JOIN tied t ON t.person_id = p.id GROUP BY p.id
    )
    UPDATE persons SET school_ids = wanted.school_ids FROM wanted
    WHERE persons.id = wanted.id AND persons.school_ids IS DISTINCT FROM wanted.school_ids
""")


_DEPUTIES = text("""
    WITH RECURSIVE standing AS (
        SELECT person_id, deputy_id, school_ids FROM absences WHERE ended_at IS NULL
    ), stood_in AS (
        SELECT a.deputy_id, o.school_id FROM standing a CROSS JOIN unnest(a.school_ids) AS o (school_id)
        UNION SELECT a.deputy_id, s.school_id FROM stood_in s JOIN standing a ON a.person_id = s.deputy_id
    ), wanted AS (
        SELECT p.id, array_agg(s.school_id ORDER BY s.school_id) AS more FROM persons p JOIN stood_in s ON s.deputy_id = p.id
        WHERE NOT s.school_id = ANY (p.school_ids) GROUP BY p.id
    )
    UPDATE persons SET school_ids = school_ids || wanted.more FROM wanted WHERE persons.id = wanted.id
""")


def refresh_person_schools(session: Session) -> int:
    """Set every person's `school_ids` anew after an import, in the caller's transaction (scheduler role). Returns how many changed."""
    result = session.execute(_REFRESH)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def make_deputies_known(session: Session) -> int:
    """Let the schools of everybody who is, or will be, away see the people along the chain of deputies. Returns how many people changed."""
    result = session.execute(_DEPUTIES)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
