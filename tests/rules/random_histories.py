"""Histories that wander: mostly sensible next events, now and then corrections, exceptions, interrupts and plain nonsense."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from rules.definition import Definition, Fact
from rules.facts_brought import what_it_records
from rules.history import Event
from rules.position_types import Instance, Position
from rules.values import Value

BEGUN = date(2026, 8, 20)
ACTORS = (1, 2, 3, None)


class Wanderer:
    """Thinks of the next event of a case. All chance comes from `chance`, so that a seed tells the whole history."""

    def __init__(self, definition: Definition, chance: Random) -> None:
        self.definition = definition
        self.chance = chance
        self.today = BEGUN

    def opening(self) -> Event:
        """An opening with every fact, as a rule."""
        given = {name: self._value(fact) for name, fact in self.definition.opens_with.items()}
        if self.chance.random() < 0.02:
            given.pop(next(iter(given)), None)
        return Event("open", self.today, facts=given)

    def next(self, position: Position) -> Event:
        """The next event, a few days on (at times a few days back)."""
        self.today += timedelta(days=self.chance.choice((0, 0, 1, 2, 5, 9, 16, -3)))
        way = self.chance.random()
        if way < 0.72 and position.open():
            return self._decide(self.chance.choice(position.open()))
        if way < 0.84:
            return self._decide(self.chance.choice(position.instances))
        if way < 0.91:
            return self._correct(position)
        if way < 0.95:
            return self._put_right(position)
        if way < 0.98:
            return self._lift(position)
        return self._nonsense()

    def _decide(self, instance: Instance) -> Event:
        step = self.definition.steps[instance.step]
        on = instance.wakes_on if instance.wakes_on is not None and self.chance.random() < 0.7 else self.today
        actor = None if step.wait or self.chance.random() < 0.15 else self.chance.choice(ACTORS)
        outcome = self.chance.choice(step.words)
        given = {name: self._value(self.definition.facts[name]) for name in what_it_records(step, outcome)}
        if given and self.chance.random() < 0.03:
            given.pop(next(iter(given)))
        return Event("decide", on, actor, step.name, instance.party, outcome, given)

    def _correct(self, position: Position) -> Event:
        name = self.chance.choice(list(position.facts) or list(self.definition.facts))
        fact, _, party = name.partition(":")
        return Event("correct", self.today, 1, party=party, facts={fact: self._value(self.definition.facts[fact], position.facts.get(name))})

    def _put_right(self, position: Position) -> Event:
        done = [one for one in position.instances if one.status == "done" or one.early] or list(position.instances)
        event = self._decide(self.chance.choice(done))
        return Event("correct", self.today, self.chance.choice(ACTORS), event.step, event.party, event.outcome, event.facts)

    def _lift(self, position: Position) -> Event:
        name = self.chance.choice([*self.definition.exceptions, "no_such_letter"])
        steps = self.definition.exceptions[name].lifts if name in self.definition.exceptions else tuple(self.definition.steps)
        found = [one for one in position.instances if one.step in steps] or list(position.instances)
        instance = self.chance.choice(found)
        review_on = self.chance.choice((None, self.today + timedelta(days=14)))
        return Event("except", self.today, 1, instance.step, instance.party, name=name, review_on=review_on)

    def _nonsense(self) -> Event:
        kind = self.chance.choice(("interrupt", "decide", "correct", "open"))
        if kind == "interrupt":
            return Event("interrupt", self.today, 1, name=self.chance.choice([*self.definition.interrupts, "no_such_way"]))
        if kind == "decide":
            return Event("decide", self.today, 1, self.chance.choice([*self.definition.steps, "no_such_step"]), "nobody", "no_such_word")
        return Event("correct", self.today, 1, facts={"no_such_fact": 1}) if kind == "correct" else Event("open", self.today)

    def _value(self, fact: Fact, before: Value | None = None) -> Value:
        chance = self.chance
        if fact.type == "date":
            return self.today - timedelta(days=chance.choice((0, 0, 1, 4, -1) if chance.random() < 0.1 else (0, 1, 4)))
        if fact.type == "planned date":
            return self.today + timedelta(days=chance.randint(40, 76) if fact.no_sooner else chance.randint(110, 200))
        if fact.type == "words":
            return chance.choice(fact.words)
        if fact.type == "list":
            kept = before if isinstance(before, tuple) else ()
            return tuple(dict.fromkeys([*kept, *(word for word in fact.words if chance.random() < 0.4)]))
        return chance.random() < 0.5 if fact.type == "yes or no" else chance.randint(2026, 2028) if fact.type == "year" else chance.randint(1, 14)
