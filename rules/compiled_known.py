"""What is known beforehand of deciding one instance with one word, and the checks of the event that depend on days, persons and values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rules.compiled_codes import Codes
from rules.compiled_moves import Move
from rules.conditions import FactTest
from rules.definition import Definition, Fact, Step
from rules.facts_brought import what_it_records
from rules.history import Event
from rules.position_types import Instance
from rules.record import Record, list_of
from rules.values import Value

Reader = Callable[[tuple[int, ...]], object]  # picks the numbers of the slots that a move was learnt from
Readings = tuple[tuple[tuple[int, ...], Reader, dict[object, Move]], ...]


@dataclass(slots=True)
class Known:
    """One instance and word. `brings`: the facts it must come with; `owner`: whose they are. `tested`: the fact tests that read them, by slot.

    `readings`: the slots that were read in some case, and what came of it, by what was read. Replaced whole, never changed.
    """

    step: Step
    brings: dict[str, Fact]
    owner: str
    bounded: bool
    tested: tuple[tuple[tuple[FactTest, ...], str], ...]
    tested_slots: tuple[int, ...]
    by_calendar: bool
    lapses: bool
    by_person: bool
    readings: Readings = ()


def known_of(definition: Definition, codes: Codes, event: Event) -> Known:
    """What is known of the instance and word of this event, before anything is learnt."""
    step = definition.steps[event.step]
    brings = {name: definition.facts[name] for name in what_it_records(step, event.outcome)}
    slots = codes.tested_by(frozenset(brings))
    return Known(
        step=step,
        brings=brings,
        owner=event.party if list_of(step) else "",
        bounded=any(fact.no_sooner or fact.no_later for fact in brings.values()),
        tested=tuple((codes.tests[slot], codes.layout.slots[slot][1]) for slot in slots),
        tested_slots=slots,
        by_calendar=bool(step.wait),
        lapses=bool(step.lapses_as) and event.outcome == step.lapses_as,
        by_person=bool(step.approval or step.not_by),
    )


def fits(fact: Fact, value: Value, on: date) -> bool:
    """Whether a fact can beyond doubt hold a value brought on that day. What does not plainly fit is looked at the long way."""
    kind = fact.type
    if kind == "date" or kind == "planned date":
        return type(value) is date and 1990 <= value.year <= 2100 and (kind == "planned date" or value <= on)
    if kind == "yes or no":
        return type(value) is bool
    if kind == "words":
        return type(value) is str and value in fact.words and value == " ".join(value.split())
    if kind == "year":
        return type(value) is int and 1900 <= value <= 2099
    return kind == "whole number" and type(value) is int and 0 <= value <= 999_999


def may(known: Known, record: Record, instance: Instance, event: Event) -> bool:
    """Whether day and person are beyond doubt such that the step may be recorded (as `acts.py` checks, which words the refusals)."""
    on, actor = event.on, event.actor
    if instance.not_before is not None and on < instance.not_before:
        return False
    if (known.by_calendar or (known.lapses and actor is None)) and (
        (known.by_calendar and actor is not None) or instance.wakes_on is None or on < instance.wakes_on
    ):
        return False
    if known.step.case and actor is not None:
        return False
    outcome = known.step.outcomes.get(event.outcome)
    if outcome is not None and outcome.silence:
        return False  # it hangs on the day that the step ends, which the long way counts
    if not known.by_person:
        return True
    if actor is None:
        return False
    named, entries = known.step.not_by, record.entries
    return not named or not any(
        (entry := entries[place]).state == "done" and entry.done_by == actor for key, place in record.latest.items() if key[0] == named
    )
