"""A plan that is to cease after a review goes on and is reviewed until the time to appeal is over or the appeal decided; only then it ends."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from db.acts.errors import NotAllowed
from db.engine import Engines
from db.queries.timeline import timeline_of
from tasks.does import SOFTWARE
from tests.db.ledger_story import day
from tests.tasks.reviewed_village import ReviewedVillage, reviewed_village


@pytest.fixture(scope="module")
def place(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> ReviewedVillage:
    """One school for the stories of this module; each has a pupil of its own."""
    return reviewed_village(engines, tmp_path_factory.mktemp("cease"))


def to_cease(place: ReviewedVillage) -> tuple[int, str, str]:
    """The pupil, the review after which the LA decided on 2 November to cease, and the case of the appeal, which opened with it."""
    place.village.clock.today_is = day("2026-11-24")
    pupil = place.planned("2026-12-18")
    review = place.review(pupil, "2026-12-18", "2026-09-10")
    place.decided(review, "cease", "2026-11-02")
    place.records(review, "explain_right_of_appeal", "2026-11-05")
    (appeal,) = place.cases(pupil, "tribunal_appeal")
    assert place.standing(review) == (["appeal"], "")
    return pupil, review, appeal


def registered(place: ReviewedVillage, appeal: str) -> None:
    """The family appeals, and the Tribunal registers it."""
    place.records(appeal, "family_appeals", "2026-11-10", "appealed", appealed_on="2026-11-10")
    place.records(appeal, "appeal_registered", "2026-11-12", la_received_on="2026-11-12", evidence_due_on="2026-12-12", hearing_on="2027-01-12")


def test_a_family_that_wins_has_its_next_review(place: ReviewedVillage) -> None:
    pupil, review, appeal = to_cease(place)
    registered(place, appeal)
    place.records(appeal, "tribunal_decides", "2026-11-20", "order_continue", ordered_on="2026-11-20")
    place.records(appeal, "la_continues", "2026-11-21")
    place.records(appeal, "brief_staff", "2026-11-22")
    assert (place.standing(appeal)[1], place.standing(review)[1]) == ("plan_in_place", "goes_on_after_appeal")
    assert place.diary(pupil) == [(date(2026, 11, 2), date(2027, 11, 1), None)]
    assert len(place.morning("2027-07-26")) == 1


def test_while_the_appeal_is_open_the_plan_is_reviewed_all_the_same(place: ReviewedVillage) -> None:
    pupil, review, appeal = to_cease(place)
    registered(place, appeal)
    assert place.cases(pupil, "annual_review") == [review]
    assert len(place.morning("2027-07-26")) == 1
    assert place.standing(review) == (["appeal"], "")


@pytest.mark.parametrize("end", ["no_appeal", "dismissed"])
def test_the_plan_ends_when_nobody_appeals_or_the_appeal_is_dismissed(place: ReviewedVillage, end: str) -> None:
    pupil, review, appeal = to_cease(place)
    if end == "dismissed":
        registered(place, appeal)
        place.records(appeal, "tribunal_decides", "2026-11-20", "dismissed", ordered_on="2026-11-20")
        ended_on = "2026-11-24"
    else:
        place.village.clock.today_is = day("2027-01-10")
        place.parts.ledger.run_calendar(day("2027-01-10"))
        assert place.diary(pupil) == [(date(2026, 11, 2), date(2027, 11, 1), None)], "a day that passed is no word from the family"
        place.records(appeal, "close_window", "2027-01-10", "no_appeal")
        ended_on = "2027-01-10"
    assert set(place.standing(review)[0]) == {"close_plan", "plan_next_support"}
    place.software(review, ended_on)
    assert place.diary(pupil) == [(date(2026, 11, 2), date(2027, 11, 1), day(ended_on))]
    place.records(review, "plan_next_support", ended_on)
    assert place.standing(review) == ([], "ceased")
    opened = place.morning("2027-07-26")
    assert place.cases(pupil, "annual_review") == [review] and not set(opened) & {review}
    assert pupil not in place.not_running("2027-09-01")


@pytest.mark.parametrize(("word", "end", "ceased"), [("plan_goes_on", "goes_on_after_appeal", False), ("plan_ceases", "ceased", True)])
def test_after_an_appeal_without_an_order_somebody_asks(place: ReviewedVillage, word: str, end: str, ceased: bool) -> None:
    pupil, review, appeal = to_cease(place)
    registered(place, appeal)
    place.records(appeal, "tribunal_decides", "2026-11-20", "withdrawn", ordered_on="2026-11-20")
    assert place.standing(review)[0] == ["ask_what_became"]
    place.records(review, "ask_what_became", "2026-11-23", word)
    if ceased:
        place.records(review, "plan_next_support", "2026-11-24")
    assert place.standing(review)[1] == end
    assert (place.diary(pupil)[0][2] is not None) is ceased


def test_a_review_that_opened_while_the_appeal_ran_ends_with_the_plan_and_the_family_hears(place: ReviewedVillage) -> None:
    pupil, review, appeal = to_cease(place)
    other, _, _ = to_cease(place)
    registered(place, appeal)
    opened = place.morning("2027-07-26")
    with pytest.raises(NotAllowed, match="recorded by a person, not by software"):
        place.parts.ledger.interrupt(SOFTWARE, key=uuid4(), case=opened[0], name="opened_in_error", because="x", on=day("2027-07-26"))
    (following,) = [one for one in place.cases(pupil, "annual_review") if one != review]
    assert following in opened
    place.records(appeal, "tribunal_decides", "2027-07-26", "dismissed", ordered_on="2027-07-26")
    place.software(review, "2027-07-26")
    assert place.standing(following) == ([], "plan_ceased")
    assert place.standing(review)[0] == ["plan_next_support"]
    told = place.village.rows(
        "SELECT o.messages FROM outbox o JOIN cases c ON c.id = o.case_id WHERE c.ref = %s ORDER BY o.seq DESC LIMIT 1", following
    )
    assert '"annual_review/interrupted.plan_ceased"' in told[0].messages and '"parent"' in told[0].messages
    assert "" in {place.standing(one)[1] for one in place.cases(other, "annual_review")}, "another child's plan goes on"
    assert place.morning("2027-07-27") == []
    with place.parts.engines.app([place.village.school_id]) as session:
        last = timeline_of(session, following)[-1]
    assert (last.who, last.what, last.words) == ("Sendflow", "The plan has ceased", {"because": f"The plan has ceased ({review})."})
