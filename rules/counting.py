"""How a period is counted, by the words of the rule, and how the cited law treats its last day. Pure arithmetic on London calendar dates.

The words:
- "within 6 weeks **of** / **after** an event" leaves the event's day out: Matthew v Sedman [2021] UKSC 19.
- "15 days **beginning with** the day", "12 months **starting with** the date" count that day as day one: the SEND Regulations 2014 reg 22(2)(c),
  Children and Families Act 2014 s.44(1); Zoan v Rouamba [2000] EWCA Civ 8. Here: the base and the period, less a day, in that order. Where the
  last month has no corresponding date, others end it on the month's last day, a day later (SI 2018/1082 r.1.4, for insolvency in Scotland; LRD's
  Employment tribunals guide 2012): we take the earlier day and say so.
- "at least two weeks **before**" is counted clear: neither the day of giving nor that of the meeting counts; R v Herefordshire JJ (1820)
  3 B & Ald 581.
- A month ends on the corresponding date, or on the month's last day if it has none: Interpretation Act 1978 Sch 1; Dodds v Walker [1981] 1 WLR 1027.
- Days are calendar days, holidays included, unless the law says working days.

The last day, by the name of the `Counting` (`authorities.yaml`, key `counting`):
- `does not roll` (also no name, or `plain`): duties of a local authority or a school. Nothing in the SEND Regulations 2014 or the Act moves a
  last day that is no working day (Wales wrote such a rule, W.S.I. 2021/401 reg 2(4); England did not): the date stays, the safe date is earlier.
- `tribunal act`: the Tribunal Procedure (First-tier Tribunal) (Health, Education and Social Care Chamber) Rules 2008 r.12(2): the next working day.
- `tribunal appeal`: r.12(3)(a): an appeal's last day in August, or from 25 December to 1 January, moves to the first working day after it.
- `tribunal act, August and Christmas left out`: r.12(3)(b): those days are not counted, and r.12(2) moves the last day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from rules.calendar import SchoolCalendar
from rules.definition import Counting
from rules.periods import Direction, Period

DOES_NOT_ROLL = Counting(name="does not roll")
TRIBUNAL_ACT = Counting(rolls=True, name="tribunal act")
TRIBUNAL_APPEAL = Counting(rolls=True, name="tribunal appeal")
TRIBUNAL_ACT_LEAVING_OUT = Counting(rolls=True, leaves_out=("august", "christmas"), name="tribunal act, August and Christmas left out")
COUNTINGS = {one.name: one for one in (DOES_NOT_ROLL, TRIBUNAL_ACT, TRIBUNAL_APPEAL, TRIBUNAL_ACT_LEAVING_OUT)} | {"plain": DOES_NOT_ROLL}
STRETCHES = ("august", "christmas")
ONE_DAY = timedelta(days=1)
MONTHS_IN = {"month": 1, "year": 12}
DAYS_IN = {"day": 1, "week": 7}


class Counted(NamedTuple):
    """The last day, the days left out on the way (weekends unsaid), and whether a school day was counted without known term dates."""

    on: date
    skipped: tuple[date, ...] = ()
    terms_unknown: bool = False


def counting_named(name: str) -> Counting:
    """The counting convention of that name. Raises ValueError naming those there are."""
    if name in ("", *COUNTINGS):
        return COUNTINGS[name] if name else DOES_NOT_ROLL
    raise ValueError(f"No counting convention is called {name!r}. Write one of: {', '.join(COUNTINGS)}.")


def left_out(day: date, stretches: tuple[str, ...]) -> bool:
    """Whether that day lies in a stretch that is not counted: `august`, or `christmas` (25 December to 1 January), HESC r.12(3)(b)."""
    if day.month == 8:
        return "august" in stretches
    return "christmas" in stretches and ((day.month == 12 and day.day >= 25) or (day.month == 1 and day.day == 1))


def add_months(day: date, months: int) -> date:
    """The corresponding date that many months on (or back), or that month's last day if it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def count(start: date, period: Period, direction: Direction, calendar: SchoolCalendar, stretches: tuple[str, ...] = ()) -> Counted:
    """The last day of `period` after, before or beginning with `start`; days in `stretches` (`left_out`) are not counted."""
    sign = -1 if direction == "before" else 1
    if period.unit in ("working day", "school day"):
        found = _count_some(start, period, direction, calendar, stretches)
    elif stretches and period.unit in MONTHS_IN:
        found = _months_around(start, period, direction, stretches)
    elif stretches:
        found = _count_around(start, period, direction, stretches)
    else:
        found = Counted(_plain(start, period, direction))
    if not period.clear:
        return found
    return Counted(found.on + sign * ONE_DAY, found.skipped, found.terms_unknown)


def _plain(start: date, period: Period, direction: Direction) -> date:
    number = -period.number if direction == "before" else period.number
    days = DAYS_IN.get(period.unit)
    end = start + timedelta(days=number * days) if days else add_months(start, number * MONTHS_IN[period.unit])
    return end - ONE_DAY if direction == "beginning with" else end


def _months_around(start: date, period: Period, direction: Direction, stretches: tuple[str, ...]) -> Counted:
    """Months or years with stretches left out; no time limit of the Tribunal's rules is counted so.

    Months differ in length, so with days left out a later start can end up to three days sooner (31 July and a month: 1 October; 31 August:
    30 September). So that a later start never gives an earlier date, the latest end of any start in the forty days before counts.
    """
    return max((_count_around(start - n * ONE_DAY, period, direction, stretches) for n in range(40)), key=lambda counted: counted.on)


def _count_around(start: date, period: Period, direction: Direction, stretches: tuple[str, ...]) -> Counted:
    """Days, weeks, months or years, with each day in a stretch left out: as many counted days as the plain period has days."""
    sign = -1 if direction == "before" else 1
    while left_out(start, stretches) and left_out(start + sign * ONE_DAY, stretches):
        start += sign * ONE_DAY
    origin = start - ONE_DAY if direction == "beginning with" else start
    days = abs((_plain(start, period, direction) - origin).days)
    on, skipped = _walk(origin, days, sign, lambda day: not left_out(day, stretches))
    return Counted(on, skipped)


def _count_some(start: date, period: Period, direction: Direction, calendar: SchoolCalendar, stretches: tuple[str, ...]) -> Counted:
    """Working or school days."""
    is_one = calendar.is_working_day if period.unit == "working day" else calendar.is_school_day
    sign = -1 if direction == "before" else 1
    origin = start - ONE_DAY if direction == "beginning with" else start
    counts = (lambda day: is_one(day) and not left_out(day, stretches)) if stretches else is_one
    on, skipped = _walk(origin, period.number, sign, counts)
    unknown = period.unit == "school day" and not (calendar.covers(start) and calendar.covers(on))
    return Counted(on, tuple(day for day in skipped if day.weekday() < 5), unknown)


def _walk(start: date, number: int, sign: int, counts: Callable[[date], bool]) -> tuple[date, tuple[date, ...]]:
    day, skipped = start, []
    while number:
        day += sign * ONE_DAY
        if counts(day):
            number -= 1
        else:
            skipped.append(day)
    return day, tuple(skipped[::sign])


def last_day(on: date, counting: Counting, calendar: SchoolCalendar) -> date:
    """Where the cited law puts a last day that is no working day (or, for an appeal, that lies in August or at Christmas)."""
    if counting.name == TRIBUNAL_APPEAL.name:
        while left_out(on, STRETCHES):
            on += ONE_DAY
    return calendar.working_day_from(on) if counting.rolls else on
