"""The timeline of a process from stated facts, and a date by itself."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from rules.calendar import england
from rules.condition_words import fact_words, step_words
from rules.conditions import AllFacts, AllOf, AnyFact, AtLeast, AtMost, DayIs, Done, Known, OneOf, Opening, Settled
from rules.counting import TRIBUNAL_APPEAL
from rules.date_words import date_of
from rules.definition import DatedBy, Definition
from rules.due import explain
from rules.loader import load_library
from rules.periods import RuleError
from rules.timeline import TimelineRow, UnknownFact, timeline, titles_of
from rules.values import Value

EXAMPLE = Path(__file__).parent / "example"


@pytest.fixture(scope="module")
def review() -> Definition:
    return load_library(EXAMPLE).definitions["annual_review"][0]


def rows(review: Definition, **facts: Value) -> dict[tuple[str, str], TimelineRow]:
    return {(row.step, row.kind): row for row in timeline(review, facts, england())}


def on(row: TimelineRow) -> date | None:
    return row.due.on if row.due else None


def test_every_date_that_follows_from_the_meeting(review: Definition) -> None:
    found = rows(review, meeting_on=date(2026, 11, 19), review_due_on=date(2026, 12, 31))
    assert on(found["send_invitations", "duty"]) == date(2026, 11, 4)
    assert on(found["circulate_advice", "duty"]) == date(2026, 11, 4)
    assert on(found["hold_meeting", "earliest day"]) == date(2026, 11, 19)
    assert on(found["send_report", "duty"]) == date(2026, 12, 3)
    assert on(found["la_decision", "duty"]) == date(2026, 12, 17)
    assert on(found["la_decision", "outer limit"]) == date(2026, 12, 31)
    assert on(found["la_sends_amended_plan", "outer limit"]) == date(2027, 2, 11)
    assert found["send_report", "duty"].citation == "reg 20(9)"
    assert found["la_decision", "duty"].whose == "the local authority"
    assert found["send_report", "duty"].whose == "Sendflow"
    for row in found.values():
        assert row.due is None or row.due.why.citation == row.citation


def test_six_sixteen_and_twenty_weeks_of_the_shipped_assessment() -> None:
    assessment = load_library().definitions["ehc_needs_assessment"][-1]
    found = timeline(assessment, {"request_received_on": date(2026, 3, 3)}, england())
    limits = {row.citation: on(row) for row in found if row.due}
    assert limits == {"reg 5(1)": date(2026, 4, 14), "reg 10(1)": date(2026, 6, 23), "reg 13(2)": date(2026, 7, 21)}


def test_an_outer_limit_that_says_the_steps_own_period_again_is_shown_once(review: Definition) -> None:
    found = timeline(review, {"meeting_on": date(2026, 11, 19)}, england())
    assert [row.citation for row in found if row.step == "la_decision"] == ["reg 20(10)", "CFA s.44(1)", "HESC r.20(1)(c)"]


def test_what_is_not_stated_is_what_a_date_follows_from(review: Definition) -> None:
    found = rows(review, meeting_on=date(2026, 11, 19))
    amended = found["la_sends_amended_plan", "duty"]
    assert (amended.due, amended.follows) == (None, "notice_sent_on")
    assert {row.follows for row in rows(review).values()} >= {"meeting_on", "notice_sent_on"}


def test_the_last_day_of_a_right_stands_under_the_decision_that_gives_it(review: Definition) -> None:
    row = rows(review, meeting_on=date(2026, 11, 19))["la_decision", "right"]
    assert row.title == "Last day of the right: appeal"
    assert row.only_if == "the decision is maintain or cease"
    assert row.follows and row.citation
    assert row.whose == ""


def test_a_fact_that_rules_a_step_out_takes_its_dates_away(review: Definition) -> None:
    decision = review.steps["la_decision"]
    only_in_year_9 = dataclasses.replace(decision, only_if=AtLeast("year_group", 9))
    changed = dataclasses.replace(review, steps={**review.steps, "la_decision": only_in_year_9})
    assert ("la_decision", "duty") not in rows(changed, year_group=7)
    assert rows(changed, year_group=9)["la_decision", "duty"].only_if == ""
    assert rows(changed)["la_decision", "duty"].only_if == "year group is 9 or above"


def test_a_choice_of_rules_is_shown_as_far_as_the_facts_leave_it_open(review: Definition) -> None:
    decision = dataclasses.replace(
        review.steps["la_decision"],
        due=(
            DatedBy("2 weeks after meeting_on", facts=OneOf("looked_after", ("yes",))),
            DatedBy("3 weeks after meeting_on", steps=Done("la_agrees_to_review_early", ("agrees",))),
            DatedBy("4 weeks after meeting_on"),
        ),
    )
    report = dataclasses.replace(review.steps["send_report"], due=(DatedBy("1 week before due of la_decision"),))
    changed = dataclasses.replace(review, steps={**review.steps, "la_decision": decision, "send_report": report})

    def ways(**facts: Value) -> list[tuple[date | None, str]]:
        found = timeline(changed, {"meeting_on": date(2026, 11, 19), **facts}, england())
        return [(on(row), row.only_if) for row in found if (row.step, row.kind) == ("la_decision", "duty")]

    early = "“The LA agrees to review early” came to agrees"
    assert ways(looked_after=True) == [(date(2026, 12, 3), "")]
    assert ways(looked_after=False) == [(date(2026, 12, 10), early), (date(2026, 12, 17), "")]
    assert ways()[0] == (date(2026, 12, 3), "looked after is yes")
    assert on(rows(changed, meeting_on=date(2026, 11, 19), looked_after=True)["send_report", "duty"]) == date(2026, 11, 26)
    assert rows(changed, meeting_on=date(2026, 11, 19))["send_report", "duty"].follows == "due of la_decision"


def test_two_dates_that_wait_for_each_other_stay_unknown(review: Definition) -> None:
    decision = dataclasses.replace(review.steps["la_decision"], due=(DatedBy("1 week after due of send_report"),))
    report = dataclasses.replace(review.steps["send_report"], due=(DatedBy("1 week before due of la_decision"),))
    changed = dataclasses.replace(review, steps={**review.steps, "la_decision": decision, "send_report": report})
    assert rows(changed)["la_decision", "duty"].follows == "due of send_report"


def test_a_fact_nobody_knows_is_refused(review: Definition) -> None:
    with pytest.raises(UnknownFact, match=r"annual_review has no fact 'met_on'\. Name one of: decision_on"):
        timeline(review, {"met_on": date(2026, 11, 19)}, england())


def test_titles_speak_in_explanations(review: Definition) -> None:
    row = rows(review, notice_sent_on=date(2026, 12, 17))["la_sends_amended_plan", "duty"]
    assert row.due is not None
    assert explain(row.due, titles_of(review))[1] == "It counts from “the day the LA sent its proposed amendments”: Thursday 17 December 2026."
    assert titles_of(review)["gather_advice"] == "Advice from each party"


def test_conditions_in_words() -> None:
    titles = {"meeting_on": "the meeting", "la_decision": "The LA decides"}
    test = AllFacts((OneOf("reason", ("early", "phase_transfer")), AnyFact((AtMost("year_group", 6), Known("meeting_on", known=False)))))
    assert fact_words(test, titles) == "reason is early or phase transfer and year group is 6 or below or the meeting is not known"
    assert fact_words(DayIs("meeting_on", before=date(2027, 9, 1)), titles) == "the meeting is before Wednesday 1 September 2027"
    assert fact_words(DayIs("sent_on", since=date(2027, 9, 1)), titles) == "sent is from Wednesday 1 September 2027 on"
    assert step_words(AllOf((Done("la_decision", ("amend", "cease")), Settled("send_report"), Done("hold_meeting"), Opening())), titles) == (
        "“The LA decides” came to amend or cease and “send report” is settled and “hold meeting” is done and from the opening"
    )


def test_a_date_by_itself() -> None:
    assert date_of("6 weeks after 2026-03-03", england()).on == date(2026, 4, 14)
    assert date_of("  later of 2 months after 2026-06-20  and 1 month after 2026-07-15 ", england(), TRIBUNAL_APPEAL).on == date(2026, 9, 1)
    assert explain(date_of("6 weeks after 2026-03-03", england())) == [
        "The rule: 6 weeks after Tuesday 3 March 2026.",
        "That day is left out; 6 weeks end on Tuesday 14 April 2026.",
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("6 weeks after today", "never counts from today"),
        ("6 weeks after meeting_on", "column 15: 'meeting_on' is no day. Write the day out"),
        ("3 days after it opens", "'it opens' is no day"),
        ("six weeks after 2026-03-03", "Write 6"),
    ],
)
def test_a_date_by_itself_counts_from_a_written_day_only(words: str, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        date_of(words, england())


def test_statutory_time_loads_without_the_holidays_library_or_any_of_the_house_above() -> None:
    seen = "import sys, rules.timeline, rules.date_words, rules.due; print(*(m.split('.')[0] for m in sys.modules))"
    loaded = set(subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout.split())
    assert not loaded & {"holidays", "dateutil", "yaml", "prefect", "sqlalchemy", "psycopg", "db", "tasks", "flows", "web", "cli"}
