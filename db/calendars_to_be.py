"""School calendars as they would be: with a bank holiday, with days closed, or with the terms of a file. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.importing.problems import ImportRefused, Problem
from db.importing.run import import_files
from db.models import School
from rules.bank_holidays import Overrides, library_holidays
from rules.calendar import SchoolCalendar


def days_between(text: str) -> frozenset[date]:
    """`2027-03-03` or `2027-03-03..2027-03-05` as days. Raises ValueError, saying what to write."""
    first, _, last = text.partition("..")
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise ValueError(f"{text!r} is no day; write 2027-03-03, or 2027-03-03..2027-03-05 for several") from None
    if ends < begins:
        raise ValueError(f"{text!r} ends before it begins; write the first day first")
    return frozenset(begins + timedelta(days=n) for n in range((ends - begins).days + 1))


def calendars_of(session: Session, schools: Iterable[int]) -> dict[int, SchoolCalendar]:
    """The calendars of these schools as their terms and closures are stored now."""
    return {school: calendar_of(session, school) for school in sorted(schools)}


def with_days(
    calendar: SchoolCalendar, bank_holidays: frozenset[date], closed: frozenset[date], moved: frozenset[date] = frozenset()
) -> SchoolCalendar:
    """The calendar with these bank holidays (no working days anywhere) and these days on which the school is closed to pupils; `moved`: bank holidays
    that are none any more. Raises ValueError for one that is none now."""
    for day in sorted(moved):
        if day not in calendar.overrides.added and (day not in library_holidays(day.year) or day in calendar.overrides.removed):
            raise ValueError(f"{day} is no bank holiday; name the day that has been moved or taken back")
    added, removed = calendar.overrides.added, calendar.overrides.removed
    overrides = Overrides((added | bank_holidays) - moved, (removed - bank_holidays) | moved)
    return replace(calendar, closed_on=calendar.closed_on | closed, overrides=overrides)


def with_terms(session: Session, schools: Sequence[int], file: Path, today: date) -> dict[int, SchoolCalendar]:
    """The calendars that these schools have once the file of term dates is imported: it is imported here, read, and taken back.

    Raises ImportRefused with every problem of the file, and for a file of anything but term dates.
    """
    try:
        report = import_files(session, {file.name: file.read_bytes()}, actor_id=None, today=today)
        wrong = [one for one in report.files if one.kind != "term_dates"]
        if wrong:
            raise ImportRefused([Problem(file.name, 0, "", f"this file holds {wrong[0].kind.replace('_', ' ')}; give one of term dates")])
        return calendars_of(session, schools)
    finally:
        session.rollback()


def school_of(session: Session, urn: str) -> int | None:
    """The school with that URN."""
    return session.scalar(select(School.id).where(School.urn == urn))
