"""Running cases in which the rights still stand with the parents though the pupil is a young person by now (CFA 2014 s.83(2))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.step_rows import pupil_name
from rules.owed import RIGHTS_HELD_BY
from rules.school_age import compulsory_school_age_ends, is_young_person

YOUNGEST = timedelta(days=15 * 365)  # nobody is a young person sooner; which day it is, `rules/school_age.py` alone says

# What was said of it last: at the opening, or by a correction. An opening may have handed on what another case said before the day.
_PARENTS = text("""
    SELECT c.id, c.ref, c.school_id, p.given_name, p.family_name, p.known_as, p.born_on, s.name AS school, said.kind, said.said_on
    FROM pupils p JOIN cases c ON c.pupil_id = p.id AND c.ended = '' JOIN schools s ON s.id = c.school_id
    CROSS JOIN LATERAL (
        SELECT e.kind, e.content::jsonb #>> ARRAY['event', 'facts', :fact] AS holder, (e.content::jsonb #>> '{event,on}')::date AS said_on
        FROM events e WHERE e.case_id = c.id AND e.kind IN ('open', 'correct')
          AND e.content::jsonb #>> ARRAY['event', 'facts', :fact] IS NOT NULL ORDER BY e.seq DESC LIMIT 1) AS said
    WHERE p.born_on <= :born AND said.holder = 'parent'
    ORDER BY s.name, p.family_name, p.given_name, c.id
""")


@dataclass(frozen=True, slots=True)
class RightsPassed:
    """A running case in which the parents still hold the rights. `passed_on`: the first day on which they were the young person's."""

    case_id: int
    case: str
    school_id: int
    pupil_name: str
    school: str
    passed_on: date


def rights_passed(session: Session, today: date) -> list[RightsPassed]:
    """Those of the session's schools, and of the cases it may read, that nobody has looked at since: no correction, from that day on, has said that
    the parents hold the rights (as they may for a young person who lacks the capacity to decide: SEND Regulations 2014 reg 64)."""
    found = []
    for row in session.execute(_PARENTS, {"fact": RIGHTS_HELD_BY, "born": today - YOUNGEST}):
        passed_on = compulsory_school_age_ends(row.born_on) + timedelta(days=1)
        looked_at = row.kind == "correct" and row.said_on >= passed_on
        if is_young_person(row.born_on, today) and not looked_at:
            name = pupil_name(row.given_name, row.family_name, row.known_as)
            found.append(RightsPassed(row.id, row.ref, row.school_id, name, row.school, passed_on))
    return found
