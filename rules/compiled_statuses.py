"""Generates, for one definition and the sizes of its lists, a straight-line Python function that derives every status.

A standing is a small number here: WAITING … OVERTAKEN, and DONE + n for a step done with its nth word. A condition becomes `min`, `max` and table
look-ups over those numbers; F, U, T are 0, 1, 2 and ∅ is 3, which `min` leaves out by itself. `statuses.py` tells the same readably, and
`tests/rules/test_compiled.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rules.condition_text import steps_in
from rules.conditions import AllOf, AnyOf, Done, Opening, Settled, StepCondition
from rules.definition import Definition, Step
from rules.record import Entry, Key, list_of
from rules.truth import Standing, fact_truth
from rules.values import Value

WAITING, OPEN, DOES_NOT_APPLY, NOT_NEEDED, OVERTAKEN, DONE = range(6)
UNSETTLED: tuple[Standing, ...] = (("waiting", ""), ("open", ""), ("does_not_apply", ""), ("not_needed", ""), ("overtaken", ""))
LEFT_OUT_LAST = (0, 1, 2, 3)  # -1, ∅ as `max` leaves it out, looks up 3, ∅ as `min` does
LEFT_OUT_FIRST = (0, 1, 2, -1)
Kernel = Callable[[list[Entry | None], dict[str, Value]], list[int]]


@dataclass(frozen=True)
class Layout:
    """The instances of one case in file order. A list that nobody has named yet has one slot, in `nameless`."""

    slots: tuple[Key, ...]
    nameless: frozenset[int]
    number: dict[Key, int]
    of_step: dict[str, tuple[int, ...]]
    standings: tuple[tuple[Standing, ...], ...]  # by slot and code


def lay_out(definition: Definition, named: tuple[tuple[str, ...] | None, ...]) -> Layout:
    """The layout of a case whose `list` facts (in the order of the definition's steps) name these parties."""
    known = dict(zip(lists_named_later(definition), named, strict=True))
    slots: list[Key] = []
    nameless = set()
    for step in definition.steps.values():
        parties = definition.parties[step.each] if step.each else known[step.each_of_fact] if step.each_of_fact else ("",)
        if parties is None:
            nameless.add(len(slots))
        slots += [(step.name, party) for party in (("",) if parties is None else parties)]
    of_step = {name: tuple(i for i, slot in enumerate(slots) if slot[0] == name) for name in definition.steps}
    standings = tuple(UNSETTLED + tuple(("done", word) for word in definition.steps[step].words) for step, _ in slots)
    return Layout(tuple(slots), frozenset(nameless), {slot: i for i, slot in enumerate(slots)}, of_step, standings)


def lists_named_later(definition: Definition) -> tuple[str, ...]:
    """The `list` facts that steps run over, in file order."""
    return tuple(dict.fromkeys(step.each_of_fact for step in definition.steps.values() if step.each_of_fact))


class _Writer:
    """Writes the function's source line by line, and keeps the constants it names."""

    def __init__(self, definition: Definition, layout: Layout) -> None:
        self.definition = definition
        self.layout = layout
        self.constants: dict[str, Any] = {"LAST": LEFT_OUT_LAST, "FIRST": LEFT_OUT_FIRST}
        self.named: dict[tuple[Any, ...], str] = {}

    def constant(self, prefix: str, key: tuple[Any, ...], value: Any) -> str:
        """A name for a constant; the same key gives the same name."""
        name = self.named.setdefault((prefix, *key), f"{prefix}{len(self.named)}")
        self.constants[name] = value
        return name

    def condition(self, condition: StepCondition, own_list: str, party: str, letter: str) -> str:
        """The condition as an expression that is 0, 1, 2 or 3. `letter` begins the names of the standings it reads."""
        if isinstance(condition, Opening):
            return "2"
        if isinstance(condition, Done | Settled):
            return self._leaf(condition, own_list, party, letter)
        parts = [self.condition(part, own_list, party, letter) for part in condition.parts]
        if len(parts) == 1:
            return parts[0]
        if isinstance(condition, AllOf):
            return f"min({', '.join(parts)})"
        assert isinstance(condition, AnyOf)
        return f"LAST[max({', '.join(f'FIRST[{part}]' for part in parts)})]"

    def _leaf(self, leaf: Done | Settled, own_list: str, party: str, letter: str) -> str:
        step = self.definition.steps[leaf.step]
        slots = self.layout.of_step[leaf.step]
        if list_of(step) and list_of(step) == own_list:
            slots = (self.layout.number.get((leaf.step, party), slots[0]),)
        if not slots:
            return "0" if leaf.some else "2"
        table = self.constant("T", (leaf,), leaf_table(leaf, step))
        found = [f"{table}[{letter}{slot}]" for slot in slots]
        if len(found) == 1:
            return found[0]
        return f"LAST[max({', '.join(f'FIRST[{one}]' for one in found)})]" if leaf.some else f"min({', '.join(found)})"

    def source(self) -> str:
        """The whole function."""
        lines = ["def statuses(E, facts):"]
        lines += [line for slot in self._read_by_until() for line in self._recorded(slot)]
        for number, (name, party) in enumerate(self.layout.slots):
            lines += self._slot(number, self.definition.steps[name], party)
        lines.append(f"    return [{', '.join(f'c{number}' for number in range(len(self.layout.slots)))}]")
        return "\n".join(lines)

    def _read_by_until(self) -> list[int]:
        read = {leaf.step for step in self.definition.steps.values() for leaf in steps_in(step.until)}
        return [number for name, numbers in self.layout.of_step.items() if name in read for number in numbers]

    def _recorded(self, slot: int) -> list[str]:
        """`r`: the standing as `until` sees it."""
        if slot in self.layout.nameless:
            return [f"    r{slot} = {WAITING}"]
        words = self._words(slot)
        return [
            f"    e = E[{slot}]; s = e.state",
            f"    r{slot} = {words}[e.outcome] if s == 'done' or e.early else {DOES_NOT_APPLY} if s == 'does_not_apply' else {WAITING}",
        ]

    def _words(self, slot: int) -> str:
        step = self.definition.steps[self.layout.slots[slot][0]]
        return self.constant("W", (step.name,), {word: DONE + number for number, word in enumerate(step.words)})

    def _slot(self, number: int, step: Step, party: str) -> list[str]:
        """`c`: the derived standing of one instance."""
        own_list, lines = list_of(step), []
        if number not in self.layout.nameless:
            lines = [
                f"    e = E[{number}]; s = e.state",
                f"    if s == 'done': c{number} = {self._words(number)}[e.outcome]",
                f"    elif s == 'does_not_apply': c{number} = {DOES_NOT_APPLY}",
                "    else:",
            ]
        pad = "        " if lines else "    "
        lines += [f"{pad}a = {self.condition(step.after, own_list, party, 'c')}", f"{pad}if a == 0: c{number} = {NOT_NEEDED}"]
        if step.until is not None:
            lines.append(f"{pad}elif {self.condition(step.until, own_list, party, 'r')} == 2: c{number} = {OVERTAKEN}")
        if number in self.layout.nameless:
            return [*lines, f"{pad}else: c{number} = {WAITING}"]
        lines.append(f"{pad}elif a == 1: c{number} = {WAITING}")
        if step.only_if is None:
            return [*lines, f"{pad}else: c{number} = {OPEN}"]
        applies = self.constant("A", (step.name,), _whether_it_applies(step))
        return [*lines, f"{pad}else: c{number} = {OPEN} if e.opened_on is not None else {applies}(facts, e.party)"]


def leaf_table(leaf: Done | Settled, step: Step) -> tuple[int, ...]:
    """What a leaf comes to for each standing of the step it names, ∅ as 3."""
    if isinstance(leaf, Settled):
        return (1, 1, 2, 2, 2) + (2,) * len(step.words)
    if not leaf.outcomes:
        return (1, 1, 3, 0, 0) + (2,) * len(step.words)
    not_needed = 2 * ("not_needed" in leaf.outcomes)
    return (1, 1, 2 * ("does_not_apply" in leaf.outcomes), not_needed, not_needed, *(2 * (word in leaf.outcomes) for word in step.words))


def _whether_it_applies(step: Step) -> Callable[[dict[str, Value], str], int]:
    """`only_if` as a function of the facts and the party, giving a standing: F does not apply, U waits for the fact, T is open."""
    test = step.only_if
    assert test is not None
    outcome = (DOES_NOT_APPLY, WAITING, OPEN)

    def applies(facts: dict[str, Value], party: str) -> int:
        return outcome[fact_truth(test, lambda name: facts.get(f"{name}:{party}" if party else name, facts.get(name)))]

    return applies


def kernel(definition: Definition, layout: Layout) -> Kernel:
    """The generated function: latest entries in the order of the slots (None in a nameless one) and facts in, standings out."""
    writer = _Writer(definition, layout)
    source = writer.source()
    namespace: dict[str, Any] = dict(writer.constants)
    exec(compile(source, f"<statuses of {definition.process} {definition.hash[:8]}>", "exec"), namespace)  # noqa: S102 - our own text, from checked names
    made: Kernel = namespace["statuses"]
    return made


def ends_of(definition: Definition, layout: Layout) -> Callable[[list[int]], str]:
    """A function from standings to the first end that holds, or ""."""
    writer = _Writer(definition, layout)
    lines = ["def ended(c):"]
    read = dict.fromkeys(leaf.step for end in definition.ends.values() for leaf in steps_in(end.after))
    lines += [f"    c{slot} = c[{slot}]" for name in read for slot in layout.of_step[name]]
    lines += [f"    if {writer.condition(end.after, '', '', 'c')} == 2: return {end.name!r}" for end in definition.ends.values()]
    namespace: dict[str, Any] = dict(writer.constants)
    exec(compile("\n".join([*lines, "    return ''"]), f"<ends of {definition.process}>", "exec"), namespace)  # noqa: S102 - as above
    made: Callable[[list[int]], str] = namespace["ended"]
    return made
