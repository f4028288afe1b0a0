"""Who changes phase next September, read from the school's phase and the year group."""

from __future__ import annotations

from datetime import date

import pytest

from rules.transfer import change_of_phase, transfer_day, year_now


@pytest.mark.parametrize(
    ("school", "year", "change"),
    [
        ("primary", -1, "early_years_to_school"),
        ("infant", 2, "infant_to_junior"),
        ("primary", 2, ""),
        ("primary", 6, "primary_to_secondary"),
        ("all-through", 6, "primary_to_secondary"),
        ("middle", 6, ""),
        ("middle", 8, "middle_to_secondary"),
        ("secondary", 11, "secondary_to_post_16"),
        ("secondary", 10, ""),
        ("post-16", 13, ""),
    ],
)
def test_the_last_year_of_a_phase(school: str, year: int, change: str) -> None:
    assert change_of_phase(school, year) == change


def test_the_change_is_on_the_first_of_september_after_this_school_year() -> None:
    assert [transfer_day(date.fromisoformat(day)) for day in ("2026-08-31", "2026-09-01", "2027-08-31")] == [
        date(2026, 9, 1),
        date(2027, 9, 1),
        date(2027, 9, 1),
    ]


def test_in_september_age_decides_and_later_the_register() -> None:
    born = date(2016, 3, 1)
    assert year_now(5, born, date(2026, 9, 1)) == 6, "the register still shows last year's"
    assert year_now(5, born, date(2026, 10, 1)) == 5, "the pupil is in the year below their age"
    assert year_now(None, born, date(2026, 10, 1)) == 6
