"""When people may be written to: hours, weekends, holidays, and the night on which the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rules.calendar import Term, england
from rules.hours import Reader, announced_until, morning_speaks_for, next_school_day, next_week_on, told_on, wait_for_hours

SCHOOL = england(
    [
        Term("Autumn 1", date(2026, 9, 3), date(2026, 10, 23)),
        Term("Autumn 2", date(2026, 11, 2), date(2026, 12, 18)),
        Term("Spring", date(2027, 1, 5), date(2027, 2, 12)),
    ],
    [date(2026, 11, 27)],
)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("reader", "now", "until"),
    [
        ("family", "2026-11-29T12:00", "2026-11-29T12:00"),  # a Sunday is as good as any day
        ("family", "2026-11-29T20:00", "2026-11-30T08:00"),
        ("family", "2026-11-29T05:30", "2026-11-29T08:00"),
        ("officer", "2026-11-27T17:59", "2026-11-27T17:59"),  # the school's own INSET day is the council's working day
        ("officer", "2026-11-27T18:00", "2026-11-30T07:00"),
        ("officer", "2026-12-24T19:00", "2026-12-29T07:00"),  # Christmas on Friday, Boxing Day's holiday on Monday
        ("staff", "2026-11-26T18:30", "2026-11-30T07:00"),  # over the INSET day and the weekend
        ("staff", "2026-10-23T21:00", "2026-11-02T07:00"),  # half term
        ("staff", "2026-12-18T12:00", "2026-12-18T12:00"),
        ("staff", "2026-12-19T12:00", "2027-01-05T07:00"),
        ("family", "2026-10-24T20:30", "2026-10-25T08:00"),  # summer time ends in this night: 08:00 is an hour later in true time
    ],
)
def test_nobody_is_written_to_outside_their_hours(reader: Reader, now: str, until: str) -> None:
    assert at(now) + wait_for_hours(reader, SCHOOL, at(now)) == at(until)


def test_summer_time_is_londons() -> None:
    assert wait_for_hours("family", SCHOOL, at("2026-07-01T06:30")) == timedelta(minutes=30), "07:30 in London"
    assert wait_for_hours("family", SCHOOL, at("2026-07-01T07:00")) == timedelta(0)


@pytest.mark.parametrize(
    ("day", "until", "back"),
    [
        ("2026-11-24", "2026-11-24", "2026-11-25"),
        ("2026-11-26", "2026-11-29", "2026-11-30"),
        ("2026-10-23", "2026-11-01", "2026-11-02"),
        ("2026-12-18", "2027-01-04", "2027-01-05"),
    ],
)
def test_the_last_morning_before_a_holiday_speaks_for_all_of_it(day: str, until: str, back: str) -> None:
    assert announced_until(SCHOOL, date.fromisoformat(day)) == date.fromisoformat(until)
    assert morning_speaks_for(SCHOOL, date.fromisoformat(day)) == (date.fromisoformat(day), date.fromisoformat(until))
    assert next_school_day(SCHOOL, date.fromisoformat(day)) == date.fromisoformat(back)


def test_the_first_morning_of_a_week_speaks_for_the_week_and_for_all_that_is_late() -> None:
    assert morning_speaks_for(SCHOOL, date(2026, 11, 16)) == (date.min, date(2026, 11, 22))
    assert morning_speaks_for(SCHOOL, date(2027, 1, 5)) == (date.min, date(2027, 1, 11))


@pytest.mark.parametrize(
    ("day", "next_on"),
    [
        ("2026-11-16", "2026-11-23"),
        ("2026-11-20", "2026-11-23"),  # a report that an outage put off to the Friday
        ("2026-10-12", "2026-10-19"),
        ("2026-10-19", "2026-10-26"),  # the other school has no half term then
        ("2026-12-14", "2027-01-04"),  # the other school opens a day earlier
        ("2026-12-18", "2027-01-04"),
    ],
)
def test_the_next_weeks_report_comes_on_the_first_day_from_monday_on_on_which_a_school_is_open(day: str, next_on: str) -> None:
    other = england([Term("Autumn", date(2026, 9, 3), date(2026, 12, 11)), Term("Spring", date(2027, 1, 4), date(2027, 2, 12))], [])
    assert next_week_on([SCHOOL, other], date.fromisoformat(day)) == date.fromisoformat(next_on)


def test_a_weeks_report_is_of_some_school() -> None:
    with pytest.raises(ValueError, match="empty"):
        next_week_on([], date(2026, 11, 16))


@pytest.mark.parametrize(
    ("now", "any_hour", "on"),
    [
        ("2026-11-26T05:00", False, "2026-11-26"),
        ("2026-11-26T17:59", False, "2026-11-26"),
        ("2026-11-26T18:00", False, "2026-11-30"),  # over the INSET day and the weekend
        ("2026-11-26T18:00", True, "2026-11-26"),
        ("2026-12-19T09:00", True, "2027-01-05"),
    ],
)
def test_what_is_said_is_told_on_that_school_day_or_the_next(now: str, any_hour: bool, on: str) -> None:
    assert told_on([SCHOOL], at(now), at_any_hour=any_hour) == date.fromisoformat(on)
