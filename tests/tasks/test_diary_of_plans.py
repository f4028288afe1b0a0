"""The twelve months of a plan run from its making and then from each review: whatever else is heard of it moves no day on, and no plan stays out."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from db.engine import Engines
from rules.history import Refused
from tasks.does import ToDo, do
from tests.tasks.reviewed_village import ReviewedVillage, reviewed_village


@pytest.fixture(scope="module")
def place(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> ReviewedVillage:
    """One school for the stories of this module; each has a pupil of its own."""
    return reviewed_village(engines, tmp_path_factory.mktemp("plans"))


def appealed(place: ReviewedVillage, pupil: int, decision: str) -> str:
    """A case of an appeal that the Tribunal has registered."""
    case = place.opens("tribunal_appeal", pupil, "2026-06-03", decision=decision, decision_on="2026-06-01", rights_held_by="parent")
    place.records(case, "family_appeals", "2026-06-10", "appealed", appealed_on="2026-06-10")
    days = {"la_received_on": "2026-06-12", "evidence_due_on": "2026-07-12", "hearing_on": "2026-08-12"}
    place.records(case, "appeal_registered", "2026-06-12", **days)
    return case


def test_a_plan_that_the_tribunal_ordered_is_reviewed_within_twelve_months(place: ReviewedVillage) -> None:
    pupil = place.village.pupil()
    case = appealed(place, pupil, "no_plan")
    place.records(case, "tribunal_decides", "2026-08-20", "order_plan", ordered_on="2026-08-20")
    place.records(case, "la_sends_draft", "2026-09-20")
    place.village.decide(case, "la_makes_plan", "2026-11-10", "made", new_decision_on=date(2026, 11, 10))
    place.village.decide(case, "brief_staff", "2026-11-11")
    assert place.standing(case) == (["diary_first_review"], "")  # staff may know before software has had its turn: the case waits for it
    place.software(case, "2026-11-12")
    assert place.standing(case) == ([], "plan_in_place")
    assert place.diary(pupil) == [(None, date(2027, 11, 9), None)]


def test_a_plan_that_was_agreed_in_mediation_is_reviewed_within_twelve_months(place: ReviewedVillage) -> None:
    pupil = place.village.pupil()
    case = place.opens("mediation", pupil, "2026-06-03", decision="no_plan", decision_on="2026-06-01", rights_held_by="parent")
    place.records(case, "contact_adviser", "2026-06-08", "mediate", told_adviser_on="2026-06-08", told_la_on="2026-06-08")
    place.records(case, "la_arranges", "2026-06-12", "arranged", mediation_on="2026-07-01")
    agreed = {"mediation_ended_on": "2026-07-01", "agreement_on": "2026-07-01", "more_agreed": False}
    place.records(case, "hold_mediation", "2026-07-01", "agreed_to_make_plan", **agreed)
    place.records(case, "la_sends_draft", "2026-08-01")
    place.records(case, "la_makes_plan", "2026-09-14", "made", new_decision_on="2026-09-14")
    assert place.diary(pupil) == [(None, date(2027, 9, 13), None)]


def test_a_new_plan_after_a_re_assessment_starts_no_new_twelve_months(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    case = appealed(place, pupil, "refused_to_reassess")
    place.records(case, "tribunal_decides", "2026-08-20", "order_assess", ordered_on="2026-08-20")
    place.records(case, "la_says_it_assesses", "2026-08-25")
    place.records(case, "la_decides_on_plan", "2026-10-10", "plan")
    place.records(case, "la_makes_plan_after_assessment", "2026-11-10", "made", new_decision_on="2026-11-10")
    place.records(case, "brief_staff", "2026-11-11")
    assert place.standing(case) == ([], "plan_in_place")
    assert place.diary(pupil) == [(None, date(2026, 12, 18), None)]


def admitted(place: ReviewedVillage, pupil: int, **facts: Any) -> None:
    """An amended plan of 10 November names the school, and it admits."""
    more = {"on_roll": True, "medical_condition": False, "rights_held_by": "parent", **facts}
    case = place.opens("admission_of_named_pupil", pupil, "2026-11-12", decision_on="2026-11-10", **more)
    place.records(case, "admit", "2026-11-12", admitted_on="2026-11-12")
    assert "diary_first_review" not in place.standing(case)[0]


def test_an_amended_plan_moves_no_review_on(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    admitted(place, pupil, last_reviewed_on="2025-12-19")
    assert place.diary(pupil) == [(None, date(2026, 12, 18), None)]


def test_nor_does_it_where_the_whole_plan_is_said_to_be_new(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    admitted(place, pupil, last_reviewed_on="2026-11-10")
    assert place.diary(pupil) == [(None, date(2026, 12, 18), None)]


def test_a_child_who_comes_with_a_plan_is_reviewed_twelve_months_after_the_last_review(place: ReviewedVillage) -> None:
    pupil = place.village.pupil()
    admitted(place, pupil, last_reviewed_on="2026-01-20")
    assert place.diary(pupil) == [(date(2026, 1, 20), date(2027, 1, 19), None)]


def test_a_first_plan_counts_from_its_making_and_an_earlier_day_than_the_diarys_is_kept(place: ReviewedVillage) -> None:
    first, earlier = place.village.pupil(), place.planned("2027-06-30")
    admitted(place, first, last_reviewed_on="2026-11-10")
    assert place.diary(first) == [(None, date(2027, 11, 9), None)]
    admitted(place, earlier, last_reviewed_on="2026-03-02")
    assert place.diary(earlier) == [(date(2026, 3, 2), date(2027, 3, 1), None)]


def test_the_consultation_hands_on_the_last_review_and_a_day_after_the_plans_is_refused(place: ReviewedVillage) -> None:
    pupil = place.village.pupil()
    asked = {"on_roll": False, "asked_for_by": "family", "medical_condition": False, "rights_held_by": "parent"}
    case = place.opens("plan_consultation", pupil, "2026-10-05", consultation_received_on="2026-10-05", **asked)
    with pytest.raises(Refused, match="last_reviewed_on"):
        place.records(case, "la_makes_plan", "2026-11-11", "names_us", decision_on="2026-11-10", last_reviewed_on="2026-11-20")
    place.records(case, "la_makes_plan", "2026-11-11", "names_us", decision_on="2026-11-10", last_reviewed_on="2026-01-20")
    (admission,) = place.cases(pupil, "admission_of_named_pupil")
    place.records(admission, "admit", "2026-11-12", admitted_on="2026-11-12")
    assert place.diary(pupil) == [(date(2026, 1, 20), date(2027, 1, 19), None)]
    with pytest.raises(Refused, match="last_reviewed_on"):
        admitted(place, place.village.pupil(), last_reviewed_on="2027-01-20")


def test_a_corrected_decision_dates_the_next_review_anew_and_an_amended_plan_does_not(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    case = place.review(pupil, "2026-12-18", "2026-09-10")
    notice = {"notice_sent_on": "2026-10-20", "notice_served_on": "2026-10-20"}
    place.decided(case, "amend", "2026-11-02", **notice)
    place.corrects(case, "2026-11-03", decision_on="2026-10-21")
    assert place.diary(pupil) == [(date(2026, 10, 21), date(2027, 10, 20), None)]
    place.corrects(case, "2026-11-04", decision_on="2026-10-30")
    assert place.diary(pupil) == [(date(2026, 10, 30), date(2027, 10, 29), None)]
    place.records(case, "views_on_amendments", "2026-11-05", "agree")
    place.records(case, "la_sends_amended_plan", "2026-11-20", "amended", decision_on="2026-11-18")
    place.corrects(case, "2026-11-21", decision_on="2026-11-19")
    assert place.diary(pupil) == [(date(2026, 10, 30), date(2027, 10, 29), None)]


def test_a_decision_that_is_corrected_while_software_diaries_it_dates_the_review_by_the_right_day(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    case = place.review(pupil, "2026-12-18", "2026-09-10")
    place.records(case, "agree_meeting_date", "2026-09-12", meeting_on="2026-10-20")
    place.records(case, "hold_meeting", "2026-10-20")
    place.village.decide(case, "la_decision", "2026-11-02", "maintain", decision_on=date(2026, 11, 2))
    definition, position, _ = place.parts.ledger.position(case)
    read = ToDo(case, definition, position, position.instance("diary_next_review"), date(2026, 11, 2))
    right = {"fact": "decision_on", "value": date(2026, 10, 21), "because": "misread", "on": date(2026, 11, 2)}
    place.parts.ledger.correct(place.village.senco, key=uuid4(), case=case, **right)
    do(place.parts, read)
    place.software(case, "2026-11-02")
    assert place.diary(pupil) == [(date(2026, 10, 21), date(2027, 10, 20), None)]


def test_a_review_of_an_earlier_year_that_is_corrected_late_leaves_the_newer_day(place: ReviewedVillage) -> None:
    pupil = place.planned("2025-12-18")
    last = place.review(pupil, "2025-12-18", "2026-09-10")
    place.decided(last, "maintain", "2026-10-21")
    place.decided(place.review(pupil, "2027-10-20", "2026-10-22"), "maintain", "2026-11-12")
    place.corrects(last, "2026-11-13", decision_on="2026-10-20")
    assert place.diary(pupil) == [(date(2026, 11, 12), date(2027, 11, 11), None)]


def test_an_earlier_last_review_learned_later_brings_the_next_one_forward(place: ReviewedVillage) -> None:
    pupil = place.village.pupil()
    more = {"on_roll": True, "medical_condition": False, "rights_held_by": "parent"}
    case = place.opens("admission_of_named_pupil", pupil, "2026-11-12", decision_on="2026-11-10", last_reviewed_on="2026-11-10", **more)
    place.records(case, "admit", "2026-11-12", admitted_on="2026-11-12")
    place.corrects(case, "2026-11-13", last_reviewed_on="2026-01-20")
    assert place.diary(pupil) == [(date(2026, 1, 20), date(2027, 1, 19), None)]
