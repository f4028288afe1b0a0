"""The calendar of one school in England: working days, school days, terms. With `rules/counting.py` the only place that counts days.

Every day here is a London calendar date; a date has no clock change, only `today_in_london` meets one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from itertools import pairwise

from rules.bank_holidays import NO_OVERRIDES, Overrides, library_holidays, library_version, read_overrides

ONE_DAY = timedelta(days=1)
LONGEST_HOLIDAY = timedelta(days=56)  # a longer gap between two known terms is a term nobody has entered, not a holiday


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its name, and the first and the last day that pupils attend."""

    name: str
    first_on: date
    last_on: date


@dataclass(frozen=True)
class SchoolCalendar:
    """A school's terms, the days it is closed inside them (half terms expanded, INSET, snow), and England's bank holidays.

    `version` is a short hash of all that, the library's version included; it is stored with each due date.
    Make one with `england`. Equal and hashable by `version`.
    """

    terms: tuple[Term, ...] = ()
    closed_on: frozenset[date] = frozenset()
    overrides: Overrides = NO_OVERRIDES
    version: str = field(init=False, default="")
    _school_days: dict[date, bool] = field(init=False, repr=False, default_factory=dict)  # asked of the same days again and again

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", _version(self))

    def __hash__(self) -> int:
        return hash(self.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SchoolCalendar) and self.version == other.version

    def is_working_day(self, day: date) -> bool:
        """Not a Saturday, Sunday, Christmas Day, Good Friday or bank holiday in England.

        The SEND Regulations 2014 say "working day" and do not define it, so the usual meaning in tribunal rules is taken for them too (SI 2013/1237
        Sch 1 r.4(2), read; SI 2008/2699 r.1(3) is said to be the same).
        """
        if day.weekday() > 4 or day in self.overrides.added:
            return False
        return day not in library_holidays(day.year) or day in self.overrides.removed

    def is_school_day(self, day: date) -> bool:
        """A working day on which pupils attend. Where no term dates are known (`covers` is false) every working day counts as one."""
        known = self._school_days.get(day)
        if known is None:
            known = self.is_working_day(day) and day not in self.closed_on and (self._in_term(day) or not self.covers(day))
            self._school_days[day] = known
        return known

    def covers(self, day: date) -> bool:
        """Whether the school's term dates are known for that day: inside a term, or in a holiday between two known terms."""
        return any(first <= day <= last for first, last in _known_spans(self))

    def working_day_from(self, day: date) -> date:
        """That day if it is a working day, else the next one."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def working_day_until(self, day: date) -> date:
        """That day if it is a working day, else the last one before it."""
        while not self.is_working_day(day):
            day -= ONE_DAY
        return day

    def end_of_term(self, day: date, *, following: bool = False) -> tuple[date, bool]:
        """The last day of the term that `day` falls in (from a holiday, of the next); `following`: of the first term that begins after `day`.

        The second value is false where no term dates are known and England's usual ones were assumed.
        """
        for term in _terms_around(self, day.year):
            if (term.first_on > day) if following else (term.last_on >= day):
                return term.last_on, term in self.terms
        raise AssertionError("a year after the last known term is always assumed whole")

    def _in_term(self, day: date) -> bool:
        return any(term.first_on <= day <= term.last_on for term in self.terms)


def england(terms: Iterable[Term] = (), closed_on: Iterable[date] = (), overrides: Overrides | None = None) -> SchoolCalendar:
    """The calendar of a school in England. `overrides` of bank holidays: those of `rules/bank_holidays.yaml` unless given.

    Raises ValueError naming the term if one ends before it begins or two overlap; OverridesError if the overrides file cannot be read.
    """
    ordered = _in_order(terms)
    for term in ordered:
        if term.last_on < term.first_on:
            raise ValueError(f"Term {term.name!r} ends on {term.last_on}, before it begins on {term.first_on}. Give its first and last day.")
    for earlier, later in pairwise(ordered):
        if later.first_on <= earlier.last_on:
            raise ValueError(f"Terms {earlier.name!r} and {later.name!r} overlap on {later.first_on}. Correct one of them.")
    return SchoolCalendar(ordered, frozenset(closed_on), read_overrides() if overrides is None else overrides)


def today_in_london(now: datetime) -> date:
    """The London calendar date of an instant. Raises ValueError for an instant without a time zone."""
    from zoneinfo import ZoneInfo

    if now.tzinfo is None:
        raise ValueError(f"{now.isoformat()} has no time zone. Give an aware instant, in UTC.")
    return now.astimezone(ZoneInfo("Europe/London")).date()


def _version(calendar: SchoolCalendar) -> str:
    days = [sorted(group) for group in (calendar.closed_on, calendar.overrides.added, calendar.overrides.removed)]
    terms = [(term.name, term.first_on, term.last_on) for term in calendar.terms]
    return sha256(repr((_library_version(), terms, days)).encode()).hexdigest()[:10]


@cache
def _library_version() -> str:
    return library_version()


@lru_cache(maxsize=1024)
def _known_spans(calendar: SchoolCalendar) -> tuple[tuple[date, date], ...]:
    spans: list[tuple[date, date]] = []
    for term in calendar.terms:
        if spans and term.first_on - spans[-1][1] <= LONGEST_HOLIDAY:
            spans[-1] = (spans[-1][0], term.last_on)
        else:
            spans.append((term.first_on, term.last_on))
    return tuple(spans)


@lru_cache(maxsize=4096)
def _terms_around(calendar: SchoolCalendar, year: int) -> tuple[Term, ...]:
    last_known = max((term.last_on.year for term in calendar.terms), default=year)
    assumed = (term for at in range(year, max(year, last_known) + 2) for term in _assumed_terms(calendar, at))
    unknown = (term for term in assumed if not any(first <= term.last_on and term.first_on <= last for first, last in _known_spans(calendar)))
    return _in_order((*calendar.terms, *unknown))


def _in_order(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda term: (term.first_on, term.last_on, term.name)))


def _assumed_terms(calendar: SchoolCalendar, year: int) -> Iterator[Term]:
    """England's usual terms, for schools whose own are not entered: they end at the latest on 20 December, before Good Friday, on 20 July."""
    from dateutil.easter import easter

    good_friday = easter(year) - timedelta(days=2)
    for first_on, last_on in (
        (date(year, 1, 5), good_friday - ONE_DAY),
        (good_friday + timedelta(days=17), date(year, 7, 20)),
        (date(year, 9, 2), date(year, 12, 20)),
    ):
        yield Term("assumed", calendar.working_day_from(first_on), calendar.working_day_until(last_on))
