"""The status of every instance in a state: the meaning of `rules/statuses.py` on small tuples.

`tests/rules/test_explore.py` walks at random and compares every status with the readable fold. A step that reads no list is asked once for each
combination of what it reads: most positions differ in steps that it does not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from rules.condition_text import facts_in, steps_in
from rules.conditions import StepCondition
from rules.explore_conditions import WAIT, Check, Members, Standings, compile_condition, picked
from rules.explore_model import OPENED, SKIPPED, Model, PlacedStep
from rules.explore_state import (
    DONE_,
    NOT_NEEDED,
    OPEN,
    OVERTAKEN,
    SKIPPED_,
    WAITING,
    Derived,
    State,
    is_done,
    recorded,
    standing_of,
)
from rules.truth import F, T, U

Recorded: TypeAlias = tuple[Standings, list[Members | None]]  # what `until` sees: of plain steps, of the members of each list
Asked: TypeAlias = tuple[Standings, Sequence[Members | None], Standings]  # what a condition is asked with: plain steps, lists, the own member
UNDECIDED, DECIDED, BY_UNTIL, BY_AFTER = range(4)  # how a step stands: to be decided, done or skipped, overtaken, not needed
KINDS = {WAITING: UNDECIDED, OPEN: UNDECIDED, DONE_: DECIDED, SKIPPED_: DECIDED, OVERTAKEN: BY_UNTIL, NOT_NEEDED: BY_AFTER}


def look(status: int, passed_over: bool) -> int:
    """The kind of a step's status, and whether the step would be passed over had nothing been recorded, in one number."""
    return 2 * KINDS[status] + passed_over


class PlainStatus:
    """The status of one step that has no parties and reads no list, by all that it reads."""

    def __init__(self, placed: PlacedStep, model: Model) -> None:
        step = placed.step
        self.placed = placed
        self.after = picked(model.places[leaf.step][1] for leaf in steps_in(step.after))
        self.until = picked(model.places[leaf.step][1] for leaf in steps_in(step.until))
        self.facts = picked(map(model.fact_place(-1), (leaf.fact for leaf in facts_in(step.only_if))))
        self.met: dict[tuple[object, ...], tuple[int, int, int]] = {}

    def of(self, state: State, plain: Standings) -> tuple[int, int, int]:
        """Its status, its standing and its look in a state; `plain`: how the steps above it stand."""
        asked = (state.plain[self.placed.at], self.after(plain), self.until(state.plain), self.facts(state.facts))
        found = self.met.get(asked)
        if found is None:
            value, rec = state.plain[self.placed.at], [recorded(v) for v in state.plain]
            status = status_of(self.placed, value, state.facts, (plain, [], []), (rec, [], []))
            passed_over = is_passed_over_when_fresh(self.placed, (plain, [], []), (rec, [], []))
            found = self.met[asked] = (status, standing_of(status, value), look(status, passed_over))
        return found


class ListStatus:
    """The status of one step that has parties or reads a list, by all that it reads."""

    def __init__(self, placed: PlacedStep, model: Model, width: int) -> None:
        step, group = placed.step, placed.group
        self.placed = placed
        self.width = width  # how many steps its list has
        after = [model.places[leaf.step] for leaf in steps_in(step.after)]
        until = [model.places[leaf.step] for leaf in steps_in(step.until)]
        self.after, self.until = (picked(at for g, at in places if g < 0) for places in (after, until))
        self.own_after, self.own_until = (picked(at for g, at in places if g == group >= 0) for places in (after, until))
        self.lists_after, self.lists_until = ([place for place in places if place[0] not in (-1, group)] for places in (after, until))
        self.facts = picked(map(model.fact_place(group), (leaf.fact for leaf in facts_in(step.only_if))))
        self.met: dict[tuple[object, ...], tuple[int, int, bool]] = {}

    def of(self, state: State, derived: Derived, n: int, recorded_in: Callable[[State], Recorded]) -> tuple[int, int, bool]:
        """The status and the standing of an instance, and whether it would be passed over had nothing been recorded. `n`: which member's, below 0
        for a step without parties; `recorded_in`: what is recorded in a state, as `until` sees it."""
        placed = self.placed
        members = state.lists[placed.group] if n >= 0 else None
        member = members[n] if members is not None else ()
        own = derived.lists[placed.group][n] if n >= 0 else []
        value = state.plain[placed.at] if n < 0 else member[placed.at] if member else -1
        facts = state.facts + member[self.width : -1]
        asked = (
            value,
            self.after(derived.plain),
            self.until(state.plain),
            self.facts(facts) if value >= 0 else (),
            self.own_after(own),
            self.own_until(member) if value >= 0 else (),
            *[tuple([one[at] for one in derived.lists[group]]) for group, at in self.lists_after],
            *[None if (ms := state.lists[group]) is None else tuple([one[at] for one in ms]) for group, at in self.lists_until],
        )
        found = self.met.get(asked)
        if found is None:
            plain, lists = recorded_in(state)
            its = lists[placed.group] if n >= 0 else None
            stand, told = (derived.plain, derived.lists, own), (plain, lists, its[n] if its is not None else [])
            status = status_of(placed, value, facts, stand, told)
            found = self.met[asked] = (status, standing_of(status, value), value >= 0 and is_passed_over_when_fresh(placed, stand, told))
        return found


