"""Schools for which the trust is at work already, or was a short while ago."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

REST = timedelta(weeks=4)

# A case ends with its last act, on the day that a person said.
_HELPED = text("""
    SELECT DISTINCT c.school_id FROM cases c JOIN definitions d ON d.id = c.definition_id AND d.process = :process
    WHERE c.pupil_id IS NULL AND c.ended <> 'opened_in_error'
      AND (c.ended = '' OR (SELECT (e.content::jsonb #>> '{event,on}')::date FROM events e WHERE e.case_id = c.id
                              ORDER BY e.seq DESC LIMIT 1) > :since)
    UNION SELECT id FROM schools WHERE left_on < :today
""")


def not_to_be_opened(session: Session, process: str, today: date) -> frozenset[int]:
    """Schools with an open case of the process, or one that ended in the last four weeks; and those that have left the trust."""
    return frozenset(session.scalars(_HELPED, {"process": process, "since": today - REST, "today": today}))
