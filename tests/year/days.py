"""Days, told a second time and plainly: bank holidays and the sample trust's school days by their written dates, no code of `rules/` asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ONE = timedelta(days=1)
# England, written out from gov.uk/bank-holidays and by the rules of the Banking and Financial Dealings Act 1971.
BANK_HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in (
        "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28",
        "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28",
        "2028-01-03", "2028-04-14", "2028-04-17", "2028-05-01", "2028-05-29", "2028-08-28", "2028-12-25", "2028-12-26",
    )
)  # fmt: skip


def is_working_day(day: date) -> bool:
    """Monday to Friday, and no bank holiday in England."""
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


@dataclass(frozen=True)
class SchoolDays:
    """The days on which one school's pupils attend: inside a term, no closure, a working day."""

    terms: tuple[tuple[date, date], ...]
    closures: tuple[tuple[date, date], ...]

    def has(self, day: date) -> bool:
        """Whether it is a school day. Outside the terms that were given, in no summer holiday of ours: it is none."""
        inside = any(first <= day <= last for first, last in self.terms)
        closed = any(first <= day <= last for first, last in self.closures)
        return inside and not closed and is_working_day(day)

    def first_from(self, day: date) -> date:
        """That day, or the first school day after it."""
        while not self.has(day):
            day += ONE
        return day


@dataclass(frozen=True)
class Calendars:
    """The school days of each school, by its number."""

    schools: Mapping[int, SchoolDays]

    @classmethod
    def read(cls, terms: Iterable[tuple[int, date, date]], closures: Iterable[tuple[int, date, date]]) -> Calendars:
        """From the rows of `school_terms` and `school_closures`: school, first day, last day."""
        terms, closures = list(terms), list(closures)
        numbers = {school for school, _, _ in terms}
        of = {n: SchoolDays(tuple((a, b) for s, a, b in terms if s == n), tuple((a, b) for s, a, b in closures if s == n)) for n in numbers}
        return cls(of)

    def school_day_from(self, school_id: int, day: date) -> date:
        """The first school day of that school on or after `day`."""
        return self.schools[school_id].first_from(day)


@dataclass
class KnownDays:
    """The calendars as they were known over the year: `since` each moment other ones."""

    versions: list[tuple[datetime, Calendars]]

    def at(self, moment: datetime) -> Calendars:
        """As they were known then."""
        return [calendars for since, calendars in self.versions if since <= moment][-1]
