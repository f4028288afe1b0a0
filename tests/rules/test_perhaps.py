"""What waits is certain to be owed, or perhaps never: by the shipped texts, and told a second time by the year's oracle."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from rules.bank_holidays import Overrides
from rules.calendar import england
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import Refused
from rules.library import Library
from rules.loader import load_library
from rules.perhaps import perhaps_never
from rules.position_types import Position
from tests.histories.kept import CLOSED_ON, TERMS
from tests.rules.case_story import Story
from tests.rules.random_histories import Wanderer
from tests.year.oracle import plain_waits
from tests.year.oracle.stretches import came_to

HISTORIES, EVENTS = 6, 22  # of each process
CALENDAR = england(TERMS, CLOSED_ON, Overrides())


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


def told(story: Story) -> dict[str, bool]:
    """Each tracked step that waits, and whether it may never be owed."""
    perhaps = perhaps_never(story.definition, story.position)
    return {one.step: one.no in perhaps for one in story.position.tracked() if one.status == "waiting"}


def review(library: Library, **facts: Any) -> Story:
    known = {"review_due_on": "2026-12-18", "reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent", **facts}
    return Story(library.definitions["annual_review"][-1], "2026-09-10", **known)


def test_the_amended_plan_is_not_owed_before_the_la_has_said_that_it_amends(library: Library) -> None:
    story = review(library)
    story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    assert told(story) == {"circulate_advice": False, "send_report": False, "la_decision": False, "la_sends_amended_plan": True}
    story.decide("send_invitations", "2026-09-21", actor=None)
    story.decide("circulate_advice", "2026-10-20")
    story.decide("hold_meeting", "2026-11-05")
    assert told(story)["la_sends_amended_plan"] and not told(story)["la_decision"]
    story.decide("la_decision", "2026-12-02", "amend", decision_on="2026-12-01", notice_sent_on="2026-12-01", notice_served_on="2026-12-02")
    assert told(story) == {"la_sends_amended_plan": False}, "the family's views are only waited for"


def test_the_la_need_not_decide_an_early_review_to_which_it_has_not_agreed(library: Library) -> None:
    story = review(library, reason="early")
    assert told(story) == {"la_decision": True}
    story.decide("la_agrees_to_review_early", "2026-09-15", "agrees")
    assert told(story) == {"la_decision": False}


def test_an_assessment_that_nobody_has_agreed_to_owes_no_plan(library: Library) -> None:
    assessment = library.definitions["ehc_needs_assessment"][-1]
    story = Story(assessment, "2026-09-10", asked_by="parent", year_group=5, rights_held_by="parent")
    story.decide("la_confirms_receipt", "2026-09-12", request_received_on="2026-09-10")
    assert told(story) == {"la_decides_on_plan": True, "la_makes_plan": True}
    story.decide("la_decides_to_assess", "2026-10-12", "assess")
    assert told(story) == {"la_decides_on_plan": False, "la_makes_plan": True}


def test_our_own_people_are_reminded_of_a_date_until_it_is_known_not_to_bind_us(library: Library) -> None:
    """Six weeks for the advice, though earlier advice may stand; offer or refusal by the fifteenth day; admissions only of a mainstream school."""
    advice = Story(library.definitions["advice_request"][-1], "2026-09-10", advice_asked_on="2026-09-10", year_group=5, rights_held_by="parent")
    assert told(advice) == {"send_advice": False}
    known = {"application_received_on": "2026-09-10", "entry": "in_year", "tested": False, "year_group": 7, "rights_held_by": "parent"}
    assert told(Story(library.definitions["admission_application"][-1], "2026-09-10", **known)) == {"send_offer": False, "send_refusal": False}
    yearly = library.definitions["published_information"][-1]
    special, mainstream = (told(Story(yearly, "2026-09-10", school_year=2026, kind=kind)) for kind in ("special", "mainstream"))
    assert special == mainstream | {"consult_on_change": True, "determine_arrangements": True, "publish_arrangements": True}


def test_what_waits_is_told_alike_by_two_who_never_met(library: Library) -> None:
    """`perhaps_never` tries every way on; the oracle reads the YAML by itself. Over random histories of every process they agree of each step."""
    met: Counter[bool] = Counter()
    for definition in library.all():
        for seed in range(HISTORIES):
            for position in positions(definition, seed):
                perhaps, came = perhaps_never(definition, position), came_to(position)
                for one in position.tracked():
                    if one.status == "waiting":
                        by = definition.steps[one.step].by
                        owner = one.party if by == "party" else by
                        again = plain_waits.perhaps_never(definition.process, one.step, owner, came, position.facts)
                        assert (one.no in perhaps) == again, f"{definition.process} {one.step}, seed {seed}"
                        met[again] += 1
    assert met[True] > 50 and met[False] > 200


def positions(definition: Definition, seed: int) -> list[Position]:
    wanderer, quick, found = Wanderer(definition, Random(seed)), compiled(definition), list[Position]()
    for _ in range(EVENTS * 6):
        event = wanderer.next(found[-1]) if found else wanderer.opening()
        try:
            found.append((quick.advance(found[-1], event, CALENDAR) if found else quick.start(event, CALENDAR)).position)
        except Refused:
            continue
        if found[-1].ended or len(found) == EVENTS:
            break
    return found
