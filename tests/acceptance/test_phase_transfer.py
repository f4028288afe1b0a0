"""The change of phase, from open to each of its ends: opened by itself in September, driven by its review, named, handed over.

All stories are told in one trust. The change is on 1 September 2027, so the plan names the next school by Sunday 14 February 2027.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from db.models import Person, Plan, PupilContact
from tasks.open_transfers import open_due_transfers
from tests.acceptance.people import COUNCIL, HEAD, SENCO, Household, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
LA = COUNCIL["la"]
OAK, ELM = "senco@oak.example", "senco@elm.example"


def with_plan(trust: TrustAtWork, name: str, born_on: date, year_group: int, due_on: date, reviewed_on: date | None = None, **more: Any) -> Household:
    """A pupil whose plan is to be reviewed by that day."""
    home, village = household(trust.office.village, name, born_on, year_group, **more), trust.office.village
    about: dict[str, Any] = {"pupil_id": home.pupil_id, "school_id": village.school_id, "authority_id": village.authority_id}
    with village.engines.scheduler() as session:
        session.add(Plan(issued_on=date(2024, 5, 11), last_review_on=reviewed_on, review_due_on=due_on, **about))
    return home


def knows(trust: TrustAtWork, home: Household, role: str, address: str) -> None:
    """The pupil has that contact at another school."""
    village = trust.office.village
    with village.engines.scheduler() as session:
        person = Person(kind="outside", given_name=role.title(), family_name="Lane", email=address, school_ids=[village.school_id])
        session.add(person)
        session.flush()
        session.add(PupilContact(pupil_id=home.pupil_id, person_id=person.id, role=role, school_id=village.school_id))


def case_of(trust: TrustAtWork, home: Household, process: str) -> Story:
    """The pupil's newest case of that process, whoever opened it."""
    trust.comes(trust.today.isoformat())
    asked = (
        "SELECT c.ref FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.pupil_id = %s AND d.process = %s ORDER BY c.id DESC LIMIT 1"
    )
    return Story(trust, str(trust.office.village.rows(asked, home.pupil_id, process)[0].ref), home)


def transfer(trust: TrustAtWork, name: str, begins: str, **facts: Any) -> tuple[Story, Story]:
    """A transfer that the SENCO opens by hand, and its review."""
    trust.begin(begins)
    home = household(trust.office.village, name, date(2016, 3, 1), 6)
    usual: dict[str, Any] = {
        "phase": "primary_to_secondary", "transfer_on": date(2027, 9, 1), "review_due_on": date(2026, 12, 20), "year_group": 6,
        "looked_after": False, "rights_held_by": "parent", "ordinary_review": "none",
    }  # fmt: skip
    story = trust.open("phase_transfer", home, **{**usual, **facts})
    return story, case_of(trust, home, "annual_review")


def meets_and_sends(story: Story, met_on: str, sent_on: str) -> None:
    """The hand-over up to the file."""
    story.comes(met_on)
    story.records("meet_next_school")
    story.records("prepare_the_pupil")
    story.comes(sent_on)
    story.records("send_file", file_sent_on=sent_on)


def reviewed(review: Story) -> None:
    """Meeting on 20 November, the council's proposals on 11 December, its amended plan on 28 January."""
    review.records("note_transfer", transfer_year=2027)
    review.records("agree_meeting_date", meeting_on="2026-11-20")
    review.records("circulate_advice")
    review.comes("2026-11-20")
    review.records("hold_meeting")
    review.comes("2026-12-11")
    review.records("la_decision", "amend", decision_on="2026-12-11", notice_sent_on="2026-12-11", notice_served_on="2026-12-11")
    review.records("views_on_amendments", "agree")


