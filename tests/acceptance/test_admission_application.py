"""An application for a place without an EHC plan: from open to each end, in one trust.

The application reaches the school on Monday 2 March 2026; fifteen school days after it is Monday 23 March. Refused on the 13th, the family can appeal
until Tuesday 14 April at the earliest. An appeal that comes on 2 April is heard by Tuesday 19 May.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from db.ledger import NotAllowed, Refused
from db.models import Membership, Person
from db.new_child import NewChild, add_child
from tests.acceptance.people import COUNCIL, HEAD, SENCO, Household
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
LA = COUNCIL["la"]
CHAIR = "committee.chair@school.example"
APPLIED: dict[str, Any] = {
    "application_received_on": date(2026, 3, 2), "entry": "in_year", "tested": False, "year_group": 8, "rights_held_by": "parent",
}  # fmt: skip


def with_committee(trust: TrustAtWork) -> None:
    """The chair of the local board's admissions committee, who signs in nowhere."""
    village = trust.office.village
    with village.engines.scheduler() as session:
        if session.query(Person).filter_by(email=CHAIR).first() is None:
            chair = Person(kind="staff", given_name="Chair", family_name="Alder", email=CHAIR, school_ids=[village.school_id])
            session.add(chair)
            session.flush()
            session.add(Membership(person_id=chair.id, school_id=village.school_id, role="governor"))


def applied(trust: TrustAtWork, name: str, **facts: Any) -> Story:
    """A family applies for a child who is nobody's pupil here, and the SENCO enters them and opens the case."""
    village, mother = trust.office.village, f"{name.lower()}.mother@home.example"
    child = NewChild(village.school_id, village.authority_id, name, "Hazel", date(2013, 5, 4), 8, "Mother", "Hazel", mother, has_plan=False)
    with village.engines.scheduler() as session:
        pupil = add_child(session, child, date(2026, 9, 1))
    return trust.open("admission_application", Household(pupil, name, mother, "nobody@away.example", ""), **{**APPLIED, **facts})


def told_and_noted(story: Story) -> None:
    story.records("acknowledge")
    story.records("notify_la")


def offered(story: Story) -> None:
    told_and_noted(story)
    story.records("apply_criteria", "place", by="head")
    story.answers(story.mail(CHAIR, "an application waits for the committee"), "offer")
    story.records("send_offer", by="head")


def refused(story: Story, ground: str = "year_group_full") -> None:
    """The criteria leave no place, a second person looks at the ground, the committee decides, and the letter goes."""
    told_and_noted(story)
    story.records("apply_criteria", "no_place", by="head", refusal_ground=ground)
    story.records("check_ground", "stands_without_the_needs")
    story.answers(story.mail(CHAIR, "a refusal waits for the committee"), "refuse")
    story.records("send_refusal", "refused", by="head", refused_on="2026-03-13", appeal_by_on="2026-04-14")


def test_a_place_is_offered_taken_and_the_help_is_there_from_the_first_day(trust: TrustAtWork) -> None:
    trust.begin("2026-03-03")
    with_committee(trust)
    story = applied(trust, "Ivo", tested=True)
    assert story.due("send_offer") == story.due("send_refusal") == "2026-03-23"
    told_and_noted(story)
    heard = words(story.mail(story.home.mother, "your application for a place"))
    assert "reached us on Monday 2 March 2026" in heard and "within 15 school days" in heard and "paragraph 1.27" in heard
    assert "because there is no EHC plan" in heard and "We agree it with you before the day" in heard
    assert "initials IH" in words(story.mail(LA, "an application during the year")), "the council reads initials"
    agreed_before_the_test(story)
    with pytest.raises(Refused):
        story.records("decide_offer", "offer", by="head")
    story.records("apply_criteria", "place", by="head")
    with pytest.raises(NotAllowed):
        story.records("decide_offer", "offer")  # the SENCO is not the committee
    story.answers(story.mail(CHAIR, "an application waits for the committee"), "offer")
    assert story.event("decide_offer").outcome == "the place is offered" and story.told("the committee offers a place") == {HEAD}
    story.records("send_offer", by="head")
    assert story.told("a place is offered") == {story.home.mother, LA, SENCO}
    story.answers(story.mail(story.home.mother, "do you take the place?"), "accepts")
    assert story.told("the place is taken") == {SENCO, HEAD}
    opened = story.records("prepare_support", "support_begins", english_is_additional=False, has_healthcare_plan=False).also_opened
    assert len(opened) == 1 and opened[0].startswith("SS-"), "SEN support is a case of its own"
    story.records("admit", by="head", admitted_on="2026-03-03")
    assert "starts at Ash School on Tuesday 3 March 2026" in words(story.mail(story.home.mother, "the first day at our school"))
    story.has_ended("admitted")


def agreed_before_the_test(story: Story) -> None:
    """The family says that something is missing; it is looked at again, and only then is the test held."""
    with pytest.raises(Refused):
        story.records("hold_test", by="head")
    story.records("offer_adjustments", test_adjustments="some_of_it")
    assert "why the rest would not be reasonable" in words(story.mail(story.home.mother, "adjustments for the test or interview"))
    story.answers(story.mail(story.home.mother, "are the adjustments right?"), "asks_for_others", "He needs breaks")
    assert story.told("the family asks for other adjustments") == {SENCO} and story.open_steps == {"offer_adjustments"}
    story.records("offer_adjustments", test_adjustments="all_that_was_asked")
    story.records("hold_test", by="head")
    assert story.open_steps == {"apply_criteria"}


