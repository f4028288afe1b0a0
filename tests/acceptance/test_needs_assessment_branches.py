"""Acceptance 1, the branches: refused to assess, refused to issue, withdrawn, the council late at every stage, evidence early, four eyes.

In each the council has the request on Tuesday 3 March 2026: six weeks end on 14 April, sixteen on 23 June, twenty on 21 July.
"""

from __future__ import annotations

from datetime import date

import pytest

from db.ledger import Refused
from db.models import Membership
from tests.acceptance.people import COUNCIL, HEAD, SENCO, SEND_LEAD, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, link_in, words

pytestmark = pytest.mark.slow
LA, PSYCHOLOGIST = COUNCIL["la"], COUNCIL["educational_psychologist"]


def received(trust: TrustAtWork, name: str) -> Story:
    """The parents have asked; the SENCO opens the case on 6 March and records that the council has had the request since the third."""
    trust.begin("2026-03-06")
    home = household(trust.office.village, name, date(2017, 5, 4), 4)
    story = trust.open("ehc_needs_assessment", home, asked_by="parent", year_group=4, rights_held_by="parent")
    story.records("la_confirms_receipt", request_received_on="2026-03-03")
    return story


def advised(trust: TrustAtWork, name: str) -> Story:
    """Received, to be assessed, and all advice given by 1 June."""
    story = received(trust, name)
    story.comes("2026-04-14")
    story.records("la_decides_to_assess", "assess")
    story.comes("2026-04-20")
    story.records("la_asks_for_advice", advice_asked_on="2026-04-20")
    story.comes("2026-06-01")
    story.records("school_advice", "sent")
    story.records("parents_advice", "given")
    for party in ("health", "social_care", "educational_psychologist"):
        story.records("gather_advice", "given", party=party)
    return story


def test_the_council_will_not_assess_and_the_parents_hear_until_when_they_may_appeal(trust: TrustAtWork) -> None:
    story = received(trust, "Cal")
    story.comes("2026-04-10")
    story.records("la_decides_to_assess", "refuse", decision_on="2026-04-09")
    refused = story.mail(story.home.mother, "the local authority will not assess")
    assert "The last day to appeal is Tuesday 9 June 2026." in words(refused) and "Mediation comes first" in words(refused)
    assert "until Tuesday 9 June 2026" in words(story.mail(HEAD, "the local authority will not assess"))
    story.comes("2026-04-20")
    story.records("plan_next_support")
    assert story.told("what the school does next") == {story.home.mother}
    story.has_ended("refused_to_assess")


def test_the_council_makes_no_plan(trust: TrustAtWork) -> None:
    story = advised(trust, "Dot")
    story.comes("2026-06-22")
    story.records("la_decides_on_plan", "no_plan", decision_on="2026-06-19")
    refused = story.mail(story.home.mother, "there will be no plan")
    assert "The last day to appeal is Tuesday 1 September 2026." in words(refused), "no day in August is a working day of the Tribunal"
    story.comes("2026-07-01")
    story.records("plan_next_support")
    story.has_ended("no_plan")
    assert not story.mails(subject="is late"), "nobody was late"


def test_the_parents_withdraw_and_no_link_of_the_case_works_any_more(trust: TrustAtWork) -> None:
    story = received(trust, "Eli")
    story.comes("2026-04-07")
    reminder = story.mail(LA, "a decision of yours is coming up")
    story.interrupts("withdrawn", "The family moves to Wales")
    assert story.told("the request has been withdrawn") == {story.home.mother, LA, HEAD}
    story.has_ended("withdrawn")
    assert story.history()[-1].words == {"because": "The family moves to Wales"} and story.history()[-1].who == "Senco Ash"
    assert trust.browser.get(link_in(reminder)).status_code == 410
    before = len(story.mails())
    story.comes("2026-05-15")
    assert len(story.mails()) <= before, "a case that has ended is chased no more; what was held for a list is not even sent"