def test_it_opens_by_itself_with_its_review_and_for_those_alone_whom_it_concerns(trust: TrustAtWork) -> None:
    trust.begin("2026-08-31")
    village = trust.office.village
    leaver = with_plan(trust, "Ann", date(2016, 3, 1), 5, date(2027, 5, 10))  # the register still shows Year 5
    with_plan(trust, "Ben", date(2017, 3, 1), 5, date(2027, 5, 10))
    on_support = household(village, "Cy", date(2016, 3, 1), 6)
    assert open_due_transfers(trust.office.parts, trust.today).opened == (), "a year before, and not sooner"
    trust.begin("2026-09-01")
    found = open_due_transfers(trust.office.parts, trust.today)
    story = case_of(trust, leaver, "phase_transfer")
    assert (found.opened, found.refused) == ((story.ref,), ())
    assert open_due_transfers(trust.office.parts, trust.today).opened == ()
    known = story.position.facts
    assert (known["phase"], known["year_group"], known["review_due_on"]) == ("primary_to_secondary", 6, date(2026, 12, 20))
    assert story.due("la_names_school") == "2027-02-14" and story.has_one_run()
    review = case_of(trust, leaver, "annual_review")
    assert (review.position.facts["reason"], review.position.facts["review_due_on"]) == ("phase_transfer", date(2026, 12, 20))
    review.interrupts("opened_in_error", "The family has moved its plans")
    assert story.told("the review was ended and is still owed") == {SENCO, HEAD}
    assert (story.instance("review").outcome, story.instance("begin_review_again").status) == ("interrupted", "open")
    story.interrupts("no_transfer", "Stays a year longer")
    assert story.told("there is no change of phase this year") == {LA, leaver.mother}
    story.has_ended("no_transfer")
    trust.begin("2027-01-01")
    opened = open_due_transfers(trust.office.parts, trust.today)
    lighter = case_of(trust, on_support, "support_transfer")
    assert opened.opened == (lighter.ref,)
    lighter.interrupts("opened_in_error", "It is told in the last story")
    assert lighter.told("a change of phase was opened in error") == {HEAD}
    lighter.has_ended("opened_in_error")


def is_amended(review: Story, on: str) -> None:
    """The review comes to its end: the amended plan is there that day, and everybody knows of it."""
    review.comes(on)
    review.records("la_sends_amended_plan", "amended", decision_on=on)
    for step in ("brief_staff", "explain_right_of_appeal"):
        review.records(step)
    review.has_ended("amended")


def test_the_plan_names_the_school_asked_for_and_the_file_arrives(trust: TrustAtWork) -> None:
    story, review = transfer(trust, "Dee", "2026-10-22")
    home = story.home
    for role, address in (("receiving_school", OAK), ("asked_school_1", OAK), ("asked_school_2", ELM)):
        knows(trust, home, role, address)
    story.records("explain_transfer")
    told = words(story.mail(home.mother, "the change to the next school"))
    assert "must name the next school before 15 February" in told and "by Sunday 20 December 2026 at the latest" in told
    story.answers(story.mail(home.mother, "which school would you like"), "school_named", "Oak School")
    assert story.event("parents_preference").words == {"comment": "Oak School"}
    assert story.told("what do you want of your next school") == {home.child}
    story.records("pupils_preference", "given")
    story.records("invite_next_senco", "somebody_comes")
    reviewed(review)
    story.records("la_consults_schools", schools_asked=("asked_school_1", "asked_school_2"))
    story.records("consultation_arrives", party="asked_school_1", consultation_received_on="2026-12-11")
    story.comes("2026-12-14")
    story.records("consultation_arrives", party="asked_school_2", consultation_received_on="2026-12-14")
    assert (story.due("school_answers", "asked_school_1"), story.due("school_answers", "asked_school_2")) == ("2026-12-26", "2026-12-29")
    asked_oak = story.mail(OAK, "the local authority consults you")
    assert "by Saturday 26 December 2026" in words(asked_oak) and home.name not in words(asked_oak)
    story.answers(asked_oak, "can_meet_needs")
    story.comes("2026-12-30")
    assert [mail.taken_at[:10] for mail in story.mails(ELM, "your answer to the local authority")] == ["2026-12-26"], "three days before"
    assert "It is 1 day late" in words(story.mail(SENCO, "a school has not answered"))
    is_amended(review, "2027-01-28")
    assert story.instance("review").outcome == "amended"
    story.records("school_answers", "cannot_meet_needs", party="asked_school_2")
    story.records("la_names_school", "names_school_asked_for", decision_on="2027-01-28")
    named = story.mail(home.mother, "the plan names the next school")
    assert "it is the one you asked for" in words(named) and "The last day to appeal is Tuesday 30 March 2027." in words(named)
    assert story.told("the plan names the next school") == {home.mother, home.child, SENCO, HEAD}
    assert "May we meet?" in words(story.mail(OAK, "planning the change together"))
    meets_and_sends(story, "2027-06-10", "2027-06-14")
    receipt = story.mail(OAK, "a file is on its way to you")
    assert "on Monday 14 June 2027" in words(receipt) and home.name not in words(receipt)
    story.answers(receipt, "arrived")
    assert story.event("confirm_file").via == "link"
    assert story.told("the next school has the file") == {SENCO, home.mother}
    story.has_ended("transferred")


