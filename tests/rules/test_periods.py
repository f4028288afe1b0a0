"""The rule language: what it reads, what it names, and what it says when it cannot read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.periods import Base, Choice, Count, OnDay, Period, RuleError, TermEnd, YearDay, parse_period, parse_rule, parse_rung, within

MEETING = Base("name", "meeting_on")


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("6 weeks after meeting_on", Count(Period(6, "week"), "after", MEETING)),
        ("1 week before meeting_on", Count(Period(1, "week"), "before", MEETING)),
        ("2 clear weeks before meeting_on", Count(Period(2, "week", clear=True), "before", MEETING)),
        ("15 days beginning with meeting_on", Count(Period(15, "day"), "beginning with", MEETING)),
        ("12 months starting with meeting_on", Count(Period(12, "month"), "beginning with", MEETING)),
        ("15 working days after meeting_on", Count(Period(15, "working day"), "after", MEETING)),
        ("1 school day after meeting_on", Count(Period(1, "school day"), "after", MEETING)),
        ("3 years after meeting_on", Count(Period(3, "year"), "after", MEETING)),
        ("0 days after meeting_on", Count(Period(0, "day"), "after", MEETING)),
        ("on meeting_on", OnDay(MEETING)),
        ("before 15 February of meeting_on", YearDay(15, 2, True, 0, MEETING)),
        ("by 31 october of the year before meeting_on", YearDay(31, 10, False, -1, MEETING)),
        ("before 31 March of the year after meeting_on", YearDay(31, 3, True, 1, MEETING)),
        ("end of term of meeting_on", TermEnd(False, MEETING)),
        ("end of term after meeting_on", TermEnd(True, MEETING)),
        ("3 weeks after it opens", Count(Period(3, "week"), "after", Base("it opens", "it opens"))),
        ("1 day after due of la_decision", Count(Period(1, "day"), "after", Base("due of", "la_decision"))),
        ("2 weeks after held_on if any", Count(Period(2, "week"), "after", Base("name", "held_on", if_any=True))),
        ("16 weeks after 2023-10-04", Count(Period(16, "week"), "after", Base("day", "2023-10-04", day=date(2023, 10, 4)))),
    ],
)
def test_reads_each_form(text: str, shape: object) -> None:
    rule = parse_rule(text)
    assert rule.shape == shape
    assert rule.text == text


def test_choice_names_every_base_in_order() -> None:
    rule = parse_rule("later of 2 months after sent_on and 1 month after certificate_on if any and on due of mediate")
    assert isinstance(rule.shape, Choice) and rule.shape.later and len(rule.shape.parts) == 3
    assert [(b.key, b.kind, b.if_any) for b in rule.bases] == [
        ("sent_on", "name", False),
        ("certificate_on", "name", True),
        ("due of mediate", "due of", False),
    ]
    assert rule.units == {"month"}


def test_earlier_of_and_nesting() -> None:
    rule = parse_rule("earlier of on a_on and later of on b_on and on c_on")
    assert rule.shape == Choice(False, (OnDay(Base("name", "a_on")), Choice(True, (OnDay(Base("name", "b_on")), OnDay(Base("name", "c_on"))))))


def test_a_rule_is_read_once() -> None:
    assert parse_rule("6 weeks after received_on") is parse_rule("6 weeks after received_on")


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "the text ends here"),
        ("six weeks after sent_on", 1, "Write 6"),
        ("6 fortnights after sent_on", 3, "Write days, weeks, months"),
        ("6 business days after sent_on", 3, "'working days'"),
        ("6 weeks", 8, "'after' leaves the first day out"),
        ("6 weeks from sent_on", 9, "'beginning with' counts it"),
        ("6 weeks after", 14, "Name a fact or a step"),
        ("6 weeks after today", 15, "never counts from today"),
        ("6 weeks after Sent On", 15, "Name a fact or a step"),
        ("6 weeks after sent_on or so", 23, "expected the end, found 'or'"),
        ("6 weeks after 2026-02-30", 15, "year, month and day"),
        ("later of 6 weeks after sent_on", 31, "second rule"),
        ("later 6 weeks after sent_on", 7, "Write 'later of RULE and RULE'"),
        ("before 30 February of moved_on", 8, "expected a day of February"),
        ("before 15 Feb of moved_on", 11, "a month's name"),
        ("before 15 February moved_on", 20, "expected 'of'"),
        ("by 1 May of the year", 21, "'before' or 'after'"),
        ("2 clear weeks beginning with sent_on", 1, "cannot begin with a day"),
        ("0 days beginning with sent_on", 1, "cannot begin with a day"),
        ("3 days after it opens if any", 23, "Leave 'if any' out"),
        ("2 weeks after sent_on if known", 26, "expected 'any'"),
        ("end of term meeting_on", 13, "expected 'of'"),
        ("101 years after sent_on", 1, "at most 100"),
        ("-3 days after sent_on", 1, "whole number"),
        ("1.5 weeks after sent_on", 1, "whole number"),
    ],
)
def test_refusals_name_the_column_and_the_cure(text: str, column: int, words: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_rule(text)
    assert refused.value.column == column
    assert words in str(refused.value)


def test_periods_alone() -> None:
    assert parse_period("0 days") == Period(0, "day")
    assert parse_period("2 clear weeks") == Period(2, "week", clear=True)
    assert str(parse_period("15 working days")) == "15 working days"
    assert str(Period(1, "month")) == "1 month"
    with pytest.raises(RuleError, match="number and a unit"):
        parse_period("4 weeks after")


def test_within_makes_a_rule_of_a_bare_period() -> None:
    assert within("4 weeks", "meeting_on") is parse_rule("4 weeks after meeting_on")
    assert within("0 days", "review_due_on").shape == Count(Period(0, "day"), "after", Base("name", "review_due_on"))
    assert within("12 months starting with", "made_on").shape == Count(Period(12, "month"), "beginning with", Base("name", "made_on"))


def test_rungs() -> None:
    assert parse_rung("on") == (Period(0, "day"), "after")
    assert parse_rung("1 week before") == (Period(1, "week"), "before")
    assert parse_rung("2 school days after") == (Period(2, "school day"), "after")
    for wrong in ("1 week", "on meeting_on", "before", "2 days after meeting_on"):
        with pytest.raises(RuleError):
            parse_rung(wrong)


@given(st.text(alphabet=st.sampled_from("0123456789 abdefiklmnoprstwy_-"), max_size=40))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        rule = parse_rule(text)
    except RuleError as refused:
        assert 1 <= refused.column <= len(text) + 1
        assert refused.cure
    else:
        assert rule.bases


VOCABULARY = """6 15 0 clear weeks days working school after before beginning starting with on by of later earlier end term due it opens
if any and a_on the year February 2026-03-03"""
words = st.sampled_from(VOCABULARY.split())


@given(st.lists(words, max_size=14).map(" ".join))
def test_any_words_are_read_or_refused(text: str) -> None:
    try:
        assert parse_rule(text).bases
    except RuleError as refused:
        assert 1 <= refused.column <= len(text) + 1
