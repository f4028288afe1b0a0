"""No child loses an annual review: the next one opens on its day, whatever still keeps the last case open, and two never run for the same year."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest

from db.engine import Engines
from rules.history import Refused
from tests.db.ledger_story import day
from tests.tasks.reviewed_village import ReviewedVillage, reviewed_village


@pytest.fixture(scope="module")
def place(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> ReviewedVillage:
    """One school for the stories of this module; each has a pupil of its own."""
    return reviewed_village(engines, tmp_path_factory.mktemp("reviews"))


@pytest.fixture(autouse=True)
def today(place: ReviewedVillage) -> Iterator[None]:
    """Each story begins on the same day."""
    was = place.village.clock.today_is
    yield
    place.village.clock.today_is = was
    with place.parts.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE plans SET ceased_on = issued_on WHERE ceased_on IS NULL")  # later mornings are others' stories


@pytest.mark.parametrize(("outcome", "left_open"), [("amend", "views_on_amendments"), ("maintain", "explain_right_of_appeal")])
def test_the_next_review_opens_while_last_years_case_is_still_open(place: ReviewedVillage, outcome: str, left_open: str) -> None:
    pupil = place.planned("2026-12-18")
    notice = {"notice_sent_on": "2026-11-02", "notice_served_on": "2026-11-02"} if outcome == "amend" else {}
    last = place.review(pupil, "2026-12-18", "2026-09-10")
    place.decided(last, outcome, "2026-11-02", **notice)
    assert left_open in place.standing(last)[0]
    assert place.diary(pupil) == [(date(2026, 11, 2), date(2027, 11, 1), None)]
    assert place.morning("2027-07-25") == []
    (opened,) = place.morning("2027-07-26")  # fourteen weeks before 1 November
    assert place.cases(pupil, "annual_review") == [last, opened]
    assert place.morning("2027-07-27") == []


def test_a_plan_with_only_last_years_case_is_told_when_its_review_was_ended(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    last = place.review(pupil, "2026-12-18", "2026-09-10")
    place.decided(last, "maintain", "2026-11-02")
    (ended,) = place.morning("2027-07-26")
    place.village.clock.today_is = day("2027-07-27")
    reason = "opened by hand as well"
    place.parts.ledger.interrupt(place.village.head, key=uuid4(), case=ended, name="opened_in_error", because=reason, on=day("2027-07-27"))
    assert place.standing(last)[1] == ""
    assert place.not_running("2027-08-20") == {pupil: ended}


def test_a_review_that_awaits_its_decision_is_the_only_one(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    place.review(pupil, "2026-12-18", "2026-09-10")
    assert place.morning("2026-11-24") == []
    assert place.not_running("2026-11-24") == {}


def test_a_change_of_phase_that_took_up_last_years_case_leaves_the_next_review_to_open(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    place.decided(place.review(pupil, "2026-12-18", "2026-09-10"), "amend", "2026-11-02", notice_sent_on="2026-11-02", notice_served_on="2026-11-02")
    place.village.clock.today_is = day("2027-07-20")
    facts = {"phase": "primary_to_secondary", "transfer_on": "2028-09-01", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
    transfer = place.opens("phase_transfer", pupil, "2027-07-20", review_due_on="2027-11-01", ordinary_review="under_way", **facts)
    assert "review" in place.standing(transfer)[0]
    assert len(place.morning("2027-07-26")) == 1


@pytest.mark.parametrize("other", ["2026-12-17", "2027-11-30", "2025-12-19"])
def test_a_second_review_of_the_same_twelve_months_is_refused(place: ReviewedVillage, other: str) -> None:
    pupil = place.planned("2026-12-18")
    first = place.review(pupil, "2026-12-18", "2026-09-10")
    with pytest.raises(Refused, match=first) as refused:
        place.review(pupil, other, "2026-09-11")
    assert refused.value.code == "review_runs"
    assert place.review(pupil, "2026-12-18", "2026-09-12") == first
    assert place.cases(pupil, "annual_review") == [first]


def test_another_year_another_pupil_or_a_review_with_its_decision_stand_in_nobodys_way(place: ReviewedVillage) -> None:
    pupil, sibling = place.planned("2026-12-18"), place.planned("2026-12-17")
    first = place.review(pupil, "2026-12-18", "2026-09-10")
    place.review(sibling, "2026-12-17", "2026-09-10")
    later = place.review(pupil, "2027-12-18", "2026-09-11", reason="early")
    place.decided(first, "maintain", "2026-11-02")
    assert place.standing(first) == (["explain_right_of_appeal"], "")
    assert len({first, later, place.review(pupil, "2026-12-17", "2026-11-20", reason="early")}) == 3


def test_two_people_who_open_at_once_open_one_review(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")

    def opening(due: str) -> str:
        try:
            return place.review(pupil, due, "2026-09-10")
        except Refused as error:
            return error.code

    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(opening, ["2026-12-15", "2026-12-16", "2026-12-17", "2026-12-18"]))
    assert answers.count("review_runs") == 3
    assert len(place.cases(pupil, "annual_review")) == 1


def test_a_change_of_phase_waits_for_this_years_review_though_last_years_lies_open(place: ReviewedVillage) -> None:
    pupil = place.planned("2026-12-18")
    last = place.review(pupil, "2026-12-18", "2026-09-10")
    place.decided(last, "amend", "2026-11-02", notice_sent_on="2026-11-02", notice_served_on="2026-11-02")
    (new,) = place.morning("2027-07-26")
    place.village.clock.today_is = day("2027-08-02")
    facts = {"phase": "primary_to_secondary", "transfer_on": "2028-09-01", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
    transfer = place.opens("phase_transfer", pupil, "2027-08-02", review_due_on="2027-11-01", ordinary_review="under_way", **facts)
    awaited = "SELECT k.ref FROM case_waits w JOIN cases k ON k.id = w.child_id JOIN cases p ON p.id = w.parent_id WHERE p.ref = %s"
    assert [row.ref for row in place.village.rows(awaited, transfer)] == [new]