def test_the_council_is_late_names_another_school_and_an_appeal_changes_it(trust: TrustAtWork) -> None:
    story, review = transfer(trust, "Eli", "2027-02-14", ordinary_review="decided")
    knows(trust, story.home, "receiving_school", OAK)
    notice = words(story.mail(SENCO, "this review should be the one for the change of phase"))
    assert "loses the appeal that comes with it" in notice and "24 006 216" in notice
    story.records("explain_transfer")
    story.records("say_it_is_a_transfer", "asked")
    assert story.told("the review and the change of phase") == {LA, story.home.mother}
    assert "regulation 18" in words(story.mail(LA, "the review and the change of phase"))
    review.interrupts("opened_in_error", "The council counts the earlier review")
    story.records("begin_review_again", "not_needed")
    story.comes("2027-02-15")
    assert story.told("the local authority is late", on="2027-02-15") == {SENCO, story.home.mother}
    late = words(story.mail(LA, "a decision of yours is late", on="2027-02-15"))
    assert "This was due on Sunday 14 February 2027. It is 1 day late." in late and "reg 18(1), 18(2)" in late
    story.records("la_names_school", "names_another_school", decision_on="2027-02-12")
    assert story.instance("la_consults_schools").status == "overtaken"
    assert "It is not the one you asked for." in words(story.mail(story.home.mother, "the plan names the next school"))
    story.records("explain_right_of_appeal")
    explained = words(story.mail(story.home.mother, "your right to appeal about the school"))
    assert "The last day to appeal is Monday 12 April 2027." in explained and "need no mediation certificate" in explained
    meets_and_sends(story, "2027-05-10", "2027-05-11")
    story.answers(story.mail(OAK, "a file is on its way to you"), "incomplete", "The last review is missing")
    assert story.told("something is missing in the file") == {SENCO}
    assert (story.instance("send_file").round, story.event("confirm_file").words) == (2, {"comment": "The last review is missing"})
    story.records("school_changes", "another_school")
    assert "begin the hand-over again" in words(story.mail(story.home.mother, "another school is named"))
    assert story.instance("meet_next_school").round == 2
    meets_and_sends(story, "2027-05-12", "2027-05-13")
    story.records("confirm_file", "arrived")
    story.has_ended("transferred")


def test_from_year_eleven_a_type_is_named_first(trust: TrustAtWork) -> None:
    known = {"phase": "secondary_to_post_16", "review_due_on": date(2027, 2, 2), "year_group": 11}
    story, review = transfer(trust, "Flo", "2027-03-01", **known)
    assert story.due("la_names_school") == "2027-03-30"
    story.records("explain_transfer")
    assert "before 31 March" in words(story.mail(story.home.mother, "the change to the next school"))
    story.records("plan_for_adulthood")
    assert story.told("a plan for what comes after school") == {story.home.mother, story.home.child}
    review.interrupts("opened_in_error", "The council has the report already")
    story.records("begin_review_again", "not_needed")
    story.records("la_names_school", "names_a_type", decision_on="2027-03-01")
    typed = words(story.mail(story.home.mother, "the plan names a type of school"))
    assert "The last day to appeal is Tuesday 4 May 2027." in typed and "must arrange a place" in typed
    story.records("explain_right_of_appeal")
    story.records("la_finds_school")
    assert story.told("there is a place at a school") == {story.home.mother, HEAD}
    assert story.open_steps == {"meet_next_school"}
    story.interrupts("moved_away", "Moved to York")
    assert story.told("the change of phase has ended with us") == {LA, story.home.mother}
    story.has_ended("moved_away")


