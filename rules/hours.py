"""When people may be written to. The hours are ours, for a tone that people accept; no date of law moves for them.

Staff 07:00 to 18:00 on days their school is open; the council's officers and other bodies 07:00 to 18:00 on working days; families 08:00 to
20:00 on any day. All of it in London's time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from rules.calendar import ONE_DAY, SchoolCalendar

Reader = Literal["staff", "officer", "family"]
LONDON = ZoneInfo("Europe/London")
HOURS: dict[Reader, tuple[time, time]] = {"staff": (time(7), time(18)), "officer": (time(7), time(18)), "family": (time(8), time(20))}


def reads_on(reader: Reader, calendar: SchoolCalendar, day: date) -> bool:
    """Whether such a reader is written to on that day at all. `calendar`: of the school that writes."""
    if reader == "staff":
        return calendar.is_school_day(day)
    return reader == "family" or calendar.is_working_day(day)


def in_hours(reader: Reader, now: datetime) -> bool:
    """Whether `now` (aware) is an hour at which such a reader may be written to, whatever the day."""
    first, last = HOURS[reader]
    return first <= now.astimezone(LONDON).time() < last


def wait_for_hours(reader: Reader, calendar: SchoolCalendar, now: datetime) -> timedelta:
    """How long to wait from `now` (aware) until the reader may be written to; nothing inside the hours. In true time, over a change of the clocks."""
    here = now.astimezone(LONDON)
    first, _ = HOURS[reader]
    if reads_on(reader, calendar, here.date()) and in_hours(reader, now):
        return timedelta(0)
    day = here.date() if here.time() < first else here.date() + ONE_DAY
    while not reads_on(reader, calendar, day):
        day += ONE_DAY
    return datetime.combine(day, first, LONDON).astimezone(ZoneInfo("UTC")) - now


def next_school_day(calendar: SchoolCalendar, day: date) -> date:
    """The first school day after `day`."""
    day += ONE_DAY
    while not calendar.is_school_day(day):
        day += ONE_DAY
    return day


def first_open_day(calendars: Iterable[SchoolCalendar], day: date) -> date:
    """That day, or the first after it on which one of these schools is open. Raises ValueError without a calendar."""
    return min(next_school_day(calendar, day - ONE_DAY) for calendar in calendars)


def next_week_on(calendars: Iterable[SchoolCalendar], day: date) -> date:
    """When the report of the week after that of `day` comes: from next Monday on the first day on which one of these schools is open.

    Raises ValueError without a calendar.
    """
    return first_open_day(calendars, day + timedelta(days=7 - day.weekday()))


def told_on(calendars: Iterable[SchoolCalendar], now: datetime, *, at_any_hour: bool = False) -> date:
    """The day on which one of the staff of these schools is told what is said `now` (aware): today, where one of them is open and the day's last
    hour is not over. `at_any_hour`: a demo keeps days and no hours. Raises ValueError without a calendar."""
    here = now.astimezone(LONDON)
    is_over = here.time() >= HOURS["staff"][1] and not at_any_hour
    return first_open_day(calendars, here.date() + ONE_DAY if is_over else here.date())


def morning_speaks_for(calendar: SchoolCalendar, day: date) -> tuple[date, date]:
    """The days whose open steps give a morning even where nothing is new: from `day` on until the next school day. The first morning of a week,
    or after a holiday, speaks for the week to come, and for all that is late.
    """
    if calendar.is_school_day(day - ONE_DAY):
        return day, announced_until(calendar, day)
    return date.min, max(announced_until(calendar, day), day + timedelta(days=6))


def announced_until(calendar: SchoolCalendar, day: date) -> date:
    """The last day that the morning of `day` speaks for: what falls due in a weekend or a holiday is announced on the last morning before it."""
    return next_school_day(calendar, day) - ONE_DAY