def test_a_refusal_rests_on_a_lawful_ground_and_the_panel_hears_the_appeal(trust: TrustAtWork) -> None:
    trust.begin("2026-03-03")
    with_committee(trust)
    story = applied(trust, "Jude")
    told_and_noted(story)
    with pytest.raises(Refused):
        story.records("apply_criteria", "no_place", by="head", refusal_ground="no_plan")
    story.records("apply_criteria", "no_place", by="head", refusal_ground="challenging_behaviour")
    story.records("check_ground", "rests_on_the_needs")
    assert story.told("a ground does not stand") == {HEAD} and story.open_steps == {"apply_criteria"}
    story.records("apply_criteria", "no_place", by="head", refusal_ground="year_group_full")
    story.records("check_ground", "stands_without_the_needs")
    trust.comes("2026-03-13")
    assert story.told("a step is due") == {CHAIR}
    asked = story.mail(CHAIR, "a refusal waits for the committee")
    assert "initials JH" in words(asked) and "no EHC plan" in words(asked)
    story.answers(asked, "refuse")
    with pytest.raises(Refused, match="2026-04-14"):
        story.records("send_refusal", "refused", by="head", refused_on="2026-03-13", appeal_by_on="2026-04-10")
    story.records("send_refusal", "refused", by="head", refused_on="2026-03-13", appeal_by_on="2026-04-14")
    letter = words(story.mail(story.home.mother, "the answer to an application"))
    assert "The year group is full" in letter and "You have a right to appeal to an independent panel" in letter
    assert "The last day to appeal is Tuesday 14 April 2026." in letter and "Schedule 17, paragraph 13" in letter and "SENDIASS" in letter
    told = words(story.mail(LA, "the answer to an application"))
    assert "initials JH" in told and "Jude" not in told
    assert story.due("family_appeals") == "2026-04-14"
    the_panel_decides_for_the_family(story)


def the_panel_decides_for_the_family(story: Story) -> None:
    story.comes("2026-04-02")
    story.answers(story.mail(story.home.mother, "your right to appeal about the place"), "appealed", **day_of("appeal_lodged_on", 2, 4))
    assert story.told("there is an appeal about a place") == {story.home.mother, HEAD, SENCO} and story.due("hear_appeal") == "2026-05-19"
    with pytest.raises(Refused, match="10 school days"):
        story.records("arrange_hearing", by="head", hearing_on="2026-04-10")
    story.records("arrange_hearing", by="head", hearing_on="2026-04-28")
    assert "on Tuesday 28 April 2026" in words(story.mail(story.home.mother, "the day of the appeal hearing"))
    story.records("send_case", by="head")
    assert story.told("the school's case for the appeal") == {story.home.mother, SENCO}
    story.comes("2026-04-28")
    story.records("hear_appeal", by="head")
    story.records("panel_decides", "upheld", by="head")
    assert story.told("the panel has decided") == {story.home.mother, HEAD, SENCO, LA}
    assert "The school must admit Jude" in words(story.mail(HEAD, "the panel has decided"))
    story.records("admit", by="head", admitted_on="2026-04-28")
    story.records("prepare_support", "adjustments_are_enough")
    story.has_ended("admitted")


def day_of(fact: str, day: int, month: int) -> dict[str, str]:
    """A date of 2026 as the page's three boxes send it."""
    return {f"fact.{fact}-day": str(day), f"fact.{fact}-month": str(month), f"fact.{fact}-year": "2026"}


def test_the_other_ends_of_an_application(trust: TrustAtWork) -> None:
    trust.begin("2026-03-13")
    with_committee(trust)
    declined, silent, dismissed, withdrawn, freed, planned = (applied(trust, name) for name in ("Kit", "Lou", "Max", "Ned", "Oda", "Pia"))
    offered(declined)
    declined.records("family_answers_offer", "declines")
    assert declined.told("the place is not taken") == {SENCO, HEAD, LA}
    declined.has_ended("declined")
    withdrawn.interrupts("taken_back", "The family has found another school")
    assert withdrawn.told("the application has ended") == {withdrawn.home.mother, HEAD, LA}
    withdrawn.has_ended("taken_back")
    planned.interrupts("plan_is_made", "The LA's letter of today")
    assert "section 43(2)" in words(planned.mail(planned.home.mother, "the place now rests on a plan"))
    planned.has_ended("plan_is_made")
    refused(silent, "challenging_behaviour")
    silent.records("refer_to_fair_access", by="head")
    assert silent.told("a referral to the fair access protocol") == {LA, silent.home.mother}
    refused(dismissed)
    refused(freed)
    freed.interrupts("place_has_become_free", "A pupil has moved away")
    assert freed.told("a place has become free") == {freed.home.mother, SENCO, LA}
    freed.has_ended("place_has_become_free")
    trust.comes("2026-04-15")
    assert silent.mails(silent.home.mother, "a right of yours ends soon", on="2026-03-31")
    assert silent.told("nothing is known of an appeal") == {HEAD, SENCO} and silent.open_steps == {"close_window"}
    silent.records("close_window", "none_came", by="head")
    silent.has_ended("refused")
    dismissed.records("close_window", "there_is_one", by="head", appeal_lodged_on="2026-04-14")
    dismissed.records("arrange_hearing", by="head", hearing_on="2026-04-29")
    dismissed.records("send_case", by="head")
    dismissed.records("hear_appeal", by="head")
    dismissed.records("panel_decides", "dismissed", by="head")
    assert "complain to the Department for Education" in words(dismissed.mail(dismissed.home.mother, "the panel has decided"))
    dismissed.has_ended("appeal_dismissed")
