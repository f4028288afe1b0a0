"""Acceptance 1: an EHC needs assessment from the school's proposal on 2 February 2026 to the final plan in week 20, admission and teachers told."""

from __future__ import annotations

from datetime import date

import pytest

from db.ledger import NotAllowed
from db.links import LinkRefused, Links
from db.signing_key import signing_keys
from tests.acceptance.people import COUNCIL, HEAD, SENCO, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, link_in, words

pytestmark = pytest.mark.slow
LA, PSYCHOLOGIST = COUNCIL["la"], COUNCIL["educational_psychologist"]


@pytest.fixture(scope="module")
def story(trust: TrustAtWork) -> Story:
    """Opened by the SENCO on Monday 2 February 2026, for a pupil of Year 4. The tests below are its chapters, in order."""
    trust.begin("2026-02-02")
    home = household(trust.office.village, "Ada", date(2017, 5, 4), 4)
    return trust.open("ehc_needs_assessment", home, asked_by="school", year_group=4, rights_held_by="parent")


def test_february_the_parents_say_by_link_what_they_think(story: Story) -> None:
    assert story.open_steps == {"talk_with_family", "hear_pupil", "gather_evidence"}
    assert story.state == "Waiting for the SENCO" and story.has_one_run()
    story.comes("2026-02-04")
    story.records("talk_with_family")
    story.records("hear_pupil", words="I like it when it is quiet.")
    asked = story.mail(story.home.mother, "what do you think of asking for an assessment?")
    assert story.home.name in words(asked) and story.home.name not in asked.subject
    story.comes("2026-02-09")
    story.records("gather_evidence")
    story.comes("2026-02-10")
    story.answers(asked, "agree", "Please do ask.")
    said = story.event("parents_views")
    assert (said.who, said.via, said.outcome, said.happened_on) == ("Mother Ashby", "link", "agree", date(2026, 2, 10))
    assert said.words == {"comment": "Please do ask."}
    again = story.trust.browser.get(link_in(asked))
    assert again.status_code == 410 and "has been used already" in again.text
    with pytest.raises(LinkRefused) as refused:
        parts = story.trust.office.parts
        Links(signing_keys(parts.settings)).read(parts.engines, link_in(asked).removeprefix("/l/"), story.trust.today)
    assert refused.value.reason == "used"


def test_the_head_approves_and_not_the_author(story: Story) -> None:
    story.comes("2026-02-12")
    story.records("write_request")
    with pytest.raises(NotAllowed):
        story.records("approve_request", "approved", by="senco")
    story.comes("2026-02-13")
    story.records("approve_request", "sent_back", by="head", words="The speech report is missing.")
    assert story.told("the request has come back to you") == {SENCO}
    story.comes("2026-02-16")
    assert story.records("write_request").opened[0].round == 2
    story.comes("2026-02-17")
    story.records("approve_request", "approved", by="head")
    assert story.event("approve_request").who == "Headteacher Ash"
    story.comes("2026-02-18")
    story.records("send_request", request_sent_on="2026-02-18")
    story.comes("2026-02-20")
    story.records("la_confirms_receipt", request_received_on="2026-02-19")
    assert [story.due(step) for step in ("la_decides_to_assess", "la_decides_on_plan", "la_makes_plan")] == ["2026-04-02", "2026-06-11", "2026-07-09"]
    assert story.told("the local authority has the request") >= {HEAD, story.home.mother}


def test_march_the_council_is_reminded_and_decides_by_its_link_in_week_six(story: Story) -> None:
    story.records("name_lead", by="head")
    story.comes("2026-03-30")
    reminder = story.mail(LA, "a decision of yours is coming up", on="2026-03-26")
    assert "2 April 2026" in words(reminder) and "reg 5(1)" in words(reminder) and story.home.name not in words(reminder)
    assert story.state == "Waiting for the local authority"
    story.answers(reminder, "assess")
    assert story.event("la_decides_to_assess").who == "La Oak"
    assert story.told("the local authority will assess") >= {story.home.mother, SENCO, HEAD}


def test_april_to_june_advice_comes_from_five_parties_in_any_order(story: Story) -> None:
    story.comes("2026-04-08")
    story.records("la_asks_for_advice", advice_asked_on="2026-04-08")
    assert story.due("gather_advice", "health") == story.due("school_advice") == "2026-05-20"
    health, mother = (
        story.mail(to, subject)
        for to, subject in ((COUNCIL["health"], "advice for an EHC needs assessment"), (story.home.mother, "what would you like"))
    )
    story.comes("2026-04-20")
    story.answers(health, "given")
    story.comes("2026-04-22")
    story.answers(mother, "given", "He sleeps badly after a loud day.")
    story.comes("2026-04-30")
    story.records("school_advice", "sent")
    story.comes("2026-05-11")
    story.excuses("gather_advice", "absence", party="social_care", because="The family is abroad until June", review_on="2026-06-08")
    assert story.instance("gather_advice", "social_care").lifted == "absence"


