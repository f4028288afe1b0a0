"""LAs' duties that are done, and whose last day was counted from a fact that has been put right since: their rows keep the day of then.

An LA is held against the day that the law gives it, and not against a meeting that the school had recorded wrongly.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.queries.definitions_read import definitions_by_hash
from rules.position_text import record_from_text
from rules.reading import last_day_by_now

# `why` names what a date was counted from. A fact that a later decision recorded anew is that decision's.
_FOUND = text("""
    SELECT s.case_id, s.no, c.school_id, c.position, d.hash FROM steps s JOIN cases c ON c.id = s.case_id JOIN definitions d ON d.id = c.definition_id
     WHERE s.owner = 'la' AND s.due_on IS NOT NULL AND s.closed_seq IS NOT NULL AND EXISTS (
       SELECT FROM events e CROSS JOIN LATERAL jsonb_array_elements(s.why::jsonb -> 1) AS base
        WHERE e.case_id = s.case_id AND e.seq > s.closed_seq AND e.kind = 'correct' AND position('"' || (base ->> 0) || '":' IN e.content) > 0
          AND NOT EXISTS (SELECT FROM events n WHERE n.case_id = e.case_id AND n.seq > e.seq AND n.kind = 'decide'
                             AND position('"' || (base ->> 0) || '":' IN n.content) > 0))
""")


def days_put_right(session: Session) -> dict[str, list[Any]]:
    """Of the session's schools: by case and number of the step the last day as it is now; as the LA ledger's statement takes them."""
    rows = session.execute(_FOUND).all()
    definitions = definitions_by_hash(session, {row.hash for row in rows})
    calendars = {school: calendar_of(session, school) for school in {row.school_id for row in rows}}
    found = [
        (row.case_id, row.no, day)
        for row in rows
        if (day := last_day_by_now(record_from_text(row.position, definitions[row.hash]), row.no, calendars[row.school_id])) is not None
    ]
    names = ("moved_cases", "moved_numbers", "moved_days")
    return {name: [one[place] for one in found] for place, name in enumerate(names)}
