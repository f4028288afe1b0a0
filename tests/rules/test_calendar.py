"""Working days, bank holidays, school days, terms, and today in London."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.bank_holidays import Overrides, OverridesError, library_holidays, read_overrides
from rules.calendar import SchoolCalendar, Term, england, today_in_london

AUTUMN = Term("Autumn 2026", date(2026, 9, 3), date(2026, 12, 18))
SPRING = Term("Spring 2027", date(2027, 1, 5), date(2027, 3, 25))
HALF_TERM = [date(2026, 10, 26) + timedelta(days=n) for n in range(5)]
SCHOOL = england([SPRING, AUTUMN], closed_on=[*HALF_TERM, date(2026, 9, 4)])

# GOV.UK "UK bank holidays", England and Wales, the days off in each year (weekdays only), 2019 to 2028.
BANK_HOLIDAYS = """
2019-01-01 2019-04-19 2019-04-22 2019-05-06 2019-05-27 2019-08-26 2019-12-25 2019-12-26
2020-01-01 2020-04-10 2020-04-13 2020-05-08 2020-05-25 2020-08-31 2020-12-25 2020-12-28
2021-01-01 2021-04-02 2021-04-05 2021-05-03 2021-05-31 2021-08-30 2021-12-27 2021-12-28
2022-01-03 2022-04-15 2022-04-18 2022-05-02 2022-06-02 2022-06-03 2022-08-29 2022-09-19 2022-12-26 2022-12-27
2023-01-02 2023-04-07 2023-04-10 2023-05-01 2023-05-08 2023-05-29 2023-08-28 2023-12-25 2023-12-26
2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26
"""


def test_every_weekday_bank_holiday_of_ten_years_and_no_other() -> None:
    expected = {date.fromisoformat(day) for day in BANK_HOLIDAYS.split()}
    calendar = england()
    days = [date(2019, 1, 1) + timedelta(days=n) for n in range((date(2029, 1, 1) - date(2019, 1, 1)).days)]
    assert {day for day in days if day.weekday() < 5 and not calendar.is_working_day(day)} == expected


def test_christmas_day_on_a_saturday_is_no_working_day_and_monday_stands_for_it() -> None:
    calendar = england()
    assert [calendar.is_working_day(date(2027, 12, day)) for day in (24, 25, 26, 27, 28, 29)] == [True, False, False, False, False, True]


def test_overrides_add_and_take_away() -> None:
    calendar = england(overrides=Overrides(added=frozenset({date(2026, 6, 15)}), removed=frozenset({date(2026, 5, 4)})))
    assert not calendar.is_working_day(date(2026, 6, 15))
    assert calendar.is_working_day(date(2026, 5, 4))
    assert calendar.version != england().version


def test_the_kept_overrides_file_is_read() -> None:
    overrides = read_overrides()
    assert england().overrides == overrides
    for day in overrides.added:
        assert day not in library_holidays(day.year), f"the library knows {day} now: take it out of bank_holidays.yaml"
    for day in overrides.removed:
        assert day in library_holidays(day.year), f"{day} is no bank holiday of the library: take it out of bank_holidays.yaml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("holidays: {}", "only the keys"),
        ("added: [2026-06-15]", "write DATE: reason"),
        ("added: {soon: coronation}", "'soon' is no date"),
        ("removed: {2026-05-04: ''}", "2026-05-04 needs its reason"),
    ],
)
def test_an_overrides_file_that_cannot_be_read_says_what_to_write(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bank_holidays.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OverridesError, match=words):
        read_overrides(path)


def test_an_overrides_file_is_used(tmp_path: Path) -> None:
    path = tmp_path / "bank_holidays.yaml"
    path.write_text("added:\n  2031-06-06: A jubilee, proclaimed 1 January 2031\nremoved: {}\n", encoding="utf-8")
    assert read_overrides(path) == Overrides(added=frozenset({date(2031, 6, 6)}))


@pytest.mark.parametrize(
    ("day", "school_day"),
    [
        (date(2026, 9, 2), True),  # before any known term: falls back to working days
        (date(2026, 9, 3), True),  # first day of term
        (date(2026, 9, 4), False),  # INSET
        (date(2026, 9, 5), False),  # Saturday
        (date(2026, 10, 26), False),  # half term
        (date(2026, 11, 2), True),
        (date(2026, 12, 18), True),  # last day of term
        (date(2026, 12, 21), False),  # a Monday of the Christmas holiday
        (date(2027, 1, 4), False),  # last day of the holiday, a working day
        (date(2027, 1, 5), True),
        (date(2027, 3, 26), False),  # Good Friday, after the last known term
        (date(2027, 3, 30), True),  # after it: falls back
    ],
)
def test_school_days_at_the_edges_of_terms(day: date, school_day: bool) -> None:
    assert SCHOOL.is_school_day(day) is school_day


def test_term_dates_are_known_within_and_between_terms_only() -> None:
    assert [SCHOOL.covers(day) for day in (date(2026, 9, 2), date(2026, 9, 3), date(2026, 12, 25), date(2027, 3, 25), date(2027, 3, 26))] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_a_whole_term_missing_between_two_is_not_taken_for_a_holiday() -> None:
    calendar = england([AUTUMN, Term("Summer 2027", date(2027, 4, 12), date(2027, 7, 21))])
    assert not calendar.covers(date(2027, 2, 1))
    assert calendar.is_school_day(date(2027, 2, 1))


def test_ends_of_terms_known_and_assumed() -> None:
    assert SCHOOL.end_of_term(date(2026, 11, 5)) == (date(2026, 12, 18), True)
    assert SCHOOL.end_of_term(date(2026, 12, 18)) == (date(2026, 12, 18), True)
    assert SCHOOL.end_of_term(date(2026, 12, 22)) == (date(2027, 3, 25), True)
    assert SCHOOL.end_of_term(date(2026, 11, 5), following=True) == (date(2027, 3, 25), True)
    assert SCHOOL.end_of_term(date(2027, 4, 20)) == (date(2027, 7, 20), False)
    assert england().end_of_term(date(2026, 11, 5)) == (date(2026, 12, 18), False)
    assert england().end_of_term(date(2026, 2, 3)) == (date(2026, 4, 2), False)
    assert england().end_of_term(date(2026, 12, 21)) == (date(2027, 3, 25), False)
    assert SCHOOL.end_of_term(date(2026, 9, 2), following=True) == (date(2026, 12, 18), True)
    assert SCHOOL.end_of_term(date(2026, 9, 3), following=True) == (date(2027, 3, 25), True)


def test_assumed_terms_begin_where_englands_usually_do() -> None:
    usual = england()
    assert usual.end_of_term(date(2027, 1, 4), following=True) == (date(2027, 3, 25), False)
    assert usual.end_of_term(date(2027, 1, 5), following=True) == (date(2027, 7, 20), False)
    assert usual.end_of_term(date(2027, 4, 11), following=True) == (date(2027, 7, 20), False)  # Monday 12 April: two weeks from Easter Monday
    assert usual.end_of_term(date(2027, 4, 12), following=True) == (date(2027, 12, 20), False)
    assert usual.end_of_term(date(2027, 9, 1), following=True) == (date(2027, 12, 20), False)
    assert usual.end_of_term(date(2027, 9, 2), following=True) == (date(2028, 4, 13), False)


def test_a_holiday_of_eight_weeks_is_one_and_a_longer_gap_is_a_missing_term() -> None:
    def gap(days: int) -> bool:
        first = Term("A", date(2026, 4, 13), date(2026, 7, 10))
        second = Term("B", date(2026, 7, 10) + timedelta(days=days), date(2026, 12, 18))
        return england([first, second]).covers(date(2026, 8, 3))

    assert gap(56) and not gap(57)


def test_a_term_of_one_day_is_a_term() -> None:
    assert england([Term("A", date(2026, 9, 1), date(2026, 9, 1))]).covers(date(2026, 9, 1))


def test_terms_that_overlap_or_run_backwards_are_refused() -> None:
    with pytest.raises(ValueError, match="'A' and 'B' overlap on 2026-12-01"):
        england([Term("A", date(2026, 9, 1), date(2026, 12, 1)), Term("B", date(2026, 12, 1), date(2027, 3, 1))])
    with pytest.raises(ValueError, match="'A' ends on 2026-09-01, before it begins"):
        england([Term("A", date(2026, 12, 1), date(2026, 9, 1))])


def test_equal_content_is_an_equal_calendar_with_the_same_version() -> None:
    same = england([AUTUMN, SPRING], closed_on=reversed([*HALF_TERM, date(2026, 9, 4)]))
    assert same == SCHOOL and hash(same) == hash(SCHOOL) and same.version == SCHOOL.version
    snow = england([AUTUMN, SPRING], closed_on=[*HALF_TERM, date(2026, 9, 4), date(2027, 1, 20)])
    assert snow != SCHOOL
    assert len(SCHOOL.version) == 10
    assert SCHOOL != "a calendar"
    assert isinstance(SCHOOL, SchoolCalendar)


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC), date(2026, 7, 1)),  # 23:59:59 BST
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), date(2026, 7, 2)),  # 00:00 BST
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), date(2026, 7, 2)),  # 00:30 BST
        (datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 2, 0, 0, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), date(2026, 3, 29)),  # the clocks go forward at 01:00
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), date(2026, 10, 25)),  # still BST on the eve of the change
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 25)),  # GMT again
    ],
)
def test_today_in_london_around_midnight_and_the_clock_changes(now: datetime, today: date) -> None:
    assert today_in_london(now) == today


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        today_in_london(datetime(2026, 7, 1, 12, 0))


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2040, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)))
def test_london_is_never_a_day_behind_utc_nor_more_than_an_hour_ahead(now: datetime) -> None:
    assert today_in_london(now) in {now.date(), (now + timedelta(hours=1)).date()}


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_the_nearest_working_days_enclose_any_day(day: date) -> None:
    before, after = SCHOOL.working_day_until(day), SCHOOL.working_day_from(day)
    assert before <= day <= after
    assert SCHOOL.is_working_day(before) and SCHOOL.is_working_day(after)
    assert (after - before).days <= 5  # Easter, and Christmas beside a weekend, are the longest
