"""The days of the two admission Codes through the process, with the school's own terms: half term and Easter count for nothing.

`vectors.csv` has no row of theirs: we found no published example. So each day here is counted by hand, on a wall calendar of the terms below.
"""

from __future__ import annotations

from datetime import date

import pytest

from rules.calendar import Term, england
from rules.due import DueDate
from rules.history import Refused
from rules.loader import load_library
from rules.owed import standing_right
from tests.rules.case_story import HEAD, Story

CHAIR, MOTHER = 5, 4
TERMS = (Term("spring", date(2026, 1, 5), date(2026, 3, 27)), Term("summer", date(2026, 4, 13), date(2026, 7, 21)))
HALF_TERMS = frozenset(date(2026, 2, day) for day in range(16, 21)) | frozenset(date(2026, 5, day) for day in range(25, 30))
CALENDAR = england(TERMS, HALF_TERMS)
DEFINITION = load_library().definitions["admission_application"][0]


def applied(received: str, entry: str = "in_year") -> Story:
    told = {"entry": entry, "tested": False, "year_group": 8, "rights_held_by": "parent"}
    return Story(DEFINITION, received, CALENDAR, application_received_on=received, **told)


def refused(story: Story, on: str, appeal_by: str) -> Story:
    story.decide("acknowledge", on)
    if story.position.facts["entry"] == "in_year":
        story.decide("notify_la", on)
    else:
        story.decide("note_offer_day", on, offer_on="2026-03-02")
    story.decide("apply_criteria", on, "no_place", actor=HEAD, refusal_ground="year_group_full")
    story.decide("check_ground", on, "stands_without_the_needs")
    story.decide("decide_refusal", on, "refuse", actor=CHAIR)
    sent = on if story.position.facts["entry"] == "in_year" else "2026-03-02"
    story.decide("send_refusal", sent, "refused", actor=HEAD, refused_on=sent, appeal_by_on=appeal_by)
    return story


def test_whoever_names_the_ground_of_a_refusal_does_not_check_it() -> None:
    story = applied("2026-03-02")
    for step in ("acknowledge", "notify_la"):
        story.decide(step, "2026-03-03")
    story.decide("apply_criteria", "2026-03-09", "no_place", actor=HEAD, refusal_ground="year_group_full")
    with pytest.raises(Refused) as refusal:
        story.decide("check_ground", "2026-03-10", "stands_without_the_needs", actor=HEAD)
    assert refusal.value.code == "own_work"


def due(story: Story, step: str) -> str:
    found = story.position.instance(step).due
    assert isinstance(found, DueDate)
    return found.on.isoformat()


# Received before half term: five of the days in between are none. Received before Easter: ten are none, and two bank holidays among them once only.
@pytest.mark.parametrize(("received", "answered"), [("2026-02-06", "2026-03-06"), ("2026-03-20", "2026-04-24"), ("2026-03-02", "2026-03-23")])
def test_fifteen_school_days_for_an_answer_during_the_year(received: str, answered: str) -> None:
    story = applied(received)
    assert due(story, "send_offer") == due(story, "send_refusal") == answered


def test_twenty_school_days_at_least_to_appeal_and_thirty_to_be_heard() -> None:
    with pytest.raises(Refused, match="2026-04-24"):
        refused(applied("2026-03-02"), "2026-03-13", "2026-04-23")
    story = refused(applied("2026-03-02"), "2026-03-13", "2026-04-24")
    right = standing_right(DEFINITION, story.position, CALENDAR)
    assert right is not None and right.last_day is not None and right.last_day.on == date(2026, 4, 24)
    story.decide("family_appeals", "2026-04-15", "appealed", actor=MOTHER, appeal_lodged_on="2026-04-15")
    assert due(story, "hear_appeal") == "2026-06-04", "4 May and the week of half term are none"


def test_in_the_normal_round_forty_school_days_after_the_last_day_to_appeal() -> None:
    story = refused(applied("2026-01-12", "normal_round"), "2026-01-14", "2026-04-13")
    story.decide("family_appeals", "2026-03-20", "appealed", actor=MOTHER, appeal_lodged_on="2026-03-20")
    assert due(story, "hear_appeal") == "2026-06-16"
