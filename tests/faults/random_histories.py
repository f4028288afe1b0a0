"""Random histories of the shipped definitions, drawn by the rules alone: what may happen next, and which two things may not both happen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from random import Random

from db.ledger import Actor
from db.permissions import roles_for_event
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import ADULT, Definition, Fact
from rules.history import Event, Refused
from rules.position_types import Instance, Position
from rules.values import Facts, Value
from tests.db.ledger_story import Village

DRAWS = 12


@dataclass(frozen=True)
class Doing:
    """An event and who does it."""

    actor: Actor
    event: Event


@dataclass
class RandomCase:
    """A case as the rules see it: its text, calendar, position, and the last day on which something happened."""

    ash: Village
    definition: Definition
    calendar: SchoolCalendar
    position: Position
    today: date
    chance: Random

    def after(self, position: Position, doing: Doing) -> Position | None:
        """Where the case stands after it; None if the rules refuse it."""
        try:
            return compiled(self.definition).advance(position, doing.event, self.calendar).position
        except Refused:
            return None

    def goes_on(self) -> Doing | None:
        """Something lawful happens. None: nothing was found, or it would end the case."""
        for doing in self.lawful():
            position = self.after(self.position, doing)
            if position is not None and not position.ended:
                self.position, self.today = position, doing.event.on
                return doing
        return None

    def lawful(self) -> Iterator[Doing]:
        """Up to `DRAWS` draws of what may happen now, each lawful alone."""
        for _ in range(DRAWS):
            doing = self._drawn()
            if doing is not None and self.after(self.position, doing) is not None:
                yield doing

    def pair(self) -> tuple[Doing, Doing] | None:
        """Two that are lawful alone and not together, of different steps where such are found. None: none were found."""
        pairs = list(combinations(self.lawful(), 2))
        self.chance.shuffle(pairs)
        pairs.sort(key=lambda pair: place(pair[0]) == place(pair[1]))
        return next((pair for pair in pairs if all(len(order) == 1 for order in self.serial(*pair))), None)

    def serial(self, one: Doing, other: Doing) -> list[list[Doing]]:
        """What the rules let in when they come one after the other: in this order, and in the other."""
        orders = []
        for first, second in ((one, other), (other, one)):
            position = self.after(self.position, first)
            assert position is not None, "it is lawful alone"
            orders.append([first] if self.after(position, second) is None else [first, second])
        return orders

    def _drawn(self) -> Doing | None:
        on, kind = self.today + timedelta(days=self.chance.randrange(1, 9)), self.chance.randrange(12)
        if kind <= 1 and self.definition.interrupts:
            return self._by_whom(Event("interrupt", on, name=self.chance.choice(list(self.definition.interrupts))))
        if kind == 2:
            fact = self.chance.choice(list(self.definition.facts.values()))
            return self._by_whom(Event("correct", on, facts={fact.name: self._value(fact, on)}))
        done = kind == 3
        instances = [one for one in self.position.instances if one.status == ("done" if done else "open")]
        if not instances:
            return None
        instance = self.chance.choice(instances)
        word = self.chance.choice(self.definition.steps[instance.step].words)
        recorded = self._recorded(instance, word, on)
        return self._by_whom(Event("correct" if done else "decide", on, None, instance.step, instance.party, word, recorded))

    def _recorded(self, instance: Instance, word: str, on: date) -> Facts:
        step = self.definition.steps[instance.step]
        names = (*step.records, *(step.outcomes[word].records if word in step.outcomes else ()))
        return {name: self._value(self.definition.facts[name], on) for name in names}

    def _by_whom(self, event: Event) -> Doing | None:
        roles = roles_for_event(self.definition, event)
        people = {"senco": self.ash.senco, "headteacher": self.ash.head}
        actor = next((people[role] for role in roles if role in people), None) if roles else self.ash.software
        return None if actor is None else Doing(actor, replace(event, actor=actor.person_id))

    def _value(self, fact: Fact, on: date) -> Value:
        values: dict[str, Value] = {
            "date": on - timedelta(days=self.chance.randrange(3)),
            "planned date": on + timedelta(days=self.chance.randrange(20, 70)),
            "year": on.year,
            "whole number": self.chance.randrange(1, 13),
            "yes or no": self.chance.random() < 0.5,
            "list": fact.words[:2],
            ADULT: 0,
        }
        return values[fact.type] if fact.type in values else self.chance.choice(fact.words)


def place(doing: Doing) -> tuple[str, str]:
    """Which step of which party it is about, or its kind and name when it is about none."""
    event = doing.event
    return (event.step, event.party) if event.step else (event.kind, event.name)
