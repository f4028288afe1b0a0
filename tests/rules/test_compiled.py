"""The compiled step beside the readable fold on random histories: the same positions, changes and refusals, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.calendar import england
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
                position = position_from_text(text, definition, CALENDAR)
                assert position == slow_change.position
    return taken


def both(definition: Definition, position: Position, event: Event) -> tuple[Change | tuple[str, str], Change | tuple[str, str]]:
    """The two answers to one event."""
    return answer(lambda: advance(definition, position, event, CALENDAR)), answer(lambda: compiled(definition).advance(position, event, CALENDAR))


@pytest.mark.parametrize("name", ["annual_review", "assessment", "loop", "shipped annual_review", "shipped ehc_needs_assessment"])
@WANDERING
@given(chance=st.randoms(use_true_random=False), length=st.integers(1, 40))
def test_both_engines_answer_alike(name: str, chance: Random, length: int) -> None:
    definition = by_hand(name)
    history = wander(definition, chance, length)
    if history:
        folded = fold(definition, history, CALENDAR)
        position = answer(lambda: compiled(definition).start(history[0], CALENDAR))
        assert isinstance(position, Change)
        for event in history[1:]:
            position = compiled(definition).advance(position.position, event, CALENDAR)
        assert position.position == folded
