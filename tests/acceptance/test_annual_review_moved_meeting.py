"""Acceptance 2: an annual review that opens by itself, whose meeting is moved once, and whose plan is amended. Chapters, in order of their dates."""

from __future__ import annotations

from datetime import date

import pytest

from db.ledger import NotAllowed, Refused
from db.models import Plan
from tests.acceptance.people import COUNCIL, HEAD, SENCO, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
LA, HEALTH, SOCIAL_CARE = COUNCIL["la"], COUNCIL["health"], COUNCIL["social_care"]


@pytest.fixture(scope="module")
def story(trust: TrustAtWork) -> Story:
    """A plan whose twelve months end on Friday 18 December 2026. Fourteen weeks before is 11 September: that morning the review opens."""
    trust.begin("2026-09-10")
    village = trust.office.village
    home = household(village, "Ben", date(2018, 2, 1), 4)
    with village.engines.scheduler() as session:
        about = {"pupil_id": home.pupil_id, "school_id": village.school_id, "authority_id": village.authority_id}
        session.add(Plan(issued_on=date(2024, 12, 20), last_review_on=date(2025, 12, 19), review_due_on=date(2026, 12, 18), **about))
    assert trust.reviews_open().opened == ()
    trust.comes("2026-09-11")
    opened = trust.reviews_open()
    assert len(opened.opened) == 1 and not opened.refused and trust.reviews_open().opened == ()
    return Story(trust, opened.opened[0], home)


def test_september_it_opens_by_itself_so_that_the_decision_can_fall_inside_the_twelve_months(story: Story) -> None:
    assert story.history()[0].who == "Sendflow" and story.history()[0].happened_on == date(2026, 9, 11)
    assert story.position.facts["year_group"] == 4 and story.position.facts["rights_held_by"] == "parent"
    assert story.due("la_decision") == "2026-12-18"
    assert story.state == "Waiting for the SENCO" and story.has_one_run()
    story.comes("2026-09-21")
    for too_soon_or_late in ("2026-10-12", "2026-11-21"):
        with pytest.raises(Refused) as refused:
            story.records("agree_meeting_date", meeting_on=too_soon_or_late)
        assert refused.value.code == "bad_fact"


def test_the_meeting_is_agreed_and_everybody_has_two_weeks_clear_notice(story: Story) -> None:
    story.records("agree_meeting_date", meeting_on="2026-11-05")
    assert (story.due("send_invitations"), story.due("send_report"), story.due("la_decision")) == ("2026-10-21", "2026-11-19", "2026-12-03")
    assert story.told("the day of the review meeting") == {story.home.mother, story.home.child, HEAD, SENCO, LA, HEALTH, SOCIAL_CARE}
    assert "The meeting is on Thursday 5 November 2026" in words(story.mail(story.home.mother, "the day of the review meeting"))
    assert (story.event("send_invitations").who, story.event("send_invitations").happened_on) == ("Sendflow", date(2026, 9, 21))
    assert "send_invitations" not in story.open_steps
    assert "| 3 December 2026 |" in story.artifact


def test_october_the_meeting_is_moved_dates_follow_and_invitations_go_again(story: Story) -> None:
    story.comes("2026-10-02")
    story.corrects("The head is away on the 5th", meeting_on="2026-11-12")
    assert "send_invitations" in story.open_steps and story.due("send_invitations") == "2026-10-28", "the notice is checked again"
    assert [story.due(step) for step in ("circulate_advice", "send_report", "la_decision")] == ["2026-10-28", "2026-11-26", "2026-12-10"]
    again = story.mail(story.home.mother, "the day of the review meeting", on="2026-10-02")
    assert "The meeting is on Thursday 12 November 2026" in words(again)
    assert story.told("the day of the review meeting", on="2026-10-02") == {story.home.mother, story.home.child, HEAD, SENCO, LA, HEALTH, SOCIAL_CARE}
    sent = story.instance("send_invitations")
    assert (sent.round, sent.status, story.event("send_invitations").happened_on) == (2, "done", date(2026, 10, 2))
    assert story.history()[-2].words == {"because": "The head is away on the 5th"}
    with pytest.raises(Refused) as refused:
        story.corrects("Next Friday suits us better", meeting_on="2026-11-21")
    assert refused.value.code == "bad_fact", "21 November leaves the council no four weeks"


