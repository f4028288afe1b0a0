"""What is kept and said about a due date: its stored why, and the sentences made of it."""

from __future__ import annotations

from datetime import date

import pytest

from rules.counting import TRIBUNAL_ACT_LEAVING_OUT, TRIBUNAL_APPEAL
from rules.due import Why, explain
from tests.rules.due_by_hand import SCHOOL, dated


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
