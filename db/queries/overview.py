"""The trust at a glance: for each school how much is open, late, and due within a week. One statement over the index of open steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.owed_rows import IS_OWED

# Counted from the index alone (`steps_inbox`): no policy and no condition touches another column.
# A lifted date counts as late here; `inbox.overdue` tells them apart.
_OVERVIEW = """
    WITH counted AS (
        SELECT s.school_id, count(*) AS open, count(*) FILTER (WHERE s.due_on < :today) AS late,
               count(*) FILTER (WHERE s.due_on BETWEEN :today AND :soon) AS soon
        FROM steps s WHERE s.closed_seq IS NULL AND {is_owed} GROUP BY s.school_id
    )
    SELECT c.school_id, sc.name, c.open, c.late, c.soon FROM counted c JOIN schools sc ON sc.id = c.school_id
    ORDER BY c.late DESC, sc.name, c.school_id
"""


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """One school: steps that are open, or surely owed with a date that runs, those past their date of law, and those due within a week."""

    school_id: int
    school: str
    open: int
    late: int
    due_within_a_week: int


def overview(session: Session, today: date) -> list[SchoolRow]:
    """The session's schools that have anything open, those with most that is late first."""
    rows = session.execute(text(_OVERVIEW.format(is_owed=IS_OWED)), {"today": today, "soon": today + timedelta(days=7)})
    return [SchoolRow(*row) for row in rows]
