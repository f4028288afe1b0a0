"""How the steps of a state stand, as far as forgetting asks: what is decided, what could still be brought back, who still reads what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rules.condition_text import facts_in, steps_in
from rules.explore_conditions import leaf_table, picked
from rules.explore_model import Model, Reset
from rules.explore_statuses import BY_AFTER, BY_UNTIL, DECIDED, UNDECIDED
from rules.schema_steps import conditions_of

Kind: TypeAlias = Callable[[str], int]  # how a step stands, by its name
Active: TypeAlias = tuple[frozenset[str], ...]  # the resets that can still happen, each the steps it brings back
DECIDED_BY = {"after": BY_AFTER, "until": BY_UNTIL}  # which condition of a step said that it is passed over


@dataclass(frozen=True, slots=True)
class Reader:
    """A condition that reads a step: whose, under which key, and its truth for each standing."""

    name: str
    key: str
    table: tuple[int, ...]


class Reading:
    """Who reads what in one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.places = {name: at for at, name in enumerate((*model.plain, *(name for names in model.list_steps for name in names)))}
        self.readers: dict[str, list[Reader]] = {name: [] for name in model.steps}
        for reader, key, leaf in model.leaves:
            self.readers[leaf.step].append(Reader(reader, key, leaf_table(leaf, model.words[leaf.step])))
        self.deps = {name: self._deps(name) for name in model.steps}
        self.numbers: dict[Active, int] = {}
        self.of_facts = {name: self._fact_readers(name) for name in (*model.facts, *(f for own in model.own_facts for f in own))}
        self.of_bits = {base: {p.step.name for p in model.order for d in p.dates for need in d.needs if need[0] == base} for base in model.bits}
        for step in model.steps.values():
            for name in {name for said in step.gives.values() for name in said} & set(model.bits):
                self.of_bits[name].add(step.name)

    def looks_of(self, names: Sequence[str] | set[str]) -> Callable[[Sequence[int]], object]:
        """What picks the looks of these steps out of those of all; ends and `when_changed` have none."""
        return picked(self.places[name] for name in names if name in self.places)

    def _deps(self, name: str) -> frozenset[str]:
        """Every step on which a step's status depends, itself included."""
        found, frontier = set[str](), [name]
        while frontier:
            one = frontier.pop()
            if one not in found and one in self.model.steps:
                found.add(one)
                frontier += [
                    leaf.step for key, condition in conditions_of(self.model.steps[one]) if key in ("after", "until") for leaf in steps_in(condition)
                ]
        return frozenset(found)

    def _fact_readers(self, fact: str) -> tuple[str, ...]:
        found = [
            p.step.name
            for p in self.model.order
            for test in (p.step.only_if, *(d.facts for d in p.step.due))
            for leaf in facts_in(test)
            if leaf.fact == fact
        ]
        return tuple(dict.fromkeys(found))


class View:
    """One state as forgetting sees it: the looks of all its steps (`explore_statuses.look`), and the resets that can still happen."""

    def __init__(self, reading: Reading, looks: Sequence[int], active: Active) -> None:
        self.reading = reading
        self.looks = looks
        self.active = active
        self.which = reading.numbers.setdefault(active, len(reading.numbers))  # stands for `active` where something is looked up

    def kind(self, name: str) -> int:
        """How a step as a whole stands; ends and `when_changed` are never decided."""
        return self.looks[self.reading.places[name]] // 2 if name in self.reading.places else UNDECIDED

    def stable(self, name: str) -> bool:
        """Whether no reset that can happen touches what the step's status depends on."""
        deps = self.reading.deps[name]
        return not any(deps & reset for reset in self.active)

    def could_be_fresh(self, name: str) -> bool:
        """Whether the step, had nothing been recorded, would be not needed or overtaken, for good."""
        return bool(self.looks[self.reading.places[name]] % 2) and self.stable(name)

    def live(self, name: str, kind: Kind) -> frozenset[Reader]:
        """The conditions that can still tell what the step came to."""
        return frozenset(reader for reader in self.reading.readers[name] if self._reads_on(name, reader, kind))

    def _reads_on(self, name: str, reader: Reader, kind: Kind) -> bool:
        if reader.name not in self.reading.places:
            return True
        if any(reader.name in reset and name not in reset for reset in self.active):
            return True
        now = kind(reader.name)
        if now == DECIDED:
            return reader.key in DECIDED_BY and self.could_be_fresh(reader.name)
        return now == UNDECIDED or not self.stable(reader.name) or DECIDED_BY.get(reader.key) == now

    def is_over(self, reader: str) -> bool:
        """Whether a step is decided or passed over, and no reset can bring it back."""
        kind = self.kind(reader)
        return kind != UNDECIDED and not any(reader in reset for reset in self.active) and (kind == DECIDED or self.stable(reader))

    def fact_matters(self, fact: str, kind: Kind, sources: frozenset[str]) -> bool:
        """Whether some step may still ask for a fact. `sources`: the steps that record it."""
        for reader in self.reading.of_facts[fact]:
            now = kind(reader)
            if now == UNDECIDED or (now != DECIDED and not self.stable(reader)):
                return True
            if any(reader in reset and not (sources and sources <= reset) for reset in self.active):
                return True
        return False


def active_resets(reading: Reading, kind: Kind, stopped: Callable[[Reset], bool]) -> Active:
    """The resets that can still happen: their decider is undecided, or can be brought back by one that can happen."""
    resets = reading.model.resets
    found = [r for r in resets if (kind(r.decider) == UNDECIDED if r.decider else not stopped(r))]
    rest = [r for r in resets if r not in found]
    while True:
        steps = {name for r in found for name in r.steps}
        more = [r for r in rest if (reading.deps[r.decider] & steps if r.decider else any(leaf.step in steps for leaf in steps_in(r.until)))]
        if not more:
            return tuple(dict.fromkeys(r.steps for r in found))
        found += more
        rest = [r for r in rest if r not in more]
