"""Year groups, and the end of compulsory school age, when a young person's rights pass from the parent."""

from __future__ import annotations

from datetime import date, timedelta

SEPTEMBER = 9
FRIDAY = 4


def school_year(on: date) -> int:
    """The year in which the school year of that day began: 2026 for 1 September 2026 to 31 August 2027."""
    return on.year if on.month >= SEPTEMBER else on.year - 1


def year_group(born_on: date, on: date) -> int:
    """The year group by age on that day: 0 is reception, 9 the school year of the fourteenth birthday."""
    return school_year(on) - school_year(born_on) - 5


def compulsory_school_age_ends(born_on: date) -> date:
    """The last Friday in June of the school year in which the child turns sixteen; a school year ends in August.

    Education Act 1996 s.8(3) and the Education (School Leaving Date) Order 1997.
    """
    year = school_year(born_on) + 17
    last_of_june = date(year, 6, 30)
    return last_of_june - timedelta(days=(last_of_june.weekday() - FRIDAY) % 7)


def is_young_person(born_on: date, on: date) -> bool:
    """Over compulsory school age on that day, and under 25 (CFA 2014 s.83(2)): the rights of an EHC plan are then their own."""
    return compulsory_school_age_ends(born_on) < on and _age(born_on, on) < 25


def _age(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
