"""Consulted, named, admitted; and consulted on ceasing a plan: from open to each end, in one trust.

The LA's letters reach the school on Monday 2 March 2026. Fifteen days after it is Tuesday 17 March. Ceasing is decided on 10 April: two months end
on 10 June.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from db.contacts import Named, put_contact
from db.ledger import Refused
from db.models import Membership, Person, Plan
from db.new_child import NewChild, add_child
from tests.acceptance.people import COUNCIL, HEAD, SENCO, SEND_LEAD, Household, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
LA = COUNCIL["la"]
GOVERNOR, MAPLE, ROWAN = "chair@school.example", "maple@school.example", "rowan@supply.example"
CONSULTED: dict[str, Any] = {
    "consultation_received_on": date(2026, 3, 2), "on_roll": False, "asked_for_by": "family", "medical_condition": True, "rights_held_by": "parent",
}  # fmt: skip


def with_governor(trust: TrustAtWork) -> None:
    """The chair of the local board, who signs in nowhere."""
    village = trust.office.village
    with village.engines.scheduler() as session:
        if session.query(Person).filter_by(email=GOVERNOR).first() is None:
            chair = Person(kind="staff", given_name="Chair", family_name="Elm", email=GOVERNOR, school_ids=[village.school_id])
            session.add(chair)
            session.flush()
            session.add(Membership(person_id=chair.id, school_id=village.school_id, role="governor"))


def not_on_roll(trust: TrustAtWork, name: str) -> Household:
    """A child who is nobody's pupil here, as the SENCO enters them from the LA's letter."""
    village, mother = trust.office.village, f"{name.lower()}.mother@home.example"
    child = NewChild(village.school_id, village.authority_id, name, "Quince", date(2016, 5, 4), 4, "Mother", "Quince", mother)
    with village.engines.scheduler() as session:
        pupil = add_child(session, child, date(2026, 9, 1))
        assert add_child(session, child, date(2026, 9, 1)) == pupil, "the same child is entered once"
    return Household(pupil, name, mother, "nobody@away.example", "")


def consulted(trust: TrustAtWork, name: str, **facts: Any) -> Story:
    trust.begin("2026-03-03")
    with_governor(trust)
    return trust.open("plan_consultation", not_on_roll(trust, name), **{**CONSULTED, **facts})


def admission_of(story: Story, opened: tuple[str, ...]) -> Story:
    assert len(opened) == 1 and opened[0].startswith("AN-")
    return Story(story.trust, opened[0], story.home)


def knows(story: Story, role: str, given: str, address: str) -> None:
    with story.trust.office.village.engines.scheduler() as session:
        definition = story.trust.office.village.ledger.position(story.ref)[0]
        put_contact(session, story.ref, definition.roles[role], Named(given, "Lane", address), date(2026, 3, 3))


def weigh_each_ground(story: Story) -> None:
    """Adjustments first, then each ground by itself; the second is made out and has its evidence."""
    with pytest.raises(Refused):
        story.records("weigh_suitability", "objection", unsuitable_for="age")
    story.records("consider_adjustments", adjustments="would_not_be_enough")
    story.records("meet_child", "met")
    story.records("weigh_suitability", "no_objection")
    story.records("weigh_resources", "no_objection")
    story.records("weigh_others_education", "objection")
    assert story.open_steps == {"others_education_evidence", "la_makes_plan"}
    story.records("others_education_evidence", "attached")


def test_named_against_its_answer_the_school_admits_at_once_and_everybody_reads(trust: TrustAtWork) -> None:
    story = consulted(trust, "Quentin")
    assert story.due("decide_answer") == "2026-03-17"
    asked = words(story.mail(HEAD, "the local authority consults the school"))
    assert "Monday 2 March 2026" in asked and "within 15 days" in asked and "Only three grounds are lawful" in asked
    board = story.mail(GOVERNOR, "the local authority consults the school")
    assert "Quentin" not in board.html and "The law asks the governing body" in words(board)
    weigh_each_ground(story)
    story.records("write_answer", school_view="objects")
    assert "The last day is Tuesday 17 March 2026." in words(story.mail(HEAD, "an answer waits for your decision"))
    story.records("decide_answer", "sent_back", by="head")
    assert story.told("the answer has come back to you") == {SENCO} and story.due("decide_answer") == "2026-03-17"
    story.records("write_answer", school_view="objects")
    story.comes("2026-03-18")
    assert story.told("a step of ours is late") == {HEAD}
    story.records("decide_answer", "sent", by="head")
    answer = words(story.mail(LA, "the school's answer to the consultation"))
    assert "reached us on Monday 2 March 2026" in answer and "section 39(4), with the evidence for each" in answer
    assert "they would not be enough" in answer and "paragraph 9.80" in answer and "Quentin" not in answer
    assert story.told("the school's answer to the consultation") == {LA, SENCO, GOVERNOR}
    story.comes("2026-03-20")
    opened = story.records("la_makes_plan", "names_us", decision_on="2026-03-19", last_reviewed_on="2026-03-19").also_opened
    named = words(story.mail(HEAD, "a plan names our school"))
    assert "must admit Quentin at once" in named and "section 43(2)" in named and "Thursday 19 March 2026" in named
    assert story.told("a plan names our school") == {HEAD, SENCO, GOVERNOR}
    assert story.told("the plan names the school against its answer") == {HEAD, SEND_LEAD}
    story.records("consider_challenge", "accepts", by="head")
    story.has_ended("named")
    admitted_and_read(admission_of(story, opened))


def admitted_and_read(story: Story) -> None:
    """The admission that the plan opened, from the first day to what the LA must secure."""
    assert story.position.facts["on_roll"] is False and story.due("admit") == "2026-03-20"
    assert {"admit", "name_staff", "map_provision", "talk_with_family", "ask_for_file", "join_healthcare_plan"} == story.open_steps
    story.records("admit", by="head", admitted_on="2026-03-20")
    assert story.told("a place at our school") == {LA, SENCO, story.home.mother}
    place = words(story.mail(story.home.mother, "a place at our school"))
    assert "section 43(2)" in place and "from Friday 20 March 2026" in place and "how to appeal" in place
    for step in ("talk_with_family", "map_provision", "ask_for_file", "join_healthcare_plan"):
        story.records(step)
    knows(story, "plan_reader_1", "Maple", MAPLE)
    knows(story, "plan_reader_2", "Rowan", ROWAN)
    story.records("name_staff", staff_named=("plan_reader_1", "plan_reader_2"))
    story.answers(story.mail(MAPLE, "please read what a pupil needs"), "read")
    assert "initials QQ" in words(story.mail(ROWAN, "please read what a pupil needs")), "an outsider reads initials"
    assert story.event("staff_reads", "plan_reader_1").happened_on == date(2026, 3, 20)
    with pytest.raises(Refused):
        story.records("confirm_arrangements", "in_place", by="head")
    late = story.due("staff_reads", "plan_reader_2")
    story.comes("2026-03-28")
    assert late == "2026-03-25" and story.mails(ROWAN, "please read what a pupil needs", on="2026-03-27")
    assert story.told("somebody has not read what a pupil needs") == {SENCO}
    story.records("staff_reads", "read", party="plan_reader_2", by="head")
    story.records("confirm_arrangements", "not_all", by="head")
    owed = words(story.mail(LA, "a part of the help is not in place yet"))
    assert "You must secure it" in owed and "section 42(2)" in owed and "Thursday 19 March 2026" in owed
    assert "must make sure that Quentin gets all of it" in words(story.mail(story.home.mother, "a part of the help is not in place yet"))
    story.records("la_secures_rest")
    story.has_ended("arranged_with_la")
    plan = story.trust.office.village.rows("SELECT review_due_on FROM plans WHERE pupil_id = %s", story.home.pupil_id)
    assert [row.review_due_on for row in plan] == [date(2027, 3, 18)], "twelve months that start with the day of the plan"


def test_the_other_ends_of_a_consultation_and_of_an_admission(trust: TrustAtWork) -> None:
    elsewhere, no_plan, withdrawn, silent = (consulted(trust, name) for name in ("Rhys", "Saul", "Tess", "Una"))
    elsewhere.records("la_makes_plan", "names_another")
    assert elsewhere.told("a plan names another school") == {SENCO, HEAD, GOVERNOR}
    no_plan.records("la_makes_plan", "no_plan")
    assert no_plan.told("there is no plan, or it is not amended") == {SENCO, HEAD}
    withdrawn.interrupts("consultation_withdrawn", "The family moves")
    assert withdrawn.told("a consultation has been withdrawn") == {HEAD, GOVERNOR}
    opened = silent.records("la_makes_plan", "names_us", decision_on="2026-03-02", last_reviewed_on="2026-01-20").also_opened
    for story, end in ((elsewhere, "named_elsewhere"), (no_plan, "no_plan"), (withdrawn, "consultation_withdrawn"), (silent, "named")):
        story.has_ended(end)
    gone = admission_of(silent, opened)
    gone.interrupts("named_elsewhere", "The LA has corrected the plan")
    assert gone.told("the plan does not name our school any more") == {HEAD, gone.home.mother}
    gone.has_ended("named_elsewhere")
    whole = trust.open(
        "admission_of_named_pupil", household(trust.office.village, "Vic", date(2016, 5, 4), 4),
        decision_on=date(2026, 3, 2), last_reviewed_on=date(2026, 3, 2), on_roll=True, medical_condition=False, rights_held_by="parent",
    )  # fmt: skip
    whole.records("admit", by="head", admitted_on="2026-03-03")
    assert "stays at Ash School" in words(whole.mail(whole.home.mother, "a place at our school"))
    whole.records("name_staff", staff_named=("plan_reader_1",))
    whole.records("staff_reads", "read", party="plan_reader_1")
    whole.records("talk_with_family")
    whole.records("map_provision")
    whole.records("confirm_arrangements", "in_place", by="head")
    assert whole.told("the help in the plan is in place") == {SENCO, whole.home.mother}
    whole.has_ended("arranged")


def ceasing(trust: TrustAtWork, name: str, **facts: Any) -> Story:
    known = {"consultation_received_on": date(2026, 3, 2), "in_education": True, "rights_held_by": "parent", **facts}
    return trust.open("cease_consultation", household(trust.office.village, name, date(2012, 5, 4), 8), **known)


def in_the_diary(story: Story) -> None:
    """The pupil has a plan whose next review is in the diary."""
    village = story.trust.office.village
    about: dict[str, Any] = {"pupil_id": story.home.pupil_id, "school_id": village.school_id, "authority_id": village.authority_id}
    with village.engines.scheduler() as session:
        session.add(Plan(issued_on=date(2024, 5, 11), review_due_on=date(2027, 5, 10), **about))


def test_a_plan_that_is_to_cease_goes_on_until_nobody_can_appeal(trust: TrustAtWork) -> None:
    trust.begin("2026-03-03")
    kept, ended, won, lost, back = (ceasing(trust, name) for name in ("Will", "Xan", "Yves", "Zoe", "Bo"))
    in_the_diary(ended)
    dropped = ceasing(trust, "Abe", in_education=False)
    assert "regulation 29(2)" in words(dropped.mail(LA, "please review the plan first"))
    considered = words(kept.mail(kept.home.mother, "the local authority considers ending the plan"))
    assert "Nothing is decided, and nothing stops." in considered and "regulation 31" in considered and "Monday 2 March 2026" in considered
    dropped.interrupts("moved_away", "Moved to York")
    kept.records("hear_pupil")
    kept.records("gather_evidence")
    kept.records("write_answer", school_view="plan_still_needed")
    kept.records("decide_answer", "sent", by="head")
    answer = words(kept.mail(LA, "the school's answer on ending a plan"))
    assert "the plan is still necessary" in answer and "section 45(4)" in answer
    assert kept.told("the school's answer on ending a plan") == {LA, SENCO, kept.home.mother}
    kept.records("la_decides", "goes_on")
    assert kept.told("the plan goes on") == {kept.home.mother, kept.home.child, SENCO, HEAD}
    kept.has_ended("plan_goes_on")
    trust.begin("2026-04-13")
    appeals = {story.ref: told_to_cease(story) for story in (ended, won, lost, back)}
    notice = words(ended.mail(ended.home.mother, "the local authority wants to end the plan"))
    assert "The last day to appeal is Wednesday 10 June 2026." in notice and "Nothing stops yet." in notice
    assert "Mediation comes first" in notice and "disagreement resolution" in notice and "SENDIASS" in notice and "certificate" in notice
    goes_on_after_an_appeal(won, appeals[won.ref])
    ends_after_an_appeal(lost, appeals[lost.ref])
    appeals[back.ref].interrupts("taken_back", "The family has found a course without a plan")
    assert back.open_steps == {"ask_what_became"}
    back.records("ask_what_became", "plan_goes_on")
    back.has_ended("plan_goes_on_after_appeal")
    trust.comes("2026-06-11")
    assert ended.open_steps == {"appeal"}, "the plan goes on while nobody has said that there is no appeal"
    appeals[ended.ref].records("close_window", "no_appeal")
    ended.records("plan_next_support")
    trust.comes("2026-06-11")  # software takes the plan out of the diary
    assert ended.told("the plan has ended") == {ended.home.mother, ended.home.child, SENCO, HEAD}
    ended.has_ended("plan_ceased")
    plan = trust.office.village.rows("SELECT ceased_on FROM plans WHERE pupil_id = %s", ended.home.pupil_id)
    assert plan[0].ceased_on == date(2026, 6, 11)


def told_to_cease(story: Story) -> Story:
    """The LA decides to cease; the appeal that this opens, for which the case waits."""
    opened = story.records("la_decides", "ceases", decision_on="2026-04-10").also_opened
    story.records("explain_right_of_appeal")
    assert story.open_steps == {"appeal"} and len(opened) == 1 and opened[0].startswith("TA-")
    appeal = Story(story.trust, opened[0], story.home)
    assert appeal.due("family_appeals") == "2026-06-10"
    return appeal


def registered(appeal: Story) -> None:
    appeal.records("family_appeals", "appealed", appealed_on="2026-04-13")
    appeal.records("appeal_registered", by="head", la_received_on="2026-04-13", evidence_due_on="2026-07-01", hearing_on="2026-09-10")


def goes_on_after_an_appeal(story: Story, appeal: Story) -> None:
    registered(appeal)
    appeal.records("la_response", "will_continue", conceded_on="2026-04-13")
    appeal.records("la_continues")
    appeal.records("brief_staff")
    assert story.told("the plan goes on after the appeal") == {story.home.mother, story.home.child, SENCO, HEAD}
    story.has_ended("plan_goes_on_after_appeal")


def ends_after_an_appeal(story: Story, appeal: Story) -> None:
    registered(appeal)
    appeal.records("tribunal_decides", "dismissed", by="head", ordered_on="2026-04-13")
    story.records("plan_next_support")
    story.trust.comes("2026-04-13")
    story.has_ended("plan_ceased")