def test_the_council_is_late_at_each_stage_and_every_total_still_runs_from_receipt(trust: TrustAtWork) -> None:
    story = received(trust, "Fay")
    story.comes("2026-05-12")
    assert story.told("the local authority is late", on="2026-04-15") == {SENCO, story.home.mother}
    assert "This was due on Tuesday 14 April 2026. It is 1 day late." in words(story.mail(LA, "a decision of yours is late", on="2026-04-15"))
    assert story.told("a date has passed and nothing is recorded", on="2026-04-28") == {SEND_LEAD}
    story.records("la_decides_to_assess", "assess")
    story.comes("2026-05-26")
    story.records("la_asks_for_advice", advice_asked_on="2026-05-26")
    assert (story.due("school_advice"), story.due("la_decides_on_plan"), story.due("la_makes_plan")) == ("2026-07-07", "2026-06-23", "2026-07-21")
    story.comes("2026-07-07")
    assert story.told("the local authority is late", on="2026-06-24") == {SENCO, story.home.mother}, (
        "the sixteen weeks are chased before advice is in"
    )
    assert story.told("a date has passed and nothing is recorded", on="2026-07-07") >= {SEND_LEAD}
    story.records("la_decides_on_plan", "plan")
    story.comes("2026-07-22")
    assert story.told("the local authority is late", on="2026-07-22") == {SENCO, story.home.mother}, (
        "the twenty weeks are chased before the draft is out"
    )
    assert "21 July 2026" in words(story.mail(LA, "a decision of yours is late", on="2026-07-22"))
    story.records("la_sends_draft", draft_served_on="2026-07-22")
    story.comes("2026-08-06")
    story.records("la_makes_plan", "names_another", decision_on="2026-08-06")
    assert "The last day to appeal is Tuesday 6 October 2026." in words(story.mail(story.home.mother, "the final plan has been made"))
    story.has_ended("plan_names_another")


def test_evidence_that_comes_early_counts_when_it_is_asked_for_and_nobody_is_asked_twice(trust: TrustAtWork) -> None:
    story = received(trust, "Gus")
    story.comes("2026-03-20")
    story.records("gather_advice", "earlier_advice_stands", party="educational_psychologist")
    story.comes("2026-04-14")
    story.records("la_decides_to_assess", "assess")
    story.comes("2026-04-20")
    story.records("la_asks_for_advice", advice_asked_on="2026-04-20")
    assert story.instance("gather_advice", "educational_psychologist").outcome == "earlier_advice_stands"
    assert story.told("advice for an EHC needs assessment") == {COUNCIL["health"], COUNCIL["social_care"]}
    assert story.event("gather_advice", "educational_psychologist").happened_on == date(2026, 3, 20)
    story.interrupts("moved_away", "Moved to York")
    story.has_ended("moved_away")


def test_whoever_wrote_the_request_may_not_approve_it_although_they_are_head_as_well(trust: TrustAtWork) -> None:
    trust.begin("2026-03-06")
    village = trust.office.village
    with village.engines.scheduler() as session:
        session.add(Membership(person_id=village.senco.person_id, school_id=village.school_id, role="headteacher", until_on=date(2026, 3, 31)))
    home = household(village, "Hal", date(2017, 5, 4), 4)
    story = trust.open("ehc_needs_assessment", home, asked_by="school", year_group=4, rights_held_by="parent")
    for step in ("talk_with_family", "hear_pupil", "gather_evidence"):
        story.records(step)
    story.records("parents_views", "no_views")
    story.records("write_request")
    with pytest.raises(Refused) as refused:
        story.records("approve_request", "approved", by="senco")
    assert "another person" in str(refused.value.message)
    story.records("approve_request", "refused", by="head")
    assert story.told("the school does not ask for an assessment") == {SENCO, story.home.mother}
    story.has_ended("not_requested")
