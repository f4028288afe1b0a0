"""The calendar of a school, from its terms and closures in the ledger."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.engine import Engines
from db.models import KeptCalendar, SchoolClosure, SchoolTerm
from rules.calendar import SchoolCalendar, Term, england

Stretch = tuple[date, date]


class SchoolCalendars:
    """Calendars by school and by the stamp of its rows (`calendar_stamp` in `db/sql`), so that a changed term is seen at the next act."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._kept: dict[int, tuple[str, SchoolCalendar]] = {}
        self._by_version: dict[str, SchoolCalendar] = {}

    def of(self, school_id: int, stamp: str) -> SchoolCalendar:
        """The calendar of that school; read anew when `stamp` is another than last time."""
        kept = self._kept.get(school_id)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        with self._engines.scheduler() as session:
            calendar = calendar_of(session, school_id)
            session.execute(insert(KeptCalendar).on_conflict_do_nothing(), {"version": calendar.version, "content": _text(calendar)})
        self._kept[school_id] = (stamp, calendar)
        return calendar

    def at(self, version: str) -> SchoolCalendar:
        """The calendar that an act was judged by. Raises KeyError if it was never kept.

        Bank holidays are those of today's library: where its own have changed, the calendar's version is another one, and so may a date be.
        """
        if version not in self._by_version:
            with self._engines.scheduler() as session:
                content = session.scalar(select(KeptCalendar.content).where(KeptCalendar.version == version))
            if content is None:
                raise KeyError(f"no calendar {version}")
            terms, closed = json.loads(content)
            days = [date.fromisoformat(day) for day in closed]
            self._by_version[version] = england([Term(name, date.fromisoformat(a), date.fromisoformat(b)) for name, a, b in terms], days)
        return self._by_version[version]


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


def _text(calendar: SchoolCalendar) -> str:
    terms = [[term.name, term.first_on.isoformat(), term.last_on.isoformat()] for term in calendar.terms]
    return json.dumps([terms, sorted(day.isoformat() for day in calendar.closed_on)], ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=256)
def _calendar(terms: tuple[tuple[str, date, date], ...], closures: tuple[Stretch, ...]) -> SchoolCalendar:
    closed = (first + timedelta(days=n) for first, last in closures for n in range((last - first).days + 1))
    return england([Term(name, first, last) for name, first, last in terms], closed)
