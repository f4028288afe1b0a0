"""The calendar of a school, from its terms and closures in the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Engines
from db.models import SchoolClosure, SchoolTerm
from rules.calendar import SchoolCalendar, Term, england

Stretch = tuple[date, date]


class SchoolCalendars:
    """Calendars by school and by the stamp of its rows (`calendar_stamp` in `db/sql`), so that a changed term is seen at the next act."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._kept: dict[int, tuple[str, SchoolCalendar]] = {}

    def of(self, school_id: int, stamp: str) -> SchoolCalendar:
        """The calendar of that school; read anew when `stamp` is another than last time."""
        kept = self._kept.get(school_id)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        with self._engines.scheduler() as session:
            calendar = calendar_of(session, school_id)
        self._kept[school_id] = (stamp, calendar)
        return calendar


def calendar_of(session: Session, school_id: int) -> SchoolCalendar:
    """The calendar of a school as its terms and closures say now. A school without term dates has England's working days only.

    Raises ValueError naming the term if two overlap (the import refuses such terms).
    """
    terms = session.execute(select(SchoolTerm.name, SchoolTerm.first_on, SchoolTerm.last_on).where(SchoolTerm.school_id == school_id))
    closures = session.execute(select(SchoolClosure.first_on, SchoolClosure.last_on).where(SchoolClosure.school_id == school_id))
    return _calendar(
        tuple(sorted((str(name), first, last) for name, first, last in terms)),
        tuple(sorted((first, last) for first, last in closures)),
    )


@lru_cache(maxsize=256)
def _calendar(terms: tuple[tuple[str, date, date], ...], closures: tuple[Stretch, ...]) -> SchoolCalendar:
    closed = (first + timedelta(days=n) for first, last in closures for n in range((last - first).days + 1))
    return england([Term(name, first, last) for name, first, last in terms], closed)
