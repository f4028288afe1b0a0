"""Acceptance 2, the variants: the plan kept, to cease; Year 9; looked after; a young person from the start, and from the middle of a case.

In each the meeting is on Thursday 5 November 2026 and the twelve months end on 18 December.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from db.models import Plan
from tests.acceptance.people import COUNCIL, HEAD, SENCO, Household, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
LA = COUNCIL["la"]


def opened(trust: TrustAtWork, home: Household, **facts: Any) -> Story:
    """Opened by the SENCO on 10 September; the meeting agreed on the 20th."""
    trust.begin("2026-09-10")
    usual: dict[str, Any] = {
        "review_due_on": date(2026, 12, 18),
        "reason": "yearly",
        "year_group": 5,
        "looked_after": False,
        "rights_held_by": "parent",
    }
    story = trust.open("annual_review", home, **{**usual, **facts})
    story.comes("2026-09-20")
    story.records("agree_meeting_date", meeting_on="2026-11-05")
    return story


def held(story: Story) -> None:
    """Advice circulated on 20 October, the meeting held on its day."""
    story.comes("2026-10-20")
    story.records("circulate_advice")
    story.comes("2026-11-05")
    story.records("hold_meeting")


def test_year_nine_looked_after_and_the_plan_is_kept(trust: TrustAtWork) -> None:
    home = household(trust.office.village, "Ivy", date(2013, 1, 9), 9, looked_after=True)
    story = opened(trust, home, year_group=9, looked_after=True)
    assert "fix_one_meeting_with_pep" in story.open_steps
    story.records("fix_one_meeting_with_pep", "one_meeting")
    held(story)
    assert {"prepare_adulthood", "check_sections"} <= story.open_steps and "write_report" not in story.open_steps
    story.records("prepare_adulthood")
    story.records("check_sections", "complete")
    story.records("write_report", recommendation="maintain")
    story.records("approve_report", "approved", by="head")
    story.comes("2026-12-02")
    story.records("la_decision", "maintain", decision_on="2026-12-01")
    kept = story.mail(home.mother, "the plan stays as it is")
    assert "The last day to appeal is Monday 1 February 2027." in words(kept)
    assert story.told("the plan stays as it is") == {home.mother, home.child, SENCO, HEAD}
    story.records("explain_right_of_appeal")
    story.has_ended("maintained")


def test_below_year_nine_and_not_looked_after_neither_step_is_asked(trust: TrustAtWork) -> None:
    story = opened(trust, household(trust.office.village, "Jim", date(2017, 1, 9), 5))
    assert "fix_one_meeting_with_pep" not in story.open_steps
    held(story)
    assert "prepare_adulthood" not in story.open_steps and "check_sections" in story.open_steps
    story.interrupts("opened_in_error", "Twice the same pupil")
    story.has_ended("opened_in_error")


def test_a_young_person_is_asked_and_told_and_holds_the_right_when_the_plan_is_to_cease(trust: TrustAtWork) -> None:
    """Sixteen in May 2026: compulsory school age ended on Friday 26 June 2026, so the review that opens by itself knows who holds the rights."""
    village = trust.office.village
    home = household(village, "Kit", date(2010, 5, 1), 12)
    trust.begin("2026-09-11")
    with village.engines.scheduler() as session:
        about = {"pupil_id": home.pupil_id, "school_id": village.school_id, "authority_id": village.authority_id}
        session.add(Plan(issued_on=date(2024, 12, 20), last_review_on=date(2025, 12, 19), review_due_on=date(2026, 12, 18), **about))
    story = Story(trust, trust.reviews_open().opened[0], home)
    assert story.position.facts["rights_held_by"] == "young_person"
    story.comes("2026-09-21")
    story.records("agree_meeting_date", meeting_on="2026-11-05")
    assert home.child in story.told("your advice for the review") and home.mother not in story.told("your advice for the review")
    story.mail(home.child, "the day of the review meeting")
    story.comes("2026-10-01")
    for asked in story.mails(home.child, "your advice for the review"):
        story.answers(asked, "given", "I want to train as a chef.")
    assert story.event("gather_advice", "parent").who == "Self Ashby"
    held(story)
    story.comes("2026-12-02")
    (opened_appeal,) = story.records("la_decision", "cease", decision_on="2026-12-01").also_opened
    notice = story.mail(home.child, "the local authority wants to end the plan")
    assert "The last day to appeal is Monday 1 February 2027." in words(notice) and "Nothing stops yet." in words(notice)
    story.records("explain_right_of_appeal")
    assert "The last day to appeal is Monday 1 February 2027." in words(story.mail(home.child, "your right to appeal"))
    story.comes("2027-02-02")
    assert story.open_steps == {"appeal"}, "the plan goes on while nobody has said that there is no appeal"
    Story(trust, opened_appeal, home).records("close_window", "no_appeal")
    story.records("plan_next_support")
    story.comes("2027-02-02")  # software takes the plan out of the diary
    assert story.told("the plan has ended") == {home.child, SENCO, HEAD}
    story.has_ended("ceased")
    (plan,) = trust.office.village.rows("SELECT ceased_on FROM plans WHERE pupil_id = %s", home.pupil_id)
    assert plan.ceased_on == date(2027, 2, 2)
    assert not story.mails(home.mother), "what is the young person's is not written to the mother"


def test_the_rights_pass_in_the_middle_of_a_case(trust: TrustAtWork) -> None:
    story = opened(trust, household(trust.office.village, "Liv", date(2010, 5, 1), 12), year_group=12)
    home = story.home
    assert home.mother in story.told("the day of the review meeting")
    story.corrects("Over compulsory school age since 26 June", rights_held_by="young_person")
    before = len(story.mails(home.mother))
    held(story)
    story.comes("2026-12-04")
    assert story.told("the local authority is late", on="2026-12-04") == {home.child, SENCO}, "the chasing passes too"
    story.records("la_decision", "maintain", decision_on="2026-12-04")
    assert "The last day to appeal is Thursday 4 February 2027." in words(story.mail(home.child, "the plan stays as it is"))
    story.records("explain_right_of_appeal")
    story.has_ended("maintained")
    assert len(story.mails(home.mother)) == before


def test_the_council_declines_an_early_review(trust: TrustAtWork) -> None:
    trust.begin("2026-10-05")
    home = household(trust.office.village, "Max", date(2016, 1, 9), 6)
    facts: dict[str, Any] = {"reason": "early", "year_group": 6, "looked_after": False, "rights_held_by": "parent"}
    story = trust.open("annual_review", home, review_due_on=date(2027, 6, 30), **facts)
    assert story.state == "Waiting for the local authority"
    story.comes("2026-10-20")
    story.records("la_agrees_to_review_early", "declines")
    assert story.told("no early review") == {home.mother, SENCO}
    story.has_ended("declined")
