"""When a plan is to be reviewed next: the last day of twelve months that start with its making or its last review (CFA 2014 s.44(1)); or no more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

# Whoever writes a child's plans holds the child first: an import beside a review that is recorded must neither undo it nor bring the plan twice.
_HOLD_PUPIL = text("SELECT FROM pupils p JOIN cases c ON c.pupil_id = p.id WHERE c.ref = :case FOR NO KEY UPDATE OF p")
_HOLD_PUPILS = text("""
    SELECT FROM pupils p WHERE p.id = ANY (:pupils) OR p.upn IN (SELECT q.upn FROM pupils q WHERE q.id = ANY (:pupils))
    ORDER BY p.id FOR NO KEY UPDATE OF p
""")


@dataclass(frozen=True)
class KnownPlan:
    """What a process learned of a plan. `issued_on`: the date on it, an amendment's too; `last_review_on`: None where the twelve months run from its
    making; `review_due_on`: their last day."""

    issued_on: date
    last_review_on: date | None
    review_due_on: date


def diary_review(session: Session, case: str, reviewed_on: date, next_due_on: date, *, corrected: bool = False) -> bool:
    """Put the review after this one in the diary. A plan is added if the case's pupil has none that runs. False: done before.

    `reviewed_on`: the day the review was decided; `next_due_on`: the last lawful day of the next review's decision; `corrected`: the case had put
    another day there, which now moves either way, unless a later review has dated the next one since.
    """
    session.execute(_HOLD_PUPIL, {"case": case})
    changed = session.execute(
        text("""
        UPDATE plans n SET last_review_on = :reviewed, review_due_on = :next
          FROM cases c WHERE c.ref = :case AND n.pupil_id = c.pupil_id AND n.ceased_on IS NULL
           AND (n.review_due_on < :next OR :corrected AND n.review_due_on > :next AND NOT EXISTS (
                SELECT 1 FROM cases k JOIN steps t ON t.case_id = k.id AND t.step = 'diary_next_review' AND t.outcome = 'done'
                 WHERE k.pupil_id = c.pupil_id AND k.id > c.id))
        RETURNING n.id"""),
        {"case": case, "reviewed": reviewed_on, "next": next_due_on, "corrected": corrected},
    ).all()
    # Told as a review also where no file has brought the plan yet: the one that does undoes none.
    return bool(changed) or _add(session, case, KnownPlan(reviewed_on, reviewed_on, next_due_on))


def hold_plans(session: Session, pupils: Collection[int]) -> None:
    """Nobody puts another day into the plans of these children, at whichever of our schools, until the transaction ends."""
    session.execute(_HOLD_PUPILS, {"pupils": sorted(pupils)})


def reviewed_by_a_case(session: Session, pupils: Collection[int]) -> set[int]:
    """Which of these pupils have a case, at any school of the trust (by the UPN), that put a review in the diary or is about to.

    What a case has recorded outlives the files of a school's system.
    """
    found = session.scalars(
        text("""
        WITH reviewed AS (
            SELECT DISTINCT c.pupil_id FROM cases c JOIN steps t ON t.case_id = c.id WHERE t.step IN ('diary_next_review', 'diary_first_review')
               AND (t.outcome = 'done' OR t.closed_seq IS NULL AND t.status = 'open'))
        SELECT p.id FROM pupils p WHERE p.id = ANY (:pupils) AND (
            p.id IN (SELECT pupil_id FROM reviewed) OR p.upn IN (SELECT q.upn FROM pupils q WHERE q.id IN (SELECT pupil_id FROM reviewed)))"""),
        {"pupils": sorted(pupils)},
    )
    return set(found)


def diary_plan(session: Session, case: str, plan: KnownPlan) -> bool:
    """Put the next review of a plan that was made, amended or brought along in the diary. False: nothing changed.

    A day that stands there already moves to an earlier one, never to a later: only a review starts new twelve months.
    """
    session.execute(_HOLD_PUPIL, {"case": case})
    changed = session.execute(
        text("""
        UPDATE plans n SET last_review_on = COALESCE(:reviewed, n.last_review_on), review_due_on = :next
          FROM cases c WHERE c.ref = :case AND n.pupil_id = c.pupil_id AND n.ceased_on IS NULL AND n.review_due_on > :next
        RETURNING n.id"""),
        {"case": case, "reviewed": plan.last_review_on, "next": plan.review_due_on},
    ).all()
    return bool(changed) or _add(session, case, plan)


def _add(session: Session, case: str, plan: KnownPlan) -> bool:
    """The LA is the one that letters go to: only a file of plans tells the pupil's own, and there was none."""
    added = session.execute(
        text("""
        INSERT INTO plans (pupil_id, school_id, authority_id, issued_on, last_review_on, review_due_on)
        SELECT p.id, p.school_id, COALESCE(p.authority_id, s.authority_id), :issued, :reviewed, :next
          FROM cases c JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = p.school_id
         WHERE c.ref = :case AND NOT EXISTS (SELECT 1 FROM plans n WHERE n.pupil_id = p.id AND n.ceased_on IS NULL)
        RETURNING id"""),
        {"case": case, "issued": plan.issued_on, "reviewed": plan.last_review_on, "next": plan.review_due_on},
    ).all()
    return bool(added)


def end_plan(session: Session, case: str, ceased_on: date) -> bool:
    """The plan of the case's pupil has ceased: nothing of it falls due any more. False: it had ended before, or there was none."""
    session.execute(_HOLD_PUPIL, {"case": case})
    ended = session.execute(
        text("""
        UPDATE plans n SET ceased_on = :on FROM cases c WHERE c.ref = :case AND n.pupil_id = c.pupil_id AND n.ceased_on IS NULL RETURNING n.id"""),
        {"case": case, "on": ceased_on},
    ).all()
    return bool(ended)