@pytest.mark.parametrize(
    ("outcome", "end", "subject", "said"),
    [
        ("stays_here", "stays", "the plan keeps this school", "names Ash School for the next phase as well"),
        ("plan_to_cease", "plan_ceases", "no school is named, because the plan is to cease", "The plan goes on while you can appeal"),
    ],
)
def test_no_other_school_is_named(trust: TrustAtWork, outcome: str, end: str, subject: str, said: str) -> None:
    story, review = transfer(trust, "Gil", "2027-02-05")
    story.records("explain_transfer")
    story.records("la_names_school", outcome, decision_on="2027-02-05")
    assert story.position.ended == "", "the review is not over yet"
    review.interrupts("opened_in_error", "It is told in another story")
    notice = story.mail(story.home.mother, subject)
    assert said in words(notice) and "The last day to appeal is Monday 5 April 2027." in words(notice)
    assert ("certificate" in words(notice)) and ("unless you disagree only about the school" in words(notice)) == (outcome == "stays_here")
    story.has_ended(end)


def test_a_review_under_way_is_taken_for_the_transfers(trust: TrustAtWork) -> None:
    trust.begin("2026-08-24")
    home = with_plan(trust, "Hal", date(2016, 3, 1), 5, date(2026, 11, 30))
    assert len(trust.reviews_open().opened) == 1
    review = case_of(trust, home, "annual_review")
    trust.begin("2026-09-01")
    assert len(open_due_transfers(trust.office.parts, trust.today).opened) == 1
    story = case_of(trust, home, "phase_transfer")
    assert story.position.facts["ordinary_review"] == "under_way"
    assert "is under way" in words(story.mail(SENCO, "this review should be the one for the change of phase"))
    assert case_of(trust, home, "annual_review").ref == review.ref, "no second review is opened"
    story.records("explain_transfer")
    story.interrupts("plan_ceased", "The council has ceased the plan")
    assert story.told("the plan has ceased") == {home.mother, HEAD}
    story.has_ended("plan_ceased")
    review.interrupts("plan_ceased", "The council has ceased the plan")


def test_on_sen_support_the_family_agrees_what_is_passed_on(trust: TrustAtWork) -> None:
    trust.begin("2027-01-04")
    home = household(trust.office.village, "Ida", date(2016, 3, 1), 6)
    knows(trust, home, "receiving_school", OAK)
    story = trust.open("support_transfer", home, transfer_on=date(2027, 9, 1), year_group=6, rights_held_by="parent")
    views = story.mail(home.mother, "what should the next school know")
    assert "does not carry over by itself" in words(views), "policy section 9"
    story.answers(views, "given", "Loud halls are hard for her")
    story.records("pupils_views", "given")
    story.records("review_support")
    story.records("agree_what_is_shared", "all_agreed")
    assert story.told("what we pass on to the next school") == {home.mother, home.child}
    story.records("next_school_known", "another_school")
    assert "The pupil is on SEN support." in words(story.mail(OAK, "planning the change together"))
    meets_and_sends(story, "2027-06-10", "2027-06-11")
    story.comes("2027-06-18")
    reminder = story.mail(OAK, "has the file arrived", on="2027-06-18")
    story.comes("2027-06-25")
    assert "has not confirmed" in words(story.mail(SENCO, "no receipt for a file"))
    story.answers(reminder, "arrived")
    story.has_ended("handed_over")


@pytest.mark.parametrize(
    ("name", "subject"), [("plan_made", "the change goes on with the plan"), ("moved_away", "planning the change has ended with us")]
)
def test_the_lighter_form_ends_otherwise(trust: TrustAtWork, name: str, subject: str) -> None:
    trust.begin("2027-01-04")
    home = household(trust.office.village, "Joe", date(2016, 3, 1), 6)
    story = trust.open("support_transfer", home, transfer_on=date(2027, 9, 1), year_group=6, rights_held_by="parent")
    story.interrupts(name, "It has come so")
    assert story.told(subject) == {home.mother}
    story.has_ended(name)
