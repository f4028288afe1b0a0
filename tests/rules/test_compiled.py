"""The compiled step beside the readable fold on random histories: the same positions, changes and refusals, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.calendar import Term, england
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import Event, Refused
from rules.position import advance, fold, position_from_text, position_to_text, start
from rules.position_types import Change, Position
from tests.rules.definitions_by_hand import by_hand
from tests.rules.random_histories import Wanderer

CALENDAR = england()
WANDERING = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def answer(act: Callable[[], Change]) -> Change | tuple[str, str]:
    """What an engine answers: the change, or code and words of its refusal."""
    try:
        return act()
    except Refused as refused:
        return refused.code, refused.message


def wander(definition: Definition, chance: Random, length: int) -> list[Event]:
    """Walk one history with both engines, comparing every answer. Returns the events that were taken."""
    wanderer, quick = Wanderer(definition, chance), compiled(definition)
    opening = wanderer.opening()
    slow_change = answer(lambda: start(definition, opening, CALENDAR))
    assert answer(lambda: quick.start(opening, CALENDAR)) == slow_change
    if not isinstance(slow_change, Change):
        return []
    taken, position = [opening], slow_change.position
    for _ in range(length):
        if position.ended and chance.random() < 0.7:
            break
        event = wanderer.next(position)
        slow_change, quick_change = both(definition, position, event)
        assert quick_change == slow_change
        if isinstance(slow_change, Change) and isinstance(quick_change, Change):
            taken.append(event)
            position = quick_change.position  # go on from the quick one: it must carry everything
            text = position_to_text(slow_change.position)
            assert position_to_text(position) == text
            if chance.random() < 0.3:
                position = quick.read(text, CALENDAR)
                assert position == slow_change.position == position_from_text(text, definition, CALENDAR)
    return taken


def both(definition: Definition, position: Position, event: Event) -> tuple[Change | tuple[str, str], Change | tuple[str, str]]:
    """The two answers to one event."""
    return answer(lambda: advance(definition, position, event, CALENDAR)), answer(lambda: compiled(definition).advance(position, event, CALENDAR))


@pytest.mark.parametrize(
    "name",
    ["annual_review", "assessment", "loop", "puzzle", "family transfer", "family appeal", "shipped annual_review", "shipped ehc_needs_assessment"],
)
@WANDERING
@given(seed=st.integers(0, 2**32), length=st.integers(8, 40))
def test_both_engines_answer_alike(name: str, seed: int, length: int) -> None:
    definition, chance = by_hand(name), Random(seed)
    history = wander(definition, chance, length)
    if history:
        folded = fold(definition, history, CALENDAR)
        position = answer(lambda: compiled(definition).start(history[0], CALENDAR))
        assert isinstance(position, Change)
        for event in history[1:]:
            position = compiled(definition).advance(position.position, event, CALENDAR)
        assert position.position == folded


def test_a_copy_that_bears_the_hash_of_another_is_compiled_anew() -> None:
    definition = by_hand("loop")
    changed = replace(definition, ends={"dropped": definition.ends["dropped"]})
    assert compiled(definition) is compiled(definition)
    assert compiled(changed).definition.ends.keys() == {"dropped"}
    assert compiled(definition).definition.ends.keys() == {"archived", "dropped"}


def test_another_calendar_moves_the_dates_of_a_kept_position() -> None:
    definition = by_hand("annual_review")
    shut = england(terms=[Term("autumn", date(2026, 9, 1), date(2026, 12, 18))], closed_on=[date(2026, 10, 26) + timedelta(days=n) for n in range(5)])
    facts = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 5, "looked_after": False}
    quick = compiled(definition)
    position = quick.start(Event("open", date(2026, 9, 10), facts=facts), CALENDAR).position
    agreed = Event("decide", date(2026, 9, 20), 1, "agree_meeting_date", outcome="done", facts={"meeting_on": date(2026, 11, 5)})
    position = quick.advance(position, agreed, CALENDAR).position
    event = Event("decide", date(2026, 9, 25), 1, "gather_advice", "health", "done")
    for calendar in (shut, CALENDAR):
        change = quick.advance(position, event, calendar)
        assert change == advance(definition, position, event, calendar)
        assert {one.due.why.calendar_version for one in change.position.tracked() if one.due} == {calendar.version}


def test_what_an_open_step_was_opened_for_is_not_decided_again() -> None:
    definition, on = by_hand("puzzle"), date(2026, 9, 1)
    history = [
        Event("open", on, facts={"begun_on": on, "colour": "red", "size": 5}),
        Event("decide", on, 1, "first", outcome="left", facts={"met_on": date(2026, 10, 1)}),
        Event("decide", on, 1, "look", outcome="sharp"),
        Event("correct", on, 1, facts={"colour": "green"}),
    ]
    position = compiled(definition).start(history[0], CALENDAR).position
    for event in history[1:]:
        position = compiled(definition).advance(position, event, CALENDAR).position
    assert position == fold(definition, history, CALENDAR)
    assert (position.instance("paint").status, position.instance("paint").round) == ("open", 1)
    assert position.instance("measure").status == "does_not_apply"
