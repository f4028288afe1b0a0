"""EHC plans whose review does not run although its day has come: what must not pass in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.cases import plans_to_review
from db.queries.running_reviews import REVIEW
from db.queries.step_rows import pupil_name


@dataclass(frozen=True, slots=True)
class PlanWithoutReview:
    """A plan of a pupil on roll. `review_due_on`: the last lawful day of the LA's decision. `closed`: the case that a person ended, if any."""

    pupil_id: int
    pupil_name: str
    school: str
    review_due_on: date
    closed: str


_NAMES = text("""
    SELECT p.id, p.given_name, p.family_name, p.known_as, s.name AS school,
           (SELECT c.ref FROM cases c JOIN definitions d ON d.id = c.definition_id
             WHERE c.pupil_id = p.id AND d.process = :process AND c.ended <> '' ORDER BY c.id DESC LIMIT 1) AS closed
    FROM pupils p JOIN schools s ON s.id = p.school_id WHERE p.id = ANY(:pupils)
""")


def plans_without_review(session: Session, until: date, today: date, opens_on: Callable[[date], date]) -> list[PlanWithoutReview]:
    """Plans of the session's schools due by `until`, with no review for it although the day of `opens_on(review_due_on)` is past; soonest first.

    The morning's sweep opens every review on its day, so a plan stands here when a person has ended its case, or when it could not be opened.
    """
    due = [plan for plan in plans_to_review(session, until, today=today) if opens_on(plan.review_due_on) < today]
    if not due:
        return []
    rows = {row.id: row for row in session.execute(_NAMES, {"process": REVIEW, "pupils": [plan.pupil_id for plan in due]})}
    found = []
    for plan in due:
        row = rows[plan.pupil_id]
        name = pupil_name(row.given_name, row.family_name, row.known_as)
        found.append(PlanWithoutReview(plan.pupil_id, name, row.school, plan.review_due_on, row.closed or ""))
    return found
