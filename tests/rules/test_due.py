"""Due dates: what the words of each rule come to, how last days are treated, what is said about them, and properties that hold for any day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.calendar import SchoolCalendar, Term, england
from rules.counting import DOES_NOT_ROLL, TRIBUNAL_ACT, TRIBUNAL_ACT_LEAVING_OUT, TRIBUNAL_APPEAL, counting_named, left_out
from rules.definition import Counting
from rules.due import DueDate, Follows, Why, due_date, explain, rung_date
from rules.periods import RuleError, parse_rule

TERMS = [
    Term("Autumn 2026", date(2026, 9, 3), date(2026, 12, 18)),
    Term("Spring 2027", date(2027, 1, 5), date(2027, 3, 25)),
    Term("Summer 2027", date(2027, 4, 12), date(2027, 7, 21)),
]
SCHOOL = england(TERMS, closed_on=[date(2026, 10, 26) + timedelta(days=n) for n in range(5)])


def reckon(rule: str, counting: Counting = DOES_NOT_ROLL, opened_on: str = "", citation: str = "", **known: str | int) -> DueDate | Follows:
    days = {name.replace("due_of_", "due of "): day if isinstance(day, int) else date.fromisoformat(day) for name, day in known.items()}
    opened = date.fromisoformat(opened_on) if opened_on else None
    return due_date(parse_rule(rule), days.get, opened_on=opened, calendar=SCHOOL, counting=counting, citation=citation)


def dated(rule: str, counting: Counting = DOES_NOT_ROLL, opened_on: str = "", citation: str = "", **known: str | int) -> DueDate:
    due = reckon(rule, counting, opened_on, citation, **known)
    assert isinstance(due, DueDate)
    return due


@pytest.mark.parametrize(
    ("rule", "base", "on"),
    [
        ("6 weeks after a_on", "2026-03-03", "2026-04-14"),  # periods.md section 1: the same weekday
        ("15 days beginning with a_on", "2026-12-01", "2026-12-15"),  # day one is the day itself
        ("12 months starting with a_on", "2026-01-01", "2026-12-31"),
        ("6 months starting with a_on", "2026-03-10", "2026-09-09"),
        ("6 months beginning with a_on", "2026-03-01", "2026-08-31"),  # base and period, then less a day
        ("6 months after a_on", "2026-08-31", "2027-02-28"),
        ("6 months after a_on", "2027-08-31", "2028-02-29"),  # a leap year
        ("12 months after a_on", "2028-02-29", "2029-02-28"),
        ("4 years after a_on", "2028-02-29", "2032-02-29"),
        ("2 months after a_on", "2026-10-01", "2026-12-01"),
        ("1 month before a_on", "2026-03-31", "2026-02-28"),
        ("2 clear weeks before a_on", "2026-11-19", "2026-11-04"),  # meeting on the 19th, out by the 4th
        ("1 clear month before a_on", "2026-03-31", "2026-02-27"),
        ("2 clear days after a_on", "2026-11-19", "2026-11-22"),
        ("before 15 February of a_on", "2027-09-01", "2027-02-14"),
        ("before 31 March of a_on", "2027-01-01", "2027-03-30"),
        ("by 31 October of the year before a_on", "2027-09-01", "2026-10-31"),
        ("by 29 February of the year after a_on", "2027-09-01", "2028-02-29"),
        ("by 29 February of a_on", "2027-09-01", "2027-02-28"),
        ("on a_on", "2026-11-19", "2026-11-19"),
        ("0 days after a_on", "2026-11-19", "2026-11-19"),
        ("20 working days after a_on", "2026-12-10", "2027-01-12"),
        ("15 working days beginning with a_on", "2026-11-20", "2026-12-10"),  # a Friday, which is day one
        ("1 working day beginning with a_on", "2026-11-21", "2026-11-23"),  # a Saturday is not
        ("5 working days before a_on", "2027-01-05", "2026-12-24"),
        ("2 clear working days before a_on", "2026-11-19", "2026-11-16"),
        ("5 school days after a_on", "2026-12-16", "2027-01-07"),  # over Christmas
        ("9 school days after a_on", "2026-10-19", "2026-11-06"),  # over half term
        ("2 school days before a_on", "2027-01-05", "2026-12-17"),
        ("end of term of a_on", "2026-10-28", "2026-12-18"),
        ("end of term after a_on", "2026-10-28", "2027-03-25"),
    ],
)
def test_what_the_words_come_to(rule: str, base: str, on: str) -> None:
    assert dated(rule, a_on=base).on == date.fromisoformat(on)


def test_a_base_may_be_an_opening_a_due_date_a_written_day_or_a_year() -> None:
    assert dated("3 weeks after it opens", opened_on="2026-11-02").on == date(2026, 11, 23)
    assert dated("1 day after due of la_decision", due_of_la_decision="2026-11-02").on == date(2026, 11, 3)
    assert dated("6 weeks after 2026-03-03").on == date(2026, 4, 14)
    assert dated("before 15 February of transfer_year", transfer_year=2027).on == date(2027, 2, 14)


def test_later_and_earlier_of() -> None:
    rule = "later of 2 months after sent_on and 1 month after certificate_on if any"
    assert dated(rule, sent_on="2026-10-01", certificate_on="2026-11-29").on == date(2026, 12, 29)
    assert dated(rule, sent_on="2026-10-01", certificate_on="2026-10-05").on == date(2026, 12, 1)
    assert dated(rule, sent_on="2026-10-01").on == date(2026, 12, 1)
    assert dated("earlier of on a_on and 1 week after b_on", a_on="2026-10-09", b_on="2026-10-01").on == date(2026, 10, 8)


def test_an_unknown_base_is_what_the_date_follows_from() -> None:
    assert reckon("6 weeks after received_on") == Follows("received_on")
    assert reckon("1 day after due of la_decision") == Follows("due of la_decision")
    assert reckon("3 weeks after it opens") == Follows("it opens")
    assert reckon("later of 2 months after sent_on and 1 month after certificate_on if any", certificate_on="2026-11-29") == Follows("sent_on")
    assert reckon("2 weeks after held_on if any") == Follows("held_on")
    assert reckon("earlier of on a_on and on b_on", a_on="2026-11-29") == Follows("b_on")


def test_a_duty_does_not_roll_and_shows_the_working_day_before() -> None:
    due = dated("6 weeks after a_on", a_on="2026-02-20")  # Good Friday
    assert (due.on, due.safe_on) == (date(2026, 4, 3), date(2026, 4, 2))
    saturday = dated("8 weeks after a_on", a_on="2026-09-12")
    assert (saturday.on, saturday.safe_on) == (date(2026, 11, 7), date(2026, 11, 6))
    assert dated("6 weeks after a_on", a_on="2026-03-03").safe_on is None


def test_no_safe_date_before_the_period_has_begun() -> None:
    due = dated("1 day after it opens", opened_on="2026-11-07")  # opened on a Saturday
    assert (due.on, due.safe_on) == (date(2026, 11, 8), None)
    assert dated("on it opens", opened_on="2026-11-07").safe_on is None
    assert dated("2 days after it opens", opened_on="2026-11-06").safe_on == date(2026, 11, 6)  # the day it opens is still in time


def test_a_date_that_is_the_base_itself_may_have_an_earlier_safe_date() -> None:
    assert dated("on review_due_on", review_due_on="2026-11-07").safe_on == date(2026, 11, 6)
    assert dated("0 days after review_due_on", review_due_on="2026-11-07").safe_on == date(2026, 11, 6)


def test_tribunal_acts_roll_to_the_next_working_day() -> None:
    due = dated("2 weeks after a_on", TRIBUNAL_ACT, a_on="2026-03-20")  # Good Friday, then a weekend and Easter Monday
    assert (due.on, due.safe_on) == (date(2026, 4, 7), None)


@pytest.mark.parametrize(
    ("sent", "on"),
    [
        ("2026-06-05", "2026-09-01"),  # 5 August: HESC r.12(3)(a), first working day after 31 August
        ("2026-05-30", "2026-07-30"),  # before August: stands
        ("2026-06-30", "2026-09-01"),  # 30 August, a Sunday
        ("2026-10-25", "2027-01-04"),  # 25 December: first working day after 1 January
        ("2026-11-01", "2027-01-04"),  # 1 January
        ("2026-10-24", "2026-12-24"),  # 24 December: stands
        ("2026-11-02", "2027-01-04"),  # 2 January, a Saturday: r.12(2)
    ],
)
def test_an_appeals_last_day_in_august_or_at_christmas(sent: str, on: str) -> None:
    assert dated("2 months after sent_on", TRIBUNAL_APPEAL, sent_on=sent).on == date.fromisoformat(on)


def test_tribunal_acts_other_than_the_appeal_do_not_count_august_and_christmas() -> None:
    due = dated("30 working days after received_on", TRIBUNAL_ACT_LEAVING_OUT, received_on="2026-07-20")
    assert due.on == date(2026, 9, 29)  # 9 days of July, then 21 from Tuesday 1 September
    assert due.why.skipped[0] == date(2026, 8, 3) and due.why.skipped[-1] == date(2026, 8, 31)
    assert dated("2 weeks after a_on", TRIBUNAL_ACT_LEAVING_OUT, a_on="2026-12-20").on == date(2027, 1, 11)
    assert dated("1 month after a_on", TRIBUNAL_ACT_LEAVING_OUT, a_on="2026-09-10").on == date(2026, 10, 12)  # 10 October, a Saturday
    assert dated("1 month after a_on", TRIBUNAL_ACT_LEAVING_OUT, a_on="2026-08-10").on == date(2026, 10, 1)  # as from 31 July
    assert dated("1 week beginning with a_on", TRIBUNAL_ACT_LEAVING_OUT, a_on="2026-07-30").on == date(
        2026, 9, 7
    )  # 30, 31 July, 1 to 5 Sept: Saturday


def test_counting_conventions_by_name() -> None:
    assert counting_named("tribunal appeal") is TRIBUNAL_APPEAL
    assert counting_named("") is counting_named("plain") is DOES_NOT_ROLL
    with pytest.raises(ValueError, match="Write one of: does not roll, tribunal act"):
        counting_named("rolls")


def test_why_is_stored_as_compact_text_and_read_back() -> None:
    due = dated("9 school days after a_on", a_on="2026-10-19", citation="policy section 14")
    text = due.why.to_text()
    assert text == (
        f'["9 school days after a_on",[["a_on","2026-10-19"]],"policy section 14","does not roll",["2026-10-26/2026-10-30"],"{SCHOOL.version}",[]]'
    )
    assert Why.from_text(text) == due.why


def test_explanation_of_a_plain_duty_with_its_safe_date() -> None:
    due = dated("6 weeks after request_received_on", request_received_on="2026-02-20", citation="SI 2014/1530 reg 5(1)")
    assert explain(due) == [
        "The rule: 6 weeks after “request received” (SI 2014/1530 reg 5(1)).",
        "It counts from “request received”: Friday 20 February 2026.",
        "That day is left out; 6 weeks end on Friday 3 April 2026.",
        "Friday 3 April 2026 is a bank holiday (Good Friday), and nothing in this law moves a last day to the next working day.",
        "Work to Thursday 2 April 2026, the last working day before it.",
    ]


def test_explanation_of_clear_weeks_says_both_readings() -> None:
    assert explain(dated("2 clear weeks before meeting_on", meeting_on="2026-11-19"), {"meeting_on": "the day of the meeting"}) == [
        "The rule: 2 clear weeks before “the day of the meeting”.",
        "It counts from “the day of the meeting”: Thursday 19 November 2026.",
        "“2 clear weeks” leaves out both that day and the day of acting, which is Wednesday 4 November 2026.",
        "A looser reading of the words would allow Thursday 5 November 2026. Sources differ, so the stricter one is what to work to.",
    ]


def test_only_a_clear_period_before_has_a_looser_reading() -> None:
    assert dated("2 clear weeks before a_on", a_on="2026-11-19").why.notes == ("loose 2026-11-05",)
    assert dated("2 weeks before a_on", a_on="2026-11-19").why.notes == ()
    assert dated("2 clear weeks after a_on", a_on="2026-11-19").why.notes == ()
    assert dated("3 months beginning with a_on", a_on="2026-11-30").why.notes == ("loose 2027-02-28",)
    assert dated("3 months beginning with a_on", a_on="2026-11-28").why.notes == ()
    assert dated("1 year beginning with a_on", a_on="2028-02-29").why.notes == ("loose 2029-02-28",)


def test_explanation_of_a_right_of_appeal() -> None:
    rule = "later of 2 months after sent_on and 1 month after certificate_on if any"
    assert explain(dated(rule, TRIBUNAL_APPEAL, sent_on="2026-06-20", certificate_on="2026-07-15")) == [
        "The rule: later of 2 months after “sent” and 1 month after “certificate” if any.",
        "It counts from “sent”: Saturday 20 June 2026.",
        "It counts from “certificate”: Wednesday 15 July 2026.",
        "The parts come to Thursday 20 August 2026 and Saturday 15 August 2026; the later one counts.",
        "The period ends on Thursday 20 August 2026.",
        "An appeal's last day in August or from 25 December to 1 January moves to the first working day after: rule 12(3)(a) of the Tribunal's rules "
        "(SI 2008/2699). So the last day is Tuesday 1 September 2026.",
        "It must be done by 5pm: rule 12(1) of the Tribunal's rules (SI 2008/2699).",
    ]
    assert "A day that is not known, and may never be, is left out of account." in explain(dated(rule, sent_on="2026-06-20"))


def test_explanation_of_days_left_out_and_of_term_dates_nobody_entered() -> None:
    working = explain(dated("3 working days after 2026-04-01"))
    assert "Not counted besides weekends: Friday 3 April 2026 to Monday 6 April 2026." in working
    assert "Not counted besides weekends: Monday 4 May 2026 (May Day)." in explain(dated("3 working days after 2026-05-01"))
    unknown = dated("5 school days after a_on", a_on="2029-09-20")
    assert unknown.why.notes == ("terms unknown",)
    assert "every working day was counted as a school day" in " ".join(explain(unknown))
    assert "England's usual ones were assumed" in " ".join(explain(dated("end of term of a_on", a_on="2029-09-20")))
    response = explain(dated("30 working days after a_on", TRIBUNAL_ACT_LEAVING_OUT, a_on="2026-07-20"))
    assert any("rule 12(3)(b)" in sentence for sentence in response)
    weeks = explain(dated("3 weeks after a_on", TRIBUNAL_ACT_LEAVING_OUT, a_on="2026-07-20"))
    assert "Not counted: Saturday 1 August 2026 to Monday 31 August 2026." in weeks
    inset = explain(dated("60 school days after a_on", a_on="2026-09-29"))
    assert any(sentence.startswith("Not counted besides weekends: Monday 26 October 2026 to Friday 30 October 2026, ") for sentence in inset)


@pytest.mark.parametrize(
    ("rule", "known", "sentence"),
    [
        ("before 15 February of transfer_year", {"transfer_year": 2028}, "“Before 15 February” leaves Monday 14 February 2028 as the last day."),
        ("before 15 February of transfer_year", {"transfer_year": 2028}, "It counts from “transfer year”: 2028."),
        ("by 1 May of a_on", {"a_on": "2026-11-19"}, "“By 1 May” ends on Friday 1 May 2026."),
        ("15 days beginning with a_on", {"a_on": "2026-12-01"}, "That day is day one; 15 days end on Tuesday 15 December 2026."),
        ("1 week before a_on", {"a_on": "2026-11-19"}, "Counted back 1 week from that day, which is left out, it is Thursday 12 November 2026."),
        ("on a_on", {"a_on": "2026-11-19"}, "It is that day itself: Thursday 19 November 2026."),
        ("0 days after a_on", {"a_on": "2026-11-19"}, "It is that day itself: Thursday 19 November 2026."),
        ("end of term of a_on", {"a_on": "2026-11-19"}, "That term ends on Friday 18 December 2026."),
        (
            "1 day after due of la_decision",
            {"due_of_la_decision": "2026-11-02"},
            "It counts from the due date of “la decision”: Monday 2 November 2026.",
        ),
        ("2 weeks after it opens", {"opened_on": "2026-11-02"}, "The step opens on Monday 2 November 2026."),
    ],
)
def test_every_form_has_its_sentence(rule: str, known: dict[str, str | int], sentence: str) -> None:
    assert sentence in explain(dated(rule, **known))  # type: ignore[arg-type]


def test_a_month_without_the_corresponding_day_takes_the_stricter_reading_and_says_so() -> None:
    due = dated("3 months beginning with a_on", a_on="2026-11-30")
    assert due.on == date(2027, 2, 27)
    assert "A looser reading of the words would allow Sunday 28 February 2027." in " ".join(explain(due))


def test_rungs_count_from_the_due_date() -> None:
    due_on = date(2027, 1, 5)
    assert rung_date("on", due_on, SCHOOL) == due_on
    assert rung_date("1 week before", due_on, SCHOOL) == date(2026, 12, 29)
    assert rung_date("5 working days before", due_on, SCHOOL) == date(2026, 12, 24)
    assert rung_date("3 days after", due_on, SCHOOL) == date(2027, 1, 8)
    assert rung_date("2 school days after", date(2026, 12, 17), SCHOOL) == date(2027, 1, 5)
    with pytest.raises(RuleError):
        rung_date("one week before", due_on, SCHOOL)


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
