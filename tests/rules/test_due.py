"""Due dates: what the words of each rule come to, and how last days are treated."""

from __future__ import annotations

from datetime import date

import pytest

from rules.counting import DOES_NOT_ROLL, TRIBUNAL_ACT, TRIBUNAL_ACT_LEAVING_OUT, TRIBUNAL_APPEAL, counting_named
from rules.due import Follows, rung_date
from rules.periods import RuleError
from tests.rules.due_by_hand import SCHOOL, dated, reckon


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


def test_rungs_count_from_the_due_date() -> None:
    due_on = date(2027, 1, 5)
    assert rung_date("on", due_on, SCHOOL) == due_on
    assert rung_date("1 week before", due_on, SCHOOL) == date(2026, 12, 29)
    assert rung_date("5 working days before", due_on, SCHOOL) == date(2026, 12, 24)
    assert rung_date("3 days after", due_on, SCHOOL) == date(2027, 1, 8)
    assert rung_date("2 school days after", date(2026, 12, 17), SCHOOL) == date(2027, 1, 5)
    with pytest.raises(RuleError):
        rung_date("one week before", due_on, SCHOOL)
