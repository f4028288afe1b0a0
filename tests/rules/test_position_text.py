"""The text of a position: small, the same in every process, and refused when it is another's."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from rules.calendar import england
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import Event, Refused
from rules.position import fold, position_from_text, position_to_text
from rules.record import Record
from tests.rules.case_story import SENCO
from tests.rules.definitions_by_hand import by_hand
from tests.rules.random_histories import Wanderer

CALENDAR = england()
ROOT = Path(__file__).parent.parent.parent
SIX_DIGITS = 123_456  # an actor's id in a large trust
ONE_SEED = """
from random import Random
from rules.position import fold, position_to_text
from rules.calendar import england
from tests.rules.definitions_by_hand import by_hand
from tests.rules.test_position_text import diligent
for name in ("annual_review", "assessment", "loop"):
    history = diligent(by_hand(name), Random(7), 40)
    print(position_to_text(fold(by_hand(name), history, england())))
"""


def diligent(definition: Definition, chance: Random, length: int) -> list[Event]:
    """A history in which nearly everything is done, long, with large actor ids."""
    wanderer, quick = Wanderer(definition, chance), compiled(definition)
    history: list[Event] = []
    while not history:
        event = wanderer.opening()
        try:
            position = quick.start(event, CALENDAR).position
            history = [event]
        except Refused:
            continue
    for _ in range(length * 4):
        event = wanderer.next(position)
        if event.kind == "interrupt" or len(history) >= length:
            continue
        event = Event(event.kind, event.on, event.actor and event.actor + SIX_DIGITS, event.step, event.party, event.outcome, event.facts, event.name)
        try:
            after = quick.advance(position, event, CALENDAR).position
        except Refused:
            continue
        if not after.ended or len(history) > length - 2:
            position = after
            history.append(event)
    return history


@pytest.mark.parametrize("name", ["shipped annual_review", "shipped ehc_needs_assessment"])
def test_the_text_stays_small_in_long_histories(name: str) -> None:
    definition, lengths = by_hand(name), []
    for seed in range(8):
        history = diligent(definition, Random(seed), 36)
        lengths.append(len(position_to_text(fold(definition, history, CALENDAR)).encode()))
    assert max(lengths) < 1500, lengths
    assert max(lengths) > 500, "the histories are too short to prove anything"


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    texts = {
        subprocess.run(
            [sys.executable, "-c", ONE_SEED],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(texts) == 1
    assert len(texts.pop().splitlines()) == 3


@pytest.mark.parametrize("text", ["", "[]", "{}", "[[],[],[],[],0]", "[[[99,1]],[],[],[],739869]", "[[[1,1,1,1,44]],[],[],[],739869]", "[1,2,3,4,5]"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no position of annual_review"):
        position_from_text(text, by_hand("annual_review"), CALENDAR)


def test_days_before_the_opening_and_far_ahead_come_back() -> None:
    definition = by_hand("loop")
    opening = date(2026, 9, 1)
    history = [Event("open", opening, facts={"begun_on": opening - timedelta(days=3000), "kind": "short"})]
    history.append(Event("decide", opening - timedelta(days=1), SENCO, "draft", "", "done", {"drafted_on": opening - timedelta(days=2), "pages": 0}))
    position = fold(definition, history, CALENDAR)
    assert position_from_text(position_to_text(position), definition, CALENDAR) == position
    assert position.facts["begun_on"] == opening - timedelta(days=3000)


@pytest.mark.parametrize("name", ["annual_review", "assessment", "loop", "shipped annual_review", "shipped ehc_needs_assessment"])
def test_a_text_made_from_the_one_before_is_the_text_made_anew(name: str) -> None:
    definition, quick = by_hand(name), compiled(by_hand(name))
    for seed in range(6):
        history, chance = diligent(definition, Random(seed), 40), Random(seed)
        position = quick.start(history[0], CALENDAR).position
        for number, event in enumerate(history[1:], 2):
            position = quick.advance(position, event, CALENDAR).position
            if chance.random() < 0.7:  # the others are left out, as in a batch
                anew = fold(definition, history[:number], CALENDAR)
                assert isinstance(anew.record, Record) and anew.record.texts is None
                assert position_to_text(position) == position_to_text(anew) == position_to_text(position)