def status_of(placed: PlacedStep, value: int, facts: tuple[int, ...], derived: Asked, rec: Asked) -> int:
    """The status of an instance that has recorded `value`. `derived`: how the steps above stand; `rec`: what is recorded."""
    if value == SKIPPED:
        return SKIPPED_
    if is_done(value):
        return DONE_
    after = placed.after(*derived)
    if after == F:
        return NOT_NEEDED
    if placed.until is not None and placed.until(*rec) == T:
        return OVERTAKEN
    if after == U or value < 0:
        return WAITING
    if placed.only_if is None or value == OPENED:
        return OPEN
    applies = placed.only_if(facts)
    return OPEN if applies == T else SKIPPED_ if applies == F else WAITING


def is_passed_over_when_fresh(placed: PlacedStep, derived: Asked, rec: Asked) -> bool:
    """Whether the instance, had nothing been recorded of it, would be not needed or overtaken."""
    return placed.after(*derived) == F or (placed.until is not None and placed.until(*rec) == T)


class Statuses:
    """The statuses of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.untils: dict[StepCondition, Check] = {}
        self.widths = [len(names) for names in model.list_steps]
        self.testing = [placed for placed in model.order if placed.only_if is not None]
        self.order = [self._status_of(placed) for placed in model.order]
        changes = {f.name: f.when_changed for f in model.definition.facts.values() if f.when_changed is not None}
        self.reopening = {name: (changed.reopens, self.until_check(changed.until)) for name, changed in changes.items() if changed.reopens}

    def _status_of(self, placed: PlacedStep) -> PlainStatus | ListStatus:
        read = [leaf.step for condition in (placed.step.after, placed.step.until) for leaf in steps_in(condition)]
        if all(self.model.places[name][0] < 0 for name in (placed.step.name, *read)):
            return PlainStatus(placed, self.model)
        return ListStatus(placed, self.model, self.widths[placed.group] if placed.group >= 0 else 0)

    def until_check(self, condition: StepCondition | None) -> Check | None:
        """A `when_changed.until`, compiled."""
        if condition is None:
            return None
        if condition not in self.untils:
            self.untils[condition] = compile_condition(condition, -1, self.model.places, self.model.words)
        return self.untils[condition]

    def recorded(self, state: State) -> Recorded:
        """What is recorded, as `until` sees it."""
        lists = [None if ms is None else [[recorded(v) for v in m[: self.widths[g]]] for m in ms] for g, ms in enumerate(state.lists)]
        return [recorded(v) for v in state.plain], lists

    def derive(self, state: State) -> Derived:
        """The status of every instance, in file order."""
        derived = self._waiting(state)
        for step in self.order:
            at, group = step.placed.at, step.placed.group
            if isinstance(step, PlainStatus):
                derived.plain_status[at], derived.plain[at], derived.looks[at] = step.of(state, derived.plain)
            elif group < 0:
                status, derived.plain[at], passed_over = step.of(state, derived, -1, self.recorded)
                derived.plain_status[at], derived.looks[at] = status, look(status, passed_over)
            else:
                for n, own in enumerate(derived.lists[group]):
                    derived.list_status[group][n][at], own[at], derived.list_passed[group][n][at] = step.of(state, derived, n, self.recorded)
        return derived

    def _waiting(self, state: State) -> Derived:
        count = len(self.model.plain)
        lists = [[[WAIT] * self.widths[g] for _ in (ms if ms is not None else (None,))] for g, ms in enumerate(state.lists)]
        status = [[[WAITING] * self.widths[g] for _ in ms] for g, ms in enumerate(lists)]
        passed = [[[False] * self.widths[g] for _ in ms] for g, ms in enumerate(lists)]
        return Derived([WAIT] * count, lists, [WAITING] * count, status, [0] * count, passed)
