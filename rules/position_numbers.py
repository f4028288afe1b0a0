"""Names and days as numbers and back, for the text of a position."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.definition import Definition, Fact
from rules.record import Entry, State, first_record
from rules.values import Value

STATES: tuple[State, ...] = ("", "done", "does_not_apply", "not_needed", "overtaken", "closed")
STATE_NUMBERS = {state: number for number, state in enumerate(STATES)}
EARLY = 8


class Names:
    """What one definition's names are as numbers. Made once for each definition."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.steps = list(definition.steps)
        self.step_numbers = {name: number for number, name in enumerate(self.steps)}
        self.words = {name: step.words for name, step in definition.steps.items()}
        self.exceptions = ["", *definition.exceptions]
        self.facts = list(definition.facts.values())
        self.fact_numbers = {fact.name: number for number, fact in enumerate(self.facts)}
        self.first = first_record(definition, {}, date.min).entries  # the instances that every case begins with


_names: dict[str, Names] = {}


def names_of(definition: Definition) -> Names:
    """The names of a definition, kept by its hash; a changed copy that still bears the hash is told apart."""
    found = _names.get(definition.hash)
    if found is None or (found.definition is not definition and found.definition != definition):
        found = _names[definition.hash] = Names(definition)
    return found


def touched(entry: Entry) -> bool:
    """Whether anything is recorded of an instance; one that is untouched is left out of the text."""
    return bool(entry.state or entry.early or entry.opened_on is not None or entry.lifted)


class Numbers:
    """By one definition and one opening day. What each list says is told in `position_text.py`; the reading halves raise what Python raises."""

    def __init__(self, definition: Definition, opened_on: date) -> None:
        self.definition = definition
        self.opened_on = opened_on
        self.opened = opened_on.toordinal()
        self.names = names_of(definition)

    def day(self, day: date | None) -> int:
        """0 for none; 1 for the opening day; -1 for the day before it."""
        if day is None:
            return 0
        days = day.toordinal() - self.opened
        return days + 1 if days >= 0 else days

    def read_day(self, number: int) -> date | None:
        """The inverse of `day`."""
        return None if number == 0 else date.fromordinal(self.opened + (number - 1 if number > 0 else number))

    def rank(self, entry: Entry) -> int:
        """The latest day that an entry tells, the opening's at least: the newest comes first in the text."""
        latest = self.opened_on
        for day in (entry.closed_on, entry.done_on, entry.opened_on):
            if day is not None and day > latest:
                latest = day
        return latest.toordinal()

    def mark(self, number: int, entry: Entry) -> list[Any]:
        """What an instance of that number has recorded."""
        _, _, _, state, opened_on, closed_on, early, outcome, done_on, done_by, lifted, lifted_review_on = entry
        day, names = self.day, self.names
        mark: list[Any] = [
            number,
            STATE_NUMBERS[state] + (EARLY if early else 0),
            day(done_on if early or state == "done" else closed_on),
            day(opened_on),
            names.words[entry.step].index(outcome) + 1 if outcome else 0,
            done_by or 0,
            names.exceptions.index(lifted) if lifted else 0,
            day(lifted_review_on),
            day(closed_on) if early else 0,
        ]
        while mark[-1] == 0:
            mark.pop()
        return mark

    def read_marks(self, marks: list[list[Any]], entries: list[Entry]) -> list[Entry]:
        """Put what is recorded into the instances."""
        for mark in marks:
            number, state, day, opened, outcome, by, lifted, review, closed = mark + [0] * (9 - len(mark))
            entry, early = entries[number - 1], state >= EARLY
            named = STATES[state % EARLY]
            recorded = early or named == "done"
            entries[number - 1] = Entry(
                step=entry.step,
                party=entry.party,
                round=entry.round,
                state=named,
                opened_on=self.read_day(opened),
                closed_on=self.read_day(closed if early else day),
                early=early,
                outcome=self.names.words[entry.step][outcome - 1] if outcome else "",
                done_on=self.read_day(day) if recorded else None,
                done_by=by or None,
                lifted=self.names.exceptions[lifted],
                lifted_review_on=self.read_day(review),
            )
        return entries

    def instance(self, entry: Entry) -> tuple[int, int | str]:
        """Step and party of an instance that came later."""
        step = self.definition.steps[entry.step]
        return self.names.step_numbers[entry.step], self.definition.parties[step.each].index(entry.party) if step.each else entry.party

    def read_instances(self, later: list[Any]) -> list[Entry]:
        """The later instances in the order of their numbers, rounds counted."""
        rounds = {entry.key: entry.round for entry in self.names.first}
        found = []
        for number, party in zip(later[-2::-2], later[::-2], strict=True):
            step = self.definition.steps[self.names.steps[number]]
            key = (step.name, self.definition.parties[step.each][party] if step.each else party)
            rounds[key] = rounds.get(key, 0) + 1
            found.append(Entry(*key, round=rounds[key]))
        return found

    def facts(self, facts: dict[str, Value]) -> list[Any]:
        """The case's own facts in the order of the definition, null while unknown."""
        known = [self._value(fact, facts[name]) if name in facts else None for name, fact in self.definition.facts.items()]
        while known and known[-1] is None:
            known.pop()
        return known

    def read_facts(self, known: list[Any]) -> dict[str, Value]:
        """The inverse of `facts`."""
        named = zip(self.names.facts, known, strict=False)
        return {fact.name: self._read_value(fact, raw) for fact, raw in named if raw is not None}

    def party_facts(self, facts: dict[str, Value]) -> list[Any]:
        """Each party's own facts: fact, party, value, one after another, by fact and party."""
        if not any(":" in key for key in facts):
            return []
        own = sorted((self.names.fact_numbers[name], party, key) for key in facts for name, mark, party in [key.partition(":")] if mark)
        return [part for number, party, key in own for part in (number, party, self._value(self._fact(number), facts[key]))]

    def read_party_facts(self, own: list[Any]) -> dict[str, Value]:
        """The inverse of `party_facts`."""
        found: dict[str, Value] = {}
        for number, party, raw in zip(own[::3], own[1::3], own[2::3], strict=True):
            fact = self._fact(number)
            found[f"{fact.name}:{party}"] = self._read_value(fact, raw)
        return found

    def _fact(self, number: int) -> Fact:
        return self.names.facts[number]

    def _value(self, fact: Fact, value: Value) -> Any:
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, tuple):
            return list(value)
        return fact.words.index(value) if fact.type == "words" and isinstance(value, str) else value

    def _read_value(self, fact: Fact, raw: Any) -> Value:
        if fact.type in ("date", "planned date"):
            day = self.read_day(raw)
            if day is None:
                raise ValueError(f"{fact.name} has no day")
            return day
        if fact.type == "words":
            return fact.words[int(raw)]
        if fact.type == "list":
            return tuple(str(party) for party in raw)
        return bool(raw) if fact.type == "yes or no" else int(raw)
