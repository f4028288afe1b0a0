"""Term dates of a usual English school, for proofs of time: what breaks over a summer must break here. Not any school's own dates."""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.easter import easter

from rules.calendar import SchoolCalendar, Term, england

ONE_DAY = timedelta(days=1)


def typical_calendar(first_year: int, years: int) -> SchoolCalendar:
    """Three terms a school year from September of `first_year`, with half terms of a week and two weeks around Easter."""
    terms: list[Term] = []
    closed: set[date] = set()
    for year in range(first_year, first_year + years):
        good_friday = easter(year + 1) - timedelta(days=2)
        terms.append(Term(f"autumn {year}", date(year, 9, 3), date(year, 12, 18)))
        terms.append(Term(f"spring {year + 1}", date(year + 1, 1, 5), good_friday - ONE_DAY))
        terms.append(Term(f"summer {year + 1}", good_friday + timedelta(days=17), date(year + 1, 7, 21)))
        for monday in (_monday(date(year, 10, 25)), _monday(date(year + 1, 2, 15)), _monday(date(year + 1, 5, 27))):
            closed |= {monday + n * ONE_DAY for n in range(5)}
    return england(terms, closed)


def _monday(day: date) -> date:
    return day - day.weekday() * ONE_DAY
