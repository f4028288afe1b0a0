"""Works out what a rule comes to. The one way from a rule's text to a date, for cases, checks and the command line alike.

`known(key)` is asked for each base by its key: a fact's or step's name (`meeting_on`, `hold_meeting`), or `due of la_decision`. It answers with a
London calendar date, with a whole number for a `year` fact, or None while nothing is known. The day the step opens comes by `opened_on`, and a
calendar date written in the rule is not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from rules.calendar import SchoolCalendar
from rules.counting import DOES_NOT_ROLL, add_months, count, last_day
from rules.definition import Counting
from rules.due_types import DueDate, Follows, Why
from rules.explain import explain
from rules.periods import Base, Choice, Count, OnDay, Rule, Shape, TermEnd, YearDay, parse_rung

__all__ = ["DueDate", "Follows", "Why", "due_date", "due_on", "explain", "is_before", "rung_date"]

ONE_DAY = timedelta(days=1)
Known = Callable[[str], date | int | None]


def due_date(
    rule: Rule,
    known: Known,
    *,
    opened_on: date | None,
    calendar: SchoolCalendar,
    counting: Counting = DOES_NOT_ROLL,
    citation: str = "",
) -> DueDate | Follows:
    """The date a rule comes to, with why; or what it follows from while a base is unknown (a base `if any` is ignored while unknown).

    `on` is what we work to: the clear reading of "at least", the earlier of two readings, never moved for a duty that does not roll.
    `counting` is the cited law's convention (`rules/counting.py`). Raises OverflowError or ValueError past the year 9999.
    """
    days = _days_of(rule, known, opened_on)
    return days if isinstance(days, Follows) else _worked_out(rule, days, calendar, counting, citation)


def due_on(rule: Rule, known: Known, *, opened_on: date | None, calendar: SchoolCalendar, counting: Counting) -> date | None:
    """`on` of that date alone, without the why, for proofs that ask a hundred thousand times; None while a base is unknown."""
    days = _days_of(rule, known, opened_on)
    if isinstance(days, Follows):
        return None
    reckoned = _reckon(rule.shape, iter(days), calendar, counting)
    assert reckoned is not None, "a base is known"
    return last_day(reckoned.on, counting, calendar)


def _days_of(rule: Rule, known: Known, opened_on: date | None) -> tuple[date | None, ...] | Follows:
    """The days of a rule's bases, or what the rule follows from while one is unknown that it cannot do without."""
    days = tuple([_day_of(base, known, opened_on) for base in rule.bases])
    for base, day in zip(rule.bases, days, strict=True):
        if day is None and not base.if_any:
            return Follows(base.key)
    return days if any(days) else Follows(rule.bases[0].key)


def rung_date(when: str, due_on: date, calendar: SchoolCalendar) -> date:
    """The day of a ladder's rung (`on`, `1 week before`, `2 school days after`) for a due date. Raises RuleError if `when` cannot be read."""
    period, direction = parse_rung(when)
    return count(due_on, period, direction, calendar).on


def is_before(when: str) -> bool:
    """Whether a ladder's rung comes before the due date. Raises RuleError as `rung_date`."""
    return parse_rung(when)[1] == "before"


def _day_of(base: Base, known: Known, opened_on: date | None) -> date | None:
    if base.kind == "it opens":
        return opened_on
    if base.kind == "day":
        return base.day
    day = known(base.key)
    return date(day, 1, 1) if isinstance(day, int) else day


class _Reckoned(NamedTuple):
    """What one rule or part of it comes to, before the law's convention for a last day. `forward`: a period runs from `start` to it."""

    on: date
    start: date
    forward: bool
    skipped: tuple[date, ...] = ()
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=16384)
def _worked_out(rule: Rule, days: tuple[date | None, ...], calendar: SchoolCalendar, counting: Counting, citation: str) -> DueDate:
    reckoned = _reckon(rule.shape, iter(days), calendar, counting)
    assert reckoned is not None, "due_date has seen that a base is known"
    on = last_day(reckoned.on, counting, calendar)
    notes = reckoned.notes if on == reckoned.on else (*reckoned.notes, f"moved from {reckoned.on}")
    bases = tuple((base.key, day) for base, day in zip(rule.bases, days, strict=True) if day is not None)
    why = Why(rule.text, bases, citation, counting.name, reckoned.skipped, calendar.version, notes)
    return DueDate(on, why, _safe(on, reckoned, calendar))


def _safe(on: date, reckoned: _Reckoned, calendar: SchoolCalendar) -> date | None:
    """The last working day before a date that is none; None where that would lie before the day the period starts.

    A date that is the base itself (`on review_due_on`) has no period: its safe date may lie before it.
    """
    safe = calendar.working_day_until(on)
    if safe == on or (reckoned.forward and safe < reckoned.start):
        return None
    return safe


def _reckon(shape: Shape, days: Iterator[date | None], calendar: SchoolCalendar, counting: Counting) -> _Reckoned | None:
    if isinstance(shape, Choice):
        return _choose(shape, days, calendar, counting)
    start = next(days)
    if start is None:
        return None
    if isinstance(shape, Count):
        return _counted(shape, start, calendar, counting)
    if isinstance(shape, OnDay):
        return _Reckoned(start, start, shape.base.kind == "it opens")
    if isinstance(shape, YearDay):
        return _year_day(shape, start)
    return _term_end(shape, start, calendar)


def _choose(choice: Choice, days: Iterator[date | None], calendar: SchoolCalendar, counting: Counting) -> _Reckoned | None:
    parts = [_reckon(part, days, calendar, counting) for part in choice.parts]
    found = [part for part in parts if part is not None]
    if not found:
        return None
    chosen = max(found, key=lambda part: part.on) if choice.later else min(found, key=lambda part: part.on)
    notes = tuple(f"part {number} {'unknown' if part is None else part.on}" for number, part in enumerate(parts, 1))
    return _Reckoned(chosen.on, chosen.start, chosen.forward, chosen.skipped, (*notes, *chosen.notes))


def _counted(shape: Count, start: date, calendar: SchoolCalendar, counting: Counting) -> _Reckoned:
    counted = count(start, shape.period, shape.direction, calendar, counting.leaves_out)
    forward = shape.direction != "before" and shape.period.number > 0
    notes: list[str] = []
    if counted.terms_unknown:
        notes.append("terms unknown")
    if shape.period.clear and shape.direction == "before":
        notes.append(f"loose {counted.on + ONE_DAY}")
    if shape.direction == "beginning with" and shape.period.unit in ("month", "year"):
        notes += _other_reading(shape, start, counted.on)
    return _Reckoned(counted.on, start, forward, counted.skipped, tuple(notes))


def _other_reading(shape: Count, start: date, on: date) -> list[str]:
    """Where the last month has no corresponding date, one reading ends the period on that month's last day and not a day sooner."""
    months = shape.period.number * (12 if shape.period.unit == "year" else 1)
    end = add_months(start, months)
    return [f"loose {end}"] if end.day != start.day and on == end - ONE_DAY else []


def _year_day(shape: YearDay, start: date) -> _Reckoned:
    year = start.year + shape.years
    on = add_months(date(2000, shape.month, shape.day), (year - 2000) * 12)
    return _Reckoned(on - ONE_DAY if shape.before else on, start, False)


def _term_end(shape: TermEnd, start: date, calendar: SchoolCalendar) -> _Reckoned:
    on, known = calendar.end_of_term(start, following=shape.after)
    return _Reckoned(on, start, True, notes=() if known else ("terms assumed",))
