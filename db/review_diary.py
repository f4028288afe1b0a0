"""When a plan is to be reviewed next: the last day of twelve months that start with its making or its last review (CFA 2014 s.44(1)); or no more."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session


def diary_review(session: Session, case: str, reviewed_on: date, next_due_on: date) -> bool:
    """Put the next review of the case's pupil in the diary. A plan is added if the pupil has none that runs. False: done before.

    `reviewed_on`: the day the plan was made or the review decided; `next_due_on`: the last lawful day of the next review's decision.
    """
    changed = session.execute(
        text("""
        UPDATE plans n SET last_review_on = :reviewed, review_due_on = :next
          FROM cases c WHERE c.ref = :case AND n.pupil_id = c.pupil_id AND n.ceased_on IS NULL AND n.review_due_on < :next
        RETURNING n.id"""),
        {"case": case, "reviewed": reviewed_on, "next": next_due_on},
    ).all()
    added = session.execute(
        text("""
        INSERT INTO plans (pupil_id, school_id, authority_id, issued_on, review_due_on)
        SELECT p.id, p.school_id, p.authority_id, :reviewed, :next FROM cases c JOIN pupils p ON p.id = c.pupil_id
         WHERE c.ref = :case AND p.authority_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM plans n WHERE n.pupil_id = p.id AND n.ceased_on IS NULL)
        RETURNING id"""),
        {"case": case, "reviewed": reviewed_on, "next": next_due_on},
    ).all()
    return bool(changed or added)


def end_plan(session: Session, case: str, ceased_on: date) -> bool:
    """The plan of the case's pupil has ceased: nothing of it falls due any more. False: it had ended before, or there was none."""
    ended = session.execute(
        text("""
        UPDATE plans n SET ceased_on = :on FROM cases c WHERE c.ref = :case AND n.pupil_id = c.pupil_id AND n.ceased_on IS NULL RETURNING n.id"""),
        {"case": case, "on": ceased_on},
    ).all()
    return bool(ended)
