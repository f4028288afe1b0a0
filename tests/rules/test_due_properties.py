"""Properties of due dates that hold for any rule, day, convention and calendar."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.calendar import SchoolCalendar, Term, england
from rules.counting import DOES_NOT_ROLL, TRIBUNAL_ACT, TRIBUNAL_ACT_LEAVING_OUT, TRIBUNAL_APPEAL, left_out
from rules.definition import Counting
from rules.due import DueDate, Why, due_date, due_on, explain
from rules.periods import parse_rule
from tests.rules.due_by_hand import SCHOOL

UNITS = ("days", "weeks", "months", "years", "working days", "school days")
counts = st.builds(
    "{} {}{} {} a_on".format,
    st.integers(1, 40),
    st.just(""),
    st.sampled_from(UNITS),
    st.sampled_from(["after", "before", "beginning with"]),
) | st.builds("{} clear {} {} a_on".format, st.integers(0, 40), st.sampled_from(UNITS), st.sampled_from(["after", "before"]))
others = st.sampled_from(
    [
        "on a_on",
        "0 days after a_on",
        "end of term of a_on",
        "end of term after a_on",
        "before 15 February of a_on",
        "by 29 February of the year after a_on",
    ]
)
simple = counts | others
rules = simple | st.builds("{} of {} and {}".format, st.sampled_from(["later", "earlier"]), simple, simple)
days = st.dates(date(2024, 1, 1), date(2031, 1, 1))
conventions = st.sampled_from([DOES_NOT_ROLL, TRIBUNAL_ACT, TRIBUNAL_APPEAL, TRIBUNAL_ACT_LEAVING_OUT])


def on_day(rule: str, day: date, counting: Counting) -> DueDate:
    due = due_date(parse_rule(rule), {"a_on": day}.get, opened_on=None, calendar=SCHOOL, counting=counting)
    assert isinstance(due, DueDate)
    return due


@given(rules, days, st.integers(1, 400), conventions)
def test_a_later_start_never_gives_an_earlier_date(rule: str, day: date, later: int, counting: Counting) -> None:
    assert on_day(rule, day, counting).on <= on_day(rule, day + timedelta(days=later), counting).on


@example("1 months before a_on", date(2024, 1, 1), TRIBUNAL_ACT_LEAVING_OUT)
@example("1 months after a_on", date(2024, 7, 31), TRIBUNAL_ACT_LEAVING_OUT)
@given(rules, days, conventions)
def test_the_next_day_never_gives_an_earlier_date(rule: str, day: date, counting: Counting) -> None:
    assert on_day(rule, day, counting).on <= on_day(rule, day + timedelta(days=1), counting).on


@settings(max_examples=50)
@given(rules, days, conventions)
def test_the_day_alone_is_the_day_of_the_due_date(rule: str, day: date, counting: Counting) -> None:
    alone = due_on(parse_rule(rule), {"a_on": day}.get, opened_on=None, calendar=SCHOOL, counting=counting)
    assert alone == on_day(rule, day, counting).on
    assert due_on(parse_rule(rule), lambda _: None, opened_on=None, calendar=SCHOOL, counting=counting) is None


@st.composite
def school_calendars(draw: st.DrawFn) -> SchoolCalendar:
    """Schools with any few terms entered, and gaps of any length between them."""
    edges = sorted(draw(st.sets(st.dates(date(2026, 1, 1), date(2028, 12, 31)), max_size=8)))
    terms = [Term(str(first), first, last) for first, last in zip(edges[::2], edges[1::2], strict=False)]
    return england(terms, closed_on=draw(st.sets(st.dates(date(2026, 1, 1), date(2028, 12, 31)), max_size=5)))


school_rules = st.sampled_from(
    ["end of term of a_on", "end of term after a_on", "5 school days after a_on", "5 school days before a_on", "1 school day beginning with a_on"]
)


@settings(max_examples=300)
@example(england([Term("one entered wrongly", date(2026, 1, 1), date(2027, 9, 2))]), "end of term after a_on", date(2026, 1, 1), 1)
@given(school_calendars(), school_rules, st.dates(date(2025, 6, 1), date(2029, 6, 1)), st.integers(1, 60))
def test_a_later_start_never_gives_an_earlier_date_whatever_terms_are_entered(calendar: SchoolCalendar, rule: str, day: date, later: int) -> None:
    def on(start: date) -> date:
        due = due_date(parse_rule(rule), {"a_on": start}.get, opened_on=None, calendar=calendar)
        assert isinstance(due, DueDate)
        return due.on

    assert on(day) <= on(day + timedelta(days=later))


@given(rules, days, conventions)
def test_the_safe_date_is_an_earlier_working_day_and_why_survives_storing(rule: str, day: date, counting: Counting) -> None:
    due = on_day(rule, day, counting)
    if due.safe_on is not None:
        assert due.safe_on < due.on and SCHOOL.is_working_day(due.safe_on) and not counting.rolls
    assert Why.from_text(due.why.to_text()) == due.why
    assert all(sentence.endswith(".") and "_" not in sentence for sentence in explain(due))


@given(st.integers(0, 60), days)
def test_weeks_keep_the_weekday_and_beginning_with_ends_a_day_sooner(number: int, day: date) -> None:
    after = on_day(f"{number} weeks after a_on", day, DOES_NOT_ROLL).on
    assert after.weekday() == day.weekday()
    if number:
        assert on_day(f"{number} weeks beginning with a_on", day, DOES_NOT_ROLL).on == after - timedelta(days=1)


@given(st.integers(1, 60), days)
def test_working_days_there_and_back(number: int, day: date) -> None:
    there = on_day(f"{number} working days after a_on", day, DOES_NOT_ROLL).on
    assert SCHOOL.is_working_day(there)
    back = on_day(f"{number} working days before a_on", there, DOES_NOT_ROLL).on
    assert back == SCHOOL.working_day_until(day)


@given(st.integers(1, 60), days)
def test_months_end_on_the_same_number_or_the_months_last_day(number: int, day: date) -> None:
    on = on_day(f"{number} months after a_on", day, DOES_NOT_ROLL).on
    assert (on.year * 12 + on.month) - (day.year * 12 + day.month) == number
    assert on.day == day.day or (on.day < day.day and (on + timedelta(days=1)).day == 1)


@given(st.integers(1, 200), days)
def test_days_left_out_are_not_counted(number: int, day: date) -> None:
    stretches = TRIBUNAL_ACT_LEAVING_OUT.leaves_out
    counting = Counting(leaves_out=stretches, name=TRIBUNAL_ACT_LEAVING_OUT.name)
    on = on_day(f"{number} days after a_on", day, counting).on
    counted = [d for d in (day + timedelta(days=n) for n in range(1, (on - day).days + 1)) if not left_out(d, stretches)]
    assert len(counted) == number and not left_out(on, stretches)
