"""A definition as the explorer sees it: steps as places, outcomes and facts as classes that some condition tells apart, dates as known or not.

`docs/decisions/` says why each reduction is exact. Asides are left out unless asked for: nothing waits for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from rules.condition_text import facts_in, steps_in
from rules.conditions import AtLeast, AtMost, DayIs, Done, FactTest, OneOf, Settled, StepCondition
from rules.definition import ADULT, Definition, Fact, Step
from rules.explore_conditions import Check, Place, compile_condition, compile_test, remembering
from rules.periods import Base, parse_rule
from rules.record import list_of
from rules.resets import depending_on
from rules.schema_steps import conditions_of
from rules.truth import fact_truth
from rules.values import Value

FRESH, OPENED, SKIPPED, FIRST = 0, 1, 2, 3  # what an instance has recorded: nothing, that it opened, that it does not apply; then 3 an outcome


@dataclass(frozen=True)
class Dated:
    """A rule of a step as the explorer sees it: which key, when it is the one, and which bases it needs (by place in the step's own bits)."""

    key: str
    rule: str
    when_facts: Callable[[tuple[int, ...]], int]
    when_steps: Check | None
    needs: tuple[tuple[str, int, bool], ...]  # base, its bit, whether the bit is the member's own


@dataclass(frozen=True)
class PlacedStep:
    """A step in its place, with everything asked of it compiled."""

    step: Step
    group: int
    at: int
    after: Check
    until: Check | None
    early: Check | bool
    only_if: Callable[[tuple[int, ...]], int] | None
    dates: tuple[Dated, ...]


@dataclass(frozen=True)
class Reset:
    """Steps that one event brings back together: an outcome of `decider`, or (no decider) a correction that `until` stops."""

    steps: frozenset[str]
    decider: str
    until: StepCondition | None


class Model:
    """The tables of one definition. `asides`: those to keep. `corrections`: whether corrections and growing lists are events too.

    `case_ends`: the ends of other processes, for `case` steps.
    """

    def __init__(
        self, definition: Definition, asides: Iterable[str] = (), corrections: bool = False, case_ends: dict[str, tuple[str, ...]] | None = None
    ) -> None:
        self.definition = definition
        self.corrections = corrections
        kept = set(asides) | _read_by_others(definition)
        self.steps = {name: step for name, step in definition.steps.items() if not step.aside or name in kept}
        self.lists = list(dict.fromkeys(list_of(step) for step in self.steps.values() if list_of(step)))
        self.named = [name in definition.parties for name in self.lists]
        self.list_steps = [[s.name for s in self.steps.values() if list_of(s) == name] for name in self.lists]
        self.plain = [s.name for s in self.steps.values() if not list_of(s)]
        self.places: dict[str, Place] = {name: (-1, at) for at, name in enumerate(self.plain)}
        self.places |= {name: (group, at) for group, names in enumerate(self.list_steps) for at, name in enumerate(names)}
        self.leaves = self._leaves()
        self._fact_classes()
        self._known_bits()
        self.words = {name: self._classes(step, case_ends or {}) for name, step in self.steps.items()}
        self.order = [self._place(step) for step in self.steps.values()]
        self.by_name = {place.step.name: place for place in self.order}
        self.ends = [(end.name, remembering(self._check(end.after, -1), end.after, self.places)) for end in definition.ends.values()]
        self._find_resets()

    def _leaves(self) -> list[tuple[str, str, Done | Settled]]:
        """Who reads what, under which key: steps by name; ends as "", `when_changed.until` as "" under "!"."""
        found = [(s.name, key, leaf) for s in self.steps.values() for key, condition in conditions_of(s) for leaf in steps_in(condition)]
        found += [("", "end", leaf) for end in self.definition.ends.values() for leaf in steps_in(end.after)]
        changes = [f.when_changed for f in self.definition.facts.values() if f.when_changed is not None] if self.corrections else []
        return found + [("", "!", leaf) for changed in changes for leaf in steps_in(changed.until)]

    def _check(self, condition: StepCondition, own: int) -> Check:
        return compile_condition(condition, own, self.places, self.words)

    def _recorded_by(self, step: Step, word: str) -> tuple[str, ...]:
        outcome = step.outcomes.get(word)
        return step.records + (outcome.records if outcome is not None else ())

    def _fact_classes(self) -> None:
        """Facts that tests read, with one value for each class of values that no test tells apart."""
        tests = [leaf for s in self.steps.values() for test in (s.only_if, *(d.facts for d in s.due)) for leaf in facts_in(test)]
        read = list(dict.fromkeys(leaf.fact for leaf in tests))
        self.recorders = {
            name: [s.name for s in self.definition.steps.values() if any(name in self._recorded_by(s, w) for w in s.words)]
            for name in self.definition.facts
        }
        self.owner = {name: self._owner(name) for name in self.definition.facts}
        self.facts = [name for name in read if self.owner[name] < 0]
        self.own_facts = [[name for name in read if self.owner[name] == group] for group in range(len(self.lists))]
        self.values: dict[str, list[Value]] = {}
        self.sizes: dict[str, list[int]] = {}
        for name in read:
            groups: dict[tuple[int, ...], list[Value]] = {}
            for value in candidates(self.definition.facts[name], [leaf for leaf in tests if leaf.fact == name]):
                signature = tuple(fact_truth(leaf, lambda _: value) for leaf in tests if leaf.fact == name)  # noqa: B023 - called at once
                groups.setdefault(signature, []).append(value)
            self.values[name] = [values[0] for values in groups.values()]
            countable = self.definition.facts[name].type in ("words", "yes or no")
            self.sizes[name] = [len(values) if countable else 1 for values in groups.values()]

    def _owner(self, fact: str) -> int:
        groups = {self.lists.index(name) for step in self.recorders[fact] if (name := list_of(self.definition.steps[step])) in self.lists}
        return min(groups) if groups else -1

    def fact_place(self, group: int) -> Callable[[str], int]:
        """Where a step of that list finds a fact: among the case's own, or behind them among its member's."""

        def place(fact: str) -> int:
            if fact in self.facts:
                return self.facts.index(fact)
            own = self.own_facts[group] if group >= 0 else []
            return len(self.facts) + own.index(fact) if fact in own else -1

        return place

    def _known_bits(self) -> None:
        """Bases of rules that are not known from the opening on: facts that steps record, and steps."""
        bases = [base.name for s in self.steps.values() for _, rule in rules_of(s) for base in needed(rule, self.definition)]
        bases += [name for s in self.steps.values() for said in s.gives.values() for name in said if name in self.definition.facts]
        unknown = [name for name in dict.fromkeys(bases) if name not in self.definition.opens_with]
        self.bits = {name: n for n, name in enumerate(unknown)}
        self.all_known = (1 << len(unknown)) - 1

    def needs(self, names: Iterable[str], group: int) -> tuple[tuple[str, int, bool], ...]:
        """Those of the names that are not known from the opening on, each with its bit and whether the bit is the member's own."""
        return tuple((name, self.bits[name], self._own_bit(name, group)) for name in names if name in self.bits)

    def _classes(self, step: Step, case_ends: dict[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
        """The words of a step, in classes that nothing tells apart."""
        named = [leaf for _, _, leaf in self.leaves if leaf.step == step.name and isinstance(leaf, Done) and leaf.outcomes]
        words: tuple[str, ...] = step.words
        if step.case:
            words = (*case_ends.get(step.case, tuple(dict.fromkeys(w for leaf in named for w in leaf.outcomes))), "interrupted")
        groups: dict[tuple[object, ...], list[str]] = {}
        for word in dict.fromkeys(words):
            outcome = step.outcomes.get(word)
            records = frozenset(f for f in self._recorded_by(step, word) if f in self.values or f in self.bits or f in self.lists)
            given = frozenset(name for name in step.gives.get(word, ()) if name in self.bits)
            signature = (outcome.reopens if outcome else "", records, given, *(word in leaf.outcomes for leaf in named))
            groups.setdefault(signature, []).append(word)
        return [tuple(group) for group in groups.values()]

    def _place(self, step: Step) -> PlacedStep:
        group, at = self.places[step.name]
        place = self.fact_place(group)
        early = step.may_come_early
        return PlacedStep(
            step,
            group,
            at,
            self._check(step.after, group),
            None if step.until is None else self._check(step.until, group),
            early if isinstance(early, bool) else remembering(self._check(early, group), early, self.places),
            None if step.only_if is None else compile_test(step.only_if, place, self.values),
            (*(self._dated(step, key, rule, group, place) for key, rule in rules_of(step)), *self._given(step, group, place)),
        )

    def _dated(self, step: Step, key: str, rule: str, group: int, place: Callable[[str], int]) -> Dated:
        dated = next((d for d in step.due if d.rule == rule), None) if key == "due" else None
        needs = self.needs((base.name for base in needed(rule, self.definition)), group)
        steps = None if dated is None or dated.steps is None else self._check(dated.steps, group)
        return Dated(key, rule, compile_test(dated.facts if dated else None, place, self.values), steps, needs)

    def _given(self, step: Step, group: int, place: Callable[[str], int]) -> tuple[Dated, ...]:
        """What a `case` step gives must be known when it opens, like the base of a date."""
        needs = self.needs(step.case_facts.values(), group)
        return (Dated("with", "", compile_test(None, place, self.values), None, needs),) if needs else ()

    def _own_bit(self, base: str, group: int) -> bool:
        """Whether a base is known to each member of the reader's list by itself."""
        step = self.definition.steps.get(base)
        whose = self.owner[base] if step is None else self.places.get(base, (-1, 0))[0]
        return group >= 0 and whose == group

    def _find_resets(self) -> None:
        """Every way to bring steps back, and the scopes by (target, whether one member's only)."""
        sources = [(o.reopens, s.name) for s in self.steps.values() for o in s.outcomes.values() if o.reopens]
        changes = [f.when_changed for f in self.definition.facts.values() if f.when_changed is not None] if self.corrections else []
        found = [Reset(frozenset(depending_on(self.definition, target, "")) | {decider}, decider, None) for target, decider in sources]
        found += [Reset(frozenset(depending_on(self.definition, c.reopens, "")), "", c.until) for c in changes if c.reopens in self.steps]
        self.resets = tuple(found)
        self.scopes: dict[tuple[str, bool], dict[str, bool]] = {}
        for target in {target for target, _ in sources} | {c.reopens for c in changes if c.reopens}:
            for own in (False, True):
                scope = depending_on(self.definition, target, "one" if own else "")
                self.scopes[target, own] = {name: bool(only) for name, only in scope.items() if name in self.steps}


def _read_by_others(definition: Definition) -> set[str]:
    """Steps that a condition of another step, an end or a `when_changed` reads: an aside among them is no mere aside."""
    found = {leaf.step for s in definition.steps.values() for _, condition in conditions_of(s) for leaf in steps_in(condition) if leaf.step != s.name}
    found |= {leaf.step for end in definition.ends.values() for leaf in steps_in(end.after)}
    changes = [fact.when_changed for fact in definition.facts.values() if fact.when_changed is not None]
    return found | {leaf.step for changed in changes for leaf in steps_in(changed.until)}


def rules_of(step: Step) -> list[tuple[str, str]]:
    """Every rule of a step with its key; `target` and `again` are the trust's own, the rest law's or the calendar's."""
    found = [("due", dated.rule) for dated in step.due]
    return found + [(key, getattr(step, key)) for key in ("target", "again", "not_before", "wait") if getattr(step, key)]


def needed(rule: str, definition: Definition) -> list[Base]:
    """The bases a rule cannot do without. `due of STEP` needs what that step's own date needs."""
    found: list[Base] = []
    for base in parse_rule(rule).bases:
        if base.if_any or base.kind in ("it opens", "day"):
            continue
        if base.kind == "due of":
            found += [inner for dated in definition.steps[base.name].due for inner in needed(dated.rule, definition)]
        else:
            found.append(base)
    return found


def candidates(fact: Fact, tests: list[FactTest]) -> list[Value]:
    """Values of a fact among which every class is met that its tests tell apart."""
    if fact.type == "words":
        return list(fact.words)
    if fact.type == "yes or no":
        return [True, False]
    if fact.type == "list":
        return [(), *((word,) for word in fact.words), tuple(fact.words)]
    if fact.type == ADULT:
        return [1]
    if fact.type in ("whole number", "year"):
        marks = {t.number for t in tests if isinstance(t, AtLeast | AtMost)} | {int(w) for t in tests if isinstance(t, OneOf) for w in t.words}
        return sorted({value for mark in marks or {1} for value in (mark - 1, mark, mark + 1)})
    days = {day for t in tests if isinstance(t, DayIs) for day in (t.before, t.since) if day is not None}
    return sorted({day + timedelta(days=shift) for day in days or {date(2027, 1, 4)} for shift in (-1, 0)})
