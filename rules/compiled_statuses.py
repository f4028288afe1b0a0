"""Generates, for one definition and the sizes of its lists, a small Python function for each instance that derives its status.

A standing is a small number here: WAITING … OVERTAKEN, and DONE + n for a step done with its nth word. A condition becomes `min`, `max` and table
look-ups over those numbers; F, U, T are 0, 1, 2 and ∅ is 3, which `min` leaves out by itself. Which instances read which is noted on the way, so
that an event derives anew only what it can have changed. `statuses.py` tells the same readably, and `tests/rules/test_compiled.py` compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rules.condition_text import facts_in
from rules.conditions import AllOf, AnyOf, Done, Opening, Settled, StepCondition
from rules.definition import Definition, Step
from rules.record import Entry, Key, list_of
from rules.truth import Standing, fact_truth
from rules.values import Value

WAITING, OPEN, DOES_NOT_APPLY, NOT_NEEDED, OVERTAKEN, DONE = range(6)
UNSETTLED: tuple[Standing, ...] = (("waiting", ""), ("open", ""), ("does_not_apply", ""), ("not_needed", ""), ("overtaken", ""))
LEFT_OUT_LAST = (0, 1, 2, 3)  # -1, ∅ as `max` leaves it out, looks up 3, ∅ as `min` does
LEFT_OUT_FIRST = (0, 1, 2, -1)
Rule = Callable[[list[int], list[int], Entry | None, dict[str, Value]], int]  # standings, standings recorded, the instance, facts


@dataclass(frozen=True, slots=True)
class Kernel:
    """The generated functions by slot, and who reads whom: a set of slots is an int with the bit of each slot set.

    `recorded` gives an instance's standing as `until` sees it, for the slots that some `until` reads. `followers` read a slot's standing,
    `watchers` what is recorded in it, and `askers` a fact.
    """

    rules: tuple[Rule, ...]
    recorded: tuple[Callable[[Entry], int] | None, ...]
    followers: tuple[int, ...]
    watchers: tuple[int, ...]
    askers: dict[str, int]


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
        self.read: dict[str, set[int]] = {"c": set(), "r": set()}  # slots whose standing (c) or record (r) the text written so far reads

    def constant(self, prefix: str, key: tuple[Any, ...], value: Any) -> str:
        """A name for a constant; the same key gives the same name."""
        name = self.named.setdefault((prefix, *key), f"{prefix}{len(self.named)}")
        self.constants[name] = value
        return name

    def condition(self, condition: StepCondition, own_list: str, party: str, letter: str) -> str:
        """The condition as an expression that is 0, 1, 2 or 3. `letter` names the list of the standings it reads."""
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
        self.read[letter].update(slots)
        found = [f"{table}[{letter}[{slot}]]" for slot in slots]
        if len(found) == 1:
            return found[0]
        return f"LAST[max({', '.join(f'FIRST[{one}]' for one in found)})]" if leaf.some else f"min({', '.join(found)})"

    def words(self, slot: int) -> str:
        """The constant that gives each word of a slot's step its standing."""
        step = self.definition.steps[self.layout.slots[slot][0]]
        return self.constant("W", (step.name,), {word: DONE + number for number, word in enumerate(step.words)})

    def rule(self, number: int) -> str:
        """The function that derives one slot's standing."""
        name, party = self.layout.slots[number]
        step, own_list, lines = self.definition.steps[name], list_of(self.definition.steps[name]), [f"def rule{number}(c, r, e, facts):"]
        named = number not in self.layout.nameless
        if named:
            lines += [
                f"    if e.state == 'done': return {self.words(number)}[e.outcome]",
                f"    if e.state == 'does_not_apply': return {DOES_NOT_APPLY}",
            ]
        lines += [f"    a = {self.condition(step.after, own_list, party, 'c')}", f"    if a == 0: return {NOT_NEEDED}"]
        if step.until is not None:
            lines.append(f"    if {self.condition(step.until, own_list, party, 'r')} == 2: return {OVERTAKEN}")
        return "\n".join([*lines, *self._turn(step, named)])

    def _turn(self, step: Step, named: bool) -> list[str]:
        if not named:
            return [f"    return {WAITING}"]
        waits = f"    if a == 1: return {WAITING}"
        if step.only_if is None:
            return [waits, f"    return {OPEN}"]
        applies = self.constant("A", (step.name,), _whether_it_applies(step))
        return [waits, f"    return {OPEN} if e.opened_on is not None else {applies}(facts, e.party)"]

    def recorded(self, number: int) -> str:
        """The function that gives one slot's standing as `until` sees it."""
        done = f"{self.words(number)}[e.outcome] if e.state == 'done' or e.early else "
        return f"def recorded{number}(e): return {done}{DOES_NOT_APPLY} if e.state == 'does_not_apply' else {WAITING}"


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
    """The generated functions of a definition for lists of these sizes. A nameless slot has no instance: its function is given None."""
    writer, size = _Writer(definition, layout), len(layout.slots)
    followers, watchers, askers = [0] * size, [0] * size, dict.fromkeys(definition.facts, 0)
    source = []
    for number, (name, _) in enumerate(layout.slots):
        writer.read = {"c": set(), "r": set()}
        source.append(writer.rule(number))
        for readers, read in ((followers, writer.read["c"]), (watchers, writer.read["r"])):
            for slot in read:
                readers[slot] |= 1 << number
        for test in facts_in(definition.steps[name].only_if):
            askers[test.fact] |= 1 << number
    watched = [slot for slot in range(size) if watchers[slot] and slot not in layout.nameless]
    made = _made(writer, [*source, *map(writer.recorded, watched)], f"statuses of {definition.process} {definition.hash[:8]}")
    rules = tuple(made[f"rule{slot}"] for slot in range(size))
    return Kernel(rules, tuple(made.get(f"recorded{slot}") for slot in range(size)), tuple(followers), tuple(watchers), askers)


def ends_of(definition: Definition, layout: Layout) -> Callable[[list[int]], str]:
    """A function from standings to the first end that holds, or ""."""
    writer = _Writer(definition, layout)
    lines = ["def ended(c):"]
    lines += [f"    if {writer.condition(end.after, '', '', 'c')} == 2: return {end.name!r}" for end in definition.ends.values()]
    ended: Callable[[list[int]], str] = _made(writer, [*lines, "    return ''"], f"ends of {definition.process}")["ended"]
    return ended


def _made(writer: _Writer, source: list[str], called: str) -> dict[str, Any]:
    namespace: dict[str, Any] = dict(writer.constants)
    exec(compile("\n".join(source), f"<{called}>", "exec"), namespace)  # noqa: S102 - our own text, from checked names
    return namespace
