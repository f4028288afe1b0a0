"""Pupils with SEND for whom no change of phase has been opened in the last twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Leaver:
    """A pupil on roll today with a plan or on SEN support. `review_due_on`, `last_review_on`: of the plan, None without one.

    `reviewed_now`: an annual review runs that was not opened for a change of phase.
    """

    pupil_id: int
    school_phase: str
    year_group: int | None
    born_on: date
    looked_after: bool
    review_due_on: date | None
    last_review_on: date | None
    reviewed_now: bool


_LEAVERS = text("""
    SELECT p.id, s.phase, p.year_group, p.born_on, p.looked_after, n.review_due_on, n.last_review_on,
           EXISTS (SELECT 1 FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.pupil_id = p.id AND c.ended = ''
                   AND d.process = 'annual_review' AND position('"phase_transfer"' IN c.position) = 0) AS reviewed_now
    FROM pupils p JOIN schools s ON s.id = p.school_id
    LEFT JOIN LATERAL (SELECT review_due_on, last_review_on FROM plans WHERE pupil_id = p.id AND ceased_on IS NULL ORDER BY id LIMIT 1) n ON true
    WHERE (p.left_on IS NULL OR p.left_on >= :today) AND (n.review_due_on IS NOT NULL OR p.sen_provision = 'K')
      AND NOT EXISTS (SELECT 1 FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.pupil_id = p.id AND c.opened_on > :since
                      AND d.process IN ('phase_transfer', 'support_transfer'))
    ORDER BY p.id
""")


def leavers(session: Session, today: date) -> list[Leaver]:
    """Whoever may change phase next and has no case of it: which of them do is for `rules.transfer` to say."""
    return [Leaver(*row) for row in session.execute(_LEAVERS, {"since": today - A_YEAR, "today": today})]
