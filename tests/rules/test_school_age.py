"""Year groups, and the last Friday in June."""

from __future__ import annotations

from datetime import date

from rules.school_age import compulsory_school_age_ends, is_young_person, school_year, year_group


def test_a_school_year_begins_on_the_first_of_september() -> None:
    assert (school_year(date(2026, 8, 31)), school_year(date(2026, 9, 1))) == (2025, 2026)


def test_the_oldest_and_youngest_of_one_year_group() -> None:
    for born_on in (date(2012, 9, 1), date(2013, 8, 31)):
        assert year_group(born_on, date(2026, 9, 1)) == 9
        assert year_group(born_on, date(2026, 8, 31)) == 8
    assert year_group(date(2021, 12, 25), date(2026, 9, 1)) == 0


def test_rights_pass_after_the_last_friday_in_june_whatever_the_birthday_in_that_year() -> None:
    for born_on in (date(2010, 9, 1), date(2011, 8, 31)):
        assert compulsory_school_age_ends(born_on) == date(2027, 6, 25)
    assert not is_young_person(date(2010, 9, 1), date(2027, 6, 25))
    assert is_young_person(date(2011, 8, 31), date(2027, 6, 26)), "fifteen, and over compulsory school age all the same"
    assert not is_young_person(date(2002, 6, 26), date(2027, 6, 26)), "twenty-five"
