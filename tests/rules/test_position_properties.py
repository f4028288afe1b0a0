"""What holds after every event of any history: numbers are kept, what has ended stays ended, and a change tells all that changed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rules.calendar import england
from rules.definition import Definition
from rules.history import Event, Refused, event_from_json, event_to_json
from rules.position import advance, fold, start
from rules.position_types import Change, Instance, Position
from rules.refusals import CODES
from tests.rules.definitions_by_hand import by_hand
from tests.rules.random_histories import Wanderer

CALENDAR = england()
DEFINITIONS = ["annual_review", "assessment", "loop", "puzzle", "shipped annual_review", "shipped ehc_needs_assessment"]
WANDERING = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def walk(definition: Definition, chance: Random, length: int) -> tuple[list[Event], list[Change]]:
    """A history and what each of its events changed. Refusals are checked to bear a known code and to help."""
    wanderer = Wanderer(definition, chance)
    try:
        changes = [start(definition, opening := wanderer.opening(), CALENDAR)]
    except Refused:
        return [], []
    history = [opening]
    for _ in range(length):
        event = wanderer.next(changes[-1].position)
        try:
            changes.append(advance(definition, changes[-1].position, event, CALENDAR))
            history.append(event)
        except Refused as refused:
            assert refused.code in CODES
            assert len(refused.message) > 30
        if changes[-1].position.ended:
            break
    return history, changes


@pytest.mark.parametrize("name", DEFINITIONS)
@WANDERING
@example(seed=20678, length=8)  # an outcome recorded early and corrected while the step still waits
@given(seed=st.integers(0, 2**32), length=st.integers(8, 40))
def test_what_holds_after_every_event(name: str, seed: int, length: int) -> None:
    definition, chance = by_hand(name), Random(seed)
    history, changes = walk(definition, chance, length)
    rows: dict[int, Instance] = {}
    before: tuple[Instance, ...] = ()
    for change in changes:
        numbers_are_kept(before, change.position)
        one_live_round(change.position)
        rows = kept_rows(rows, change)
        assert rows == {one.no: one for one in change.position.tracked()}
        dates_agree(definition, change.position)
        before = change.position.instances
    if history:
        assert fold(definition, history, CALENDAR) == changes[-1].position
        assert [event_from_json(event_to_json(event), definition) for event in history] == history


def numbers_are_kept(before: tuple[Instance, ...], position: Position) -> None:
    """A number is one step, party and round for ever; what has ended stays ended, but for not needed and overtaken trading places."""
    assert [one.no for one in position.instances] == list(range(1, len(position.instances) + 1))
    for was, now in zip(before, position.instances, strict=False):
        assert (was.no, was.step, was.party, was.round) == (now.no, now.step, now.party, now.round)
        if was.status in ("done", "does_not_apply", "closed"):
            assert (now.status, now.outcome, now.closed_on) == (was.status, was.outcome, was.closed_on)
        if was.status in ("not_needed", "overtaken"):
            assert now.status in ("not_needed", "overtaken")


def one_live_round(position: Position) -> None:
    """Of a step and party only the latest round is live, and rounds count from 1."""
    rounds: dict[tuple[str, str], int] = {}
    for one in position.instances:
        assert one.round == rounds.get((one.step, one.party), 0) + 1
        rounds[one.step, one.party] = one.round
    for one in position.instances:
        if one.status in ("open", "waiting"):
            assert one.round == rounds[one.step, one.party]
            assert not position.ended
        else:
            assert one.closed_on is not None


def kept_rows(rows: dict[int, Instance], change: Change) -> dict[int, Instance]:
    """The rows somebody would keep who only ever read changes: what is opened or moved is written, what is closed goes."""
    gone = {one.no for one in change.closed}
    assert not gone & {one.no for one in (*change.opened, *change.moved)}
    return {number: row for number, row in rows.items() if number not in gone} | {one.no: one for one in (*change.opened, *change.moved)}


def dates_agree(definition: Definition, position: Position) -> None:
    """The trust's own date never lies after the date of law; a total is never later than the date of its step; the calendar acts on open steps."""
    for one in position.instances:
        if one.due is not None and one.target is not None:
            assert one.target.on <= one.due.on
        if one.wakes_on is not None:
            assert one.status == "open"
            assert definition.steps[one.step].wait or definition.steps[one.step].lapses_as
    for total in position.totals:
        for one in position.instances:
            if one.step == total.to and one.status in ("open", "waiting"):
                assert one.due is not None
                assert one.due.on <= total.due.on
