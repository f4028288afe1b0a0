"""Tells the story of one case in few words: each line is an event; the position and the last change are there to look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from rules.calendar import SchoolCalendar, england
from rules.definition import Definition
from rules.history import Event, event_from_json, event_to_json
from rules.position import advance, fold, position_from_text, position_to_text, start
from rules.position_types import Change, Instance, Position
from rules.values import Value

SENCO, HEAD, LA_OFFICER, MOTHER = 1, 2, 3, 4
OPENS = Callable[[Definition, Event, SchoolCalendar], Change]
GOES_ON = Callable[[Definition, Position, Event, SchoolCalendar], Change]


def day(text: str) -> date:
    """`2026-11-05` as a date."""
    return date.fromisoformat(text)


def typed(value: str | int | bool | tuple[str, ...]) -> Value:
    """A date written as text, or the value itself."""
    return day(value) if isinstance(value, str) and value[:2] == "20" and value.count("-") == 2 else value


class Story:
    """One case by the readable fold. After every event the position is checked against folding the whole history and against its text."""

    def __init__(self, definition: Definition, on: str, calendar: SchoolCalendar | None = None, **facts: Any) -> None:
        self.definition = definition
        self.calendar = calendar or england()
        self.history: list[Event] = []
        self._happened(Event("open", day(on), facts={name: typed(value) for name, value in facts.items()}))

    def _happened(self, event: Event) -> Change:
        change = start(self.definition, event, self.calendar) if not self.history else advance(self.definition, self.position, event, self.calendar)
        self.history.append(event)
        self.change, self.position = change, change.position
        assert event_from_json(json.loads(json.dumps(event_to_json(event))), self.definition) == event
        text = position_to_text(self.position)
        again = position_from_text(text, self.definition, self.calendar)
        assert fold(self.definition, self.history, self.calendar) == self.position == again
        assert position_to_text(again) == text
        return change

    def decide(self, step: str, on: str, outcome: str = "done", party: str = "", actor: int | None = SENCO, **facts: Any) -> Change:
        """Somebody records a step."""
        return self._happened(Event("decide", day(on), actor, step, party, outcome, {name: typed(value) for name, value in facts.items()}))

    def correct(self, on: str, party: str = "", actor: int | None = SENCO, **facts: Any) -> Change:
        """Somebody corrects a fact."""
        return self._happened(Event("correct", day(on), actor, party=party, facts={name: typed(value) for name, value in facts.items()}))

    def put_right(self, step: str, outcome: str, on: str, party: str = "", actor: int | None = SENCO, **facts: Any) -> Change:
        """Somebody corrects an outcome."""
        return self._happened(Event("correct", day(on), actor, step, party, outcome, {name: typed(value) for name, value in facts.items()}))

    def lift(self, step: str, name: str, on: str, review_on: str | None = None, party: str = "") -> Change:
        """An exception lifts a date."""
        return self._happened(Event("except", day(on), SENCO, step, party, name=name, review_on=None if review_on is None else day(review_on)))

    def interrupt(self, name: str, on: str) -> Change:
        """The case ends from outside."""
        return self._happened(Event("interrupt", day(on), SENCO, name=name))

    def open(self) -> list[str]:
        """The open steps, each once, in the order of the alphabet; a party's as `step/party`."""
        return sorted(named(one) for one in self.position.open())

    def status(self, step: str, party: str = "") -> str:
        """The status of the latest round."""
        return self.position.instance(step, party).status

    def due(self, step: str, party: str = "") -> date | None:
        """The due date of the latest round."""
        due = self.position.instance(step, party).due
        return None if due is None else due.on


def named(instance: Instance) -> str:
    """`step`, or `step/party`."""
    return f"{instance.step}/{instance.party}" if instance.party else instance.step
