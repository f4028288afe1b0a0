"""Annual reviews that still run: which of them stands for a plan's present twelve months, and which has had its say and only ends later.

A review has had its say once it has put the next one in the diary. An amended plan that never comes, a letter that nobody wrote or an appeal may keep
it open for years after that; the next twelve months run all the same (CFA 2014 s.44(1)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

REVIEW = "annual_review"

# A running review `c` (its text `d`) that has not put the next one in the diary.
AWAITED = f"""c.ended = '' AND d.process = '{REVIEW}' AND NOT EXISTS (
    SELECT 1 FROM steps t WHERE t.case_id = c.id AND t.step = 'diary_next_review' AND t.closed_seq IS NOT NULL AND t.outcome = 'done')"""  # noqa: S608  our own names

_AWAITED_OF = text(
    f"SELECT c.ref, c.natural_key FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.pupil_id = :pupil AND {AWAITED} ORDER BY c.id"  # noqa: S608  our own names
)


_AWAITED_BUT = text(
    f"""SELECT c.ref FROM cases c JOIN definitions d ON d.id = c.definition_id JOIN cases o ON o.pupil_id = c.pupil_id
         WHERE o.ref = :case AND c.id <> o.id AND {AWAITED} ORDER BY c.id"""  # noqa: S608  our own names
)


@dataclass(frozen=True, slots=True)
class RunningReview:
    """A review that awaits its decision. `due_on`: the end of the twelve months for which it was opened."""

    ref: str
    due_on: date


def review_of_the_same_year(session: Session, pupil_id: int, due_on: date) -> RunningReview | None:
    """The pupil's review that awaits its decision and was opened for the same twelve months under another day; None if there is none.

    The same twelve months: less than a year lies between the two ends. One for a later year may be opened, however long the LA keeps the last
    waiting.
    """
    rows = session.execute(_AWAITED_OF, {"pupil": pupil_id})
    running = [RunningReview(row.ref, date.fromisoformat(row.natural_key.rpartition("/")[2])) for row in rows]
    return next((one for one in running if one.due_on != due_on and _same_year(one.due_on, due_on)), None)


def other_awaited_reviews(session: Session, case: str) -> list[str]:
    """The other reviews of that case's pupil that await their decision, oldest first."""
    return list(session.scalars(_AWAITED_BUT, {"case": case}))


def _same_year(one: date, other: date) -> bool:
    first, last = sorted((one, other))
    return (last.year - 1, last.month, last.day) < (first.year, first.month, first.day)
