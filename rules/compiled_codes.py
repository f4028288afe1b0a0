"""How an instance stands for all that reads it, as one small number: what a remembered step (`compiled_moves.py`) is looked up by.

Two instances of one step with the same number are alike to every condition: in how they ended, in what is recorded early, in whether they
have opened, and in what the fact tests of the step come to. Days, persons and rounds are not in it, and outcomes that nothing tells apart are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count

from rules.compiled_statuses import DONE, Layout, leaf_table
from rules.condition_text import facts_in, steps_in
from rules.conditions import FactTest, StepCondition
from rules.definition import Definition, Step
from rules.record import Entry, Key, party_fact
from rules.truth import fact_truth
from rules.values import Value

Classes = Mapping[str, Mapping[str, int]]  # step, word: words of one class are alike to every condition
Facts = Mapping[str, Value]


def classes_of(definition: Definition) -> Classes:
    """The words of each step, told apart only where some condition of the definition tells them apart."""
    tables: dict[str, list[tuple[int, ...]]] = {name: [] for name in definition.steps}
    for condition in _conditions(definition):
        for leaf in steps_in(condition):
            tables[leaf.step].append(leaf_table(leaf, definition.steps[leaf.step]))
    return {name: _classes(step, tables[name]) for name, step in definition.steps.items()}


def _conditions(definition: Definition) -> Iterator[StepCondition]:
    for step in definition.steps.values():
        yield step.after
        if step.until is not None:
            yield step.until
        if not isinstance(step.may_come_early, bool):
            yield step.may_come_early
        yield from (dated.steps for dated in step.due if dated.steps is not None)
    yield from (end.after for end in definition.ends.values())


def _classes(step: Step, tables: list[tuple[int, ...]]) -> dict[str, int]:
    found: dict[tuple[int, ...], int] = {}
    return {word: found.setdefault(tuple(table[DONE + n] for table in tables), len(found)) for n, word in enumerate(step.words)}


def tests_of(step: Step) -> tuple[FactTest, ...]:
    """The fact tests of a step: whether it applies, and by which rule it is dated."""
    return (*(() if step.only_if is None else (step.only_if,)), *(dated.facts for dated in step.due if dated.facts is not None))


def truths(tests: Sequence[FactTest], party: str, facts: Facts) -> tuple[int, ...]:
    """What fact tests come to for one party."""
    return tuple(fact_truth(test, partial(_fact, facts, party)) for test in tests)


def _fact(facts: Facts, party: str, name: str) -> Value | None:
    return facts.get(party_fact(name, party), facts.get(name))


class Codes:
    """The numbers of one layout."""

    def __init__(self, definition: Definition, layout: Layout, classes: Classes) -> None:
        self.layout = layout
        self.steps = [definition.steps[step] for step, _ in layout.slots]
        self.classes = [classes[step.name] for step in self.steps]
        self.tests = [tests_of(step) for step in self.steps]
        self.numbers: dict[tuple[object, ...], int] = {}
        self.next = count(1)

    def of(self, entries: Sequence[Entry], latest: Mapping[Key, int], facts: Facts, standings: Sequence[int]) -> tuple[int, ...]:
        """The number of every slot of a case at rest."""
        nameless, slots = self.layout.nameless, self.layout.slots
        return tuple(
            -1 - standing if slot in nameless else self._of(slot, entries[latest[slots[slot]]], facts) for slot, standing in enumerate(standings)
        )

    def _of(self, slot: int, entry: Entry, facts: Facts) -> int:
        ended_as = self.classes[slot][entry.outcome] if entry.state == "done" else entry.outcome
        tests = self.tests[slot]
        known = truths(tests, entry.party, facts) if tests else ()
        standing = (entry.state, ended_as, entry.early, entry.opened_on is None, known)
        found = self.numbers.get(standing)
        return self.numbers.setdefault(standing, next(self.next)) if found is None else found

    def tested_by(self, facts: frozenset[str]) -> tuple[int, ...]:
        """The slots whose fact tests read one of these facts."""
        return tuple(slot for slot, tests in enumerate(self.tests) if any(one.fact in facts for test in tests for one in facts_in(test)))