def test_advice_is_obtained_by_link_and_circulated(story: Story) -> None:
    story.comes("2026-10-12")
    mother, child, health = (story.mails(to, "your advice for the review")[-1] for to in (story.home.mother, story.home.child, HEALTH))
    story.answers(mother, "given", "Mornings are better now.")
    story.answers(child, "given", "More music.")
    story.answers(health, "nothing_to_add")
    story.records("gather_advice", "given", party="school", by="head")
    story.records("gather_advice", "nothing_to_add", party="la")
    story.comes("2026-10-26")
    assert "social care" in words(story.mail(SENCO, "advice has not come", on="2026-10-23"))
    assert story.due("circulate_advice") == "2026-10-28"
    story.records("circulate_advice")
    assert story.told("what has been written for the review") == {story.home.mother, story.home.child, HEAD, SENCO, LA, HEALTH, SOCIAL_CARE}
    assert "gather_advice" not in story.open_steps


def test_november_the_report_in_two_weeks_sent_back_once_and_approved_by_another(story: Story) -> None:
    with pytest.raises(Refused) as refused:
        story.records("hold_meeting")
    assert refused.value.code == "not_before"
    story.comes("2026-11-12")
    story.records("hold_meeting")
    story.comes("2026-11-13")
    story.records("check_sections", "gaps_found", words="Section F2 is missing.")
    assert story.event("check_sections").outcome == "gaps found" and story.event("check_sections").words
    story.comes("2026-11-17")
    story.records("write_report", recommendation="amend")
    with pytest.raises(NotAllowed):
        story.records("approve_report", "approved", by="senco")
    story.comes("2026-11-18")
    story.records("approve_report", "sent_back", by="head", words="Say what the mother thought.")
    assert story.told("the report has come back to you") == {SENCO}
    assert story.due("send_report") == "2026-11-26"
    story.comes("2026-11-19")
    story.records("write_report", recommendation="amend")
    story.records("approve_report", "approved", by="head")
    assert story.event("write_report").who != story.event("approve_report").who
    assert story.told("the report of the review") == {story.home.mother, story.home.child, HEAD, SENCO, LA, HEALTH, SOCIAL_CARE}
    assert (story.event("send_report").who, story.event("send_report").happened_on) == ("Sendflow", date(2026, 11, 19))


def test_december_the_councils_four_weeks_and_the_familys_fifteen_days(story: Story) -> None:
    story.comes("2026-12-03")
    reminder = story.mail(LA, "a decision of yours is coming up", on="2026-12-03")
    assert "10 December 2026" in words(reminder)
    story.comes("2026-12-08")
    story.records("la_decision", "amend", decision_on="2026-12-07", notice_sent_on="2026-12-07", notice_served_on="2026-12-08")
    assert (story.due("views_on_amendments"), story.due("la_sends_amended_plan")) == ("2026-12-22", "2027-02-01")
    views = story.mail(story.home.mother, "tell the local authority what you think of the changes")
    assert "22 December 2026" in words(views)
    plan = story.trust.office.village.rows("SELECT last_review_on, review_due_on FROM plans WHERE pupil_id = %s", story.home.pupil_id)
    assert [tuple(row) for row in plan] == [(date(2026, 12, 7), date(2027, 12, 6))]
    story.comes("2026-12-14")
    story.answers(views, "ask_changes", "Please name the hours.")


def test_january_the_amended_plan_the_right_of_appeal_and_the_teachers(story: Story) -> None:
    story.comes("2027-01-26")
    overdue = story.mail(LA, "a decision of yours is coming up", on="2027-01-25")
    assert "1 February 2027" in words(overdue)
    story.records("la_sends_amended_plan", "amended", decision_on="2027-01-25")
    made = story.mail(story.home.mother, "the changed plan has been made")
    assert "The last day to appeal is Thursday 25 March 2027." in words(made) and "one month from its date" in words(made)
    story.comes("2027-01-27")
    story.records("explain_right_of_appeal")
    assert "The last day to appeal is Thursday 25 March 2027." in words(story.mail(story.home.mother, "your right to appeal"))
    story.records("brief_staff")
    story.has_ended("amended")
    assert "Ended: The plan is amended, 27 January 2027" in story.artifact