def test_late_advice_is_chased_and_excused_advice_is_not(story: Story) -> None:
    story.comes("2026-05-27")
    chased = [(mail.taken_at[:10], mail.subject.split(": ")[1]) for mail in story.mails(PSYCHOLOGIST)]
    assert chased[1:] == [
        ("2026-05-13", "your advice or views are asked for"),
        ("2026-05-20", "the day for your advice or views"),
        ("2026-05-21", "advice is late"),
        ("2026-05-27", "advice is late"),
    ]
    assert "This was due on Wednesday 20 May 2026. It is 7 days late." in words(story.mails(PSYCHOLOGIST)[-1])
    assert "educational psychologist" in words(story.mail(SENCO, "advice has not come", on="2026-05-21"))
    assert [mail.taken_at[:10] for mail in story.mails(COUNCIL["social_care"])] == ["2026-04-08"]
    assert "**7 days overdue**" in story.artifact and "20 May 2026, lifted" in story.artifact
    story.comes("2026-05-28")
    story.answers(story.mails(PSYCHOLOGIST)[-1], "given")
    assert story.event("gather_advice", "educational_psychologist").who == "Educational_Psychologist Oak"
    story.comes("2026-06-05")
    story.records("gather_advice", "given", party="social_care")
    assert story.open_steps == {"la_decides_on_plan"}


def test_june_the_draft_and_the_schools_answer_in_fifteen_days(story: Story) -> None:
    story.comes("2026-06-09")
    story.records("la_decides_on_plan", "plan")
    assert story.told("there will be a plan") >= {story.home.mother, SENCO, HEAD}
    story.comes("2026-06-15")
    story.records("la_sends_draft", draft_served_on="2026-06-15")
    story.comes("2026-06-16")
    story.records("la_consults_school", consultation_received_on="2026-06-16")
    assert (story.due("parents_views_on_draft"), story.due("answer_consultation")) == ("2026-06-29", "2026-07-01")
    views = story.mail(story.home.mother, "tell the local authority what you think of the draft")
    assert "29 June 2026" in words(views)
    story.comes("2026-06-22")
    story.records("prepare_answer", school_view="can_meet_needs")
    story.comes("2026-06-24")
    story.answers(views, "ask_changes", "Name Ash School, please.")
    story.records("answer_consultation", "sent_back", by="head", words="Say what we would need.")
    story.records("prepare_answer", school_view="can_meet_needs")
    story.records("answer_consultation", "sent", by="head")
    assert "16 June 2026" in words(story.mail(LA, "the school's answer to your consultation"))


def test_july_the_final_plan_by_week_twenty_admission_and_teachers_told(story: Story) -> None:
    story.comes("2026-07-07")
    story.records("la_makes_plan", "names_us", decision_on="2026-07-06")
    assert story.due("admit") == "2026-07-07"
    final = story.mail(story.home.mother, "the final plan has been made")
    assert "The last day to appeal is Monday 7 September 2026." in words(final), "6 September is a Sunday"
    assert "right to appeal" in words(final) and "Mediation comes first" in words(final) and "SENDIASS" in words(final)
    assert story.told("the final plan has been made") == {story.home.mother, story.home.child, SENCO, HEAD}
    story.records("admit", by="head")
    story.comes("2026-07-08")
    story.records("brief_staff")
    story.comes("2026-07-09")
    story.records("arrange_provision")
    story.has_ended("plan_names_us")
    assert story.told("the help in the plan is in place") == {story.home.mother, HEAD}
    assert "Ended: The plan names our school, 9 July 2026" in story.artifact


def test_the_record_says_who_what_and_when_and_the_first_review_is_in_the_diary(story: Story) -> None:
    plan = story.trust.office.village.rows("SELECT issued_on, review_due_on FROM plans WHERE pupil_id = %s", story.home.pupil_id)
    assert [tuple(row) for row in plan] == [(date(2026, 7, 6), date(2027, 7, 5))]
    history = story.history()
    assert [entry.happened_on for entry in history] == sorted(entry.happened_on for entry in history)
    assert all(entry.who and entry.recorded_at.tzinfo for entry in history)
    assert {entry.via for entry in history} == {"console", "link", "flow"}
    assert story.event("diary_first_review").who == "Sendflow"
    assert story.event("gather_advice", "social_care").happened_on == date(2026, 6, 5)
