"""SEN support, from open to each of its ends: what the family is told, the day of review, another round, and the assessment that one may open."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.acceptance.people import HEAD, SENCO, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow


def opened(trust: TrustAtWork, name: str, **facts: Any) -> Story:
    """A pupil whom the teacher has referred on Monday 14 September 2026."""
    trust.begin("2026-09-14")
    home = household(trust.office.village, name, date(2018, 3, 1), 4)
    usual = {"referred_by": "staff", "year_group": 4, "english_is_additional": False, "has_healthcare_plan": False, "rights_held_by": "parent"}
    return trust.open("sen_support", home, **{**usual, **facts})


def agreed(story: Story, review_on: str = "2027-01-14") -> None:
    """The first round, up to what the teacher agrees with the family on 8 October."""
    story.records("look_at_progress")
    story.records("hear_family", words="Reading at home ends in tears")
    story.comes("2026-09-24")
    story.records("decide_on_support", "support")
    story.records("assess_needs", "clear")
    story.comes("2026-10-08")
    story.records("agree_support", by="teacher", review_on=review_on)


def watched(story: Story, outcome: str) -> None:
    """All who teach know, and the teacher has written down what the support does."""
    story.records("brief_staff")
    story.comes("2027-01-07")
    story.records("watch_progress", outcome, by="teacher")
    story.comes("2027-01-14")


def test_the_family_is_told_and_the_day_of_review_is_kept(trust: TrustAtWork) -> None:
    story = opened(trust, "Kit")
    assert story.open_steps == {"look_at_progress", "hear_family"}
    agreed(story)
    begins = story.mail(story.home.mother, "special help begins")
    assert "additional to what other children of the same age have" in words(begins)
    assert story.told("special help begins") == {story.home.mother, HEAD}
    assert "Thursday 14 January 2027" in words(story.mail(story.home.mother, "the help we have agreed"))
    assert story.told("the help we have agreed") == {story.home.mother, story.home.child}
    assert story.open_steps == {"brief_staff", "meet_midway"}
    assert story.due("meet_midway") == "2026-12-31"
    watched(story, "better")
    assert story.due("review_support") == "2027-01-14"
    story.records("review_support", "reached", by="teacher")
    assert story.told("the help has done what it should") == {story.home.mother, story.home.child, SENCO}
    assert story.instance("meet_midway").status == "overtaken"
    story.records("move_to_monitoring")
    story.has_ended("reached")
    assert story.event("agree_support").who == "Teacher Ash"


def test_another_round_begins_with_a_new_day_and_then_an_assessment_is_considered(trust: TrustAtWork) -> None:
    story = opened(trust, "Lea", english_is_additional=True, has_healthcare_plan=True)
    assert "weigh_language" in story.open_steps
    story.records("weigh_language")
    agreed(story)
    story.records("join_healthcare_plan")
    watched(story, "much_the_same")
    story.records("review_support", "another_round", by="teacher")
    assert story.told("the help goes on") == {story.home.mother, SENCO}
    assert story.open_steps == {"assess_needs"} and story.instance("assess_needs").round == 2
    story.records("assess_needs", "specialist_asked")
    story.records("agree_support", by="teacher", review_on="2027-04-15")
    story.records("brief_staff")
    story.records("join_healthcare_plan")
    story.comes("2027-04-08")
    story.records("watch_progress", "worse", by="teacher")
    assert story.due("review_support") == "2027-04-15"
    story.comes("2027-04-15")
    receipt = story.records("review_support", "ask_for_assessment", by="teacher")
    assert [ref[:3] for ref in receipt.also_opened] == ["NA-"]
    assert story.told("more than the school can give by itself") == {story.home.mother, SENCO, HEAD}
    assert "You can also ask the local authority" in words(story.mail(story.home.mother, "more than the school can give"))
    story.has_ended("assessment_considered")


def test_good_teaching_may_be_enough_and_the_family_is_told_so(trust: TrustAtWork) -> None:
    story = opened(trust, "Moe", referred_by="parent")
    story.records("look_at_progress")
    story.records("hear_family")
    story.records("decide_on_support", "no_support")
    assert "you can ask the local authority for an assessment yourself" in words(story.mail(story.home.mother, "no special help for now"))
    story.has_ended("no_support")


@pytest.mark.parametrize(("name", "subject", "to"), [("moved_away", "our help has ended", "mother"), ("opened_in_error", "opened in error", "head")])
def test_it_ends_from_anywhere(trust: TrustAtWork, name: str, subject: str, to: str) -> None:
    story = opened(trust, "Nia")
    story.interrupts(name, "It has come so")
    assert story.told(subject) == {story.home.mother if to == "mother" else HEAD}
    story.has_ended(name)
