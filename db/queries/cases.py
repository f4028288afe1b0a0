"""Finding cases and pupils, and plans whose review falls due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.running_reviews import AWAITED
from db.queries.step_rows import initials, pupil_name, whom

_TO_REVIEW = text(f"""
    SELECT n.id, n.pupil_id, n.school_id, n.issued_on, n.last_review_on, n.review_due_on, p.born_on, p.year_group, p.looked_after
    FROM plans n JOIN pupils p ON p.id = n.pupil_id
    WHERE n.ceased_on IS NULL AND (p.left_on IS NULL OR p.left_on >= :today) AND n.review_due_on <= :until
      AND NOT EXISTS (SELECT 1 FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.pupil_id = n.pupil_id AND {AWAITED})
      AND NOT EXISTS (SELECT 1 FROM cases c JOIN definitions d ON d.id = c.definition_id
                        JOIN steps t ON t.case_id = c.id AND t.step = 'review' AND t.closed_seq IS NULL
                       WHERE c.pupil_id = n.pupil_id AND c.ended = '' AND d.process = 'phase_transfer'
                         AND NOT EXISTS (SELECT 1 FROM case_waits w WHERE w.parent_id = t.case_id AND w.step = t.step AND w.round = t.round))
    ORDER BY n.review_due_on, n.id""")  # noqa: S608  our own names


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list. `next_on`: the earliest day among its open steps. About a school: its name, and no initials."""

    ref: str
    process: str
    pupil_name: str
    pupil_initials: str
    school: str
    opened_on: date
    ended: str
    next_on: date | None


@dataclass(frozen=True, slots=True)
class PupilRow:
    """One pupil in a list."""

    id: int
    name: str
    upn: str | None
    born_on: date
    year_group: int | None
    sen_provision: str
    school_id: int
    school: str
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class PlanToReview:
    """An EHC plan without a review that awaits its decision. `review_due_on`: the last lawful day of the LA's decision on it."""

    plan_id: int
    pupil_id: int
    school_id: int
    issued_on: date
    last_review_on: date | None
    review_due_on: date
    born_on: date
    year_group: int | None
    looked_after: bool


def list_cases(
    session: Session, *, running: bool | None = True, pupil_id: int | None = None, about_school: int | None = None, limit: int = 1000
) -> list[CaseRow]:
    """Cases of the session's schools: running, ended or (None) both; of one pupil, or about one school, if given. Most urgent first."""
    rows = session.execute(
        text("""
        SELECT c.ref, d.process, p.given_name, p.family_name, p.known_as, s.name AS school, c.opened_on, c.ended,
               (SELECT min(LEAST(t.due_on, t.safe_on, t.target_on)) FROM steps t WHERE t.case_id = c.id AND t.closed_seq IS NULL) AS next_on
        FROM cases c JOIN definitions d ON d.id = c.definition_id LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
        WHERE (CAST(:running AS boolean) IS NULL OR (c.ended = '') = :running) AND (CAST(:pupil AS bigint) IS NULL OR c.pupil_id = :pupil)
          AND (CAST(:about AS int) IS NULL OR (c.pupil_id IS NULL AND c.school_id = :about))
        ORDER BY next_on NULLS LAST, c.id LIMIT :limit"""),
        {"running": running, "pupil": pupil_id, "about": about_school, "limit": limit},
    )
    return [
        CaseRow(
            row.ref,
            row.process,
            whom(row),
            initials(row.given_name or "", row.family_name or ""),
            row.school,
            row.opened_on,
            row.ended,
            row.next_on,
        )
        for row in rows
    ]


def find_pupils(session: Session, words: str, today: date, *, limit: int = 50, left_too: bool = False) -> list[PupilRow]:
    """Pupils whose name begins with each of the words, or whose UPN is the word; by name. Words are never read as SQL or patterns.

    They are on roll today, or their last day is still to come; `left_too`: or they have left, and come last.
    """
    rows = session.execute(
        text("""
        SELECT p.id, p.given_name, p.family_name, p.known_as, p.upn, p.born_on, p.year_group, p.sen_provision, p.left_on,
               p.school_id, s.name AS school
        FROM pupils p JOIN schools s ON s.id = p.school_id
        WHERE (:left_too OR p.left_on IS NULL OR p.left_on >= :today) AND NOT EXISTS (
            SELECT 1 FROM unnest(CAST(:words AS text[])) AS word
            WHERE NOT (starts_with(lower(p.given_name), word) OR starts_with(lower(p.family_name), word)
                       OR starts_with(lower(p.known_as), word) OR lower(COALESCE(p.upn, '')) = word))
        ORDER BY COALESCE(p.left_on < :today, false), p.family_name, p.given_name, p.id LIMIT :limit"""),
        {"words": words.lower().split()[:5], "today": today, "limit": limit, "left_too": left_too},
    )
    return [
        PupilRow(
            row.id,
            pupil_name(row.given_name, row.family_name, row.known_as),
            row.upn,
            row.born_on,
            row.year_group,
            row.sen_provision,
            row.school_id,
            row.school,
            row.left_on,
        )
        for row in rows
    ]


def plans_to_review(session: Session, due_until: date, *, today: date) -> list[PlanToReview]:
    """Plans whose 12 months end by `due_until` and whose pupil has no review that still awaits its decision; soonest first. Who is on roll
    today, or leaves on a later day, is reviewed.

    A review that was decided stands in nobody's way, however long it stays open. A change of phase opens its review itself: while it has none yet,
    such a pupil is left out; afterwards the review that it waits for speaks for itself.
    """
    rows = session.execute(_TO_REVIEW, {"until": due_until, "today": today})
    return [PlanToReview(*row) for row in rows]
