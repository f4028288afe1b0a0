"""Conditions compiled for exploring: from standings as small numbers to a truth value, without names or dates.

A standing is WAIT (waiting or open), DNA (does not apply), NOT (not needed or overtaken), or DONE + the class of its outcome. Truth values are those
of `rules/truth.py` with OUT for ∅, so that `min` leaves ∅ out by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import TypeAlias

from rules.condition_text import steps_in
from rules.conditions import AllFacts, AllOf, AnyFact, AnyOf, Done, FactTest, Known, Opening, Settled, StepCondition
from rules.truth import F, T, U, fact_truth, leaf_truth
from rules.values import Value

WAIT, DNA, NOT, DONE = 0, 1, 2, 3
OUT = 3  # ∅
UNKNOWN = -1  # a fact not known, or forgotten because nothing reads it any more

Standings: TypeAlias = list[int]
Members: TypeAlias = list[Standings]  # the standings of each (distinct) member of a list
Check: TypeAlias = Callable[[Standings, Sequence[Members | None], Standings], int]
Place: TypeAlias = tuple[int, int]  # the list a step runs over (-1: none), and its place there


def leaf_table(leaf: Done | Settled, words: Sequence[tuple[str, ...]]) -> tuple[int, ...]:
    """The truth of a leaf for each standing; `words` are the outcome classes of its step."""
    truths = [leaf_truth(leaf, ("waiting", "")), leaf_truth(leaf, ("does_not_apply", "")), leaf_truth(leaf, ("not_needed", ""))]
    truths += [leaf_truth(leaf, ("done", word[0])) for word in words]
    return tuple(OUT if value is None else value for value in truths)


def compile_condition(condition: StepCondition, own: int, places: dict[str, Place], words: dict[str, list[tuple[str, ...]]]) -> Check:
    """The condition as a function of (standings, members of each list, own member), asked by a step of list `own`."""
    if isinstance(condition, Opening):
        return lambda plain, lists, member: T
    if isinstance(condition, AllOf | AnyOf):
        parts = [compile_condition(part, own, places, words) for part in condition.parts]
        return _all(parts) if isinstance(condition, AllOf) else _any(parts)
    table, (group, at) = leaf_table(condition, words[condition.step]), places[condition.step]
    if group < 0:
        return lambda plain, lists, member: table[plain[at]]
    if group == own:
        return lambda plain, lists, member: table[member[at]]
    return _over(group, at, table, condition.some)


def picked(places: Iterable[int]) -> Callable[[Sequence[int]], object]:
    """What gives the values at these places, as one thing to look up by. Places below 0 are none; of no places it gives what is always the same."""
    chosen = sorted({place for place in places if place >= 0})
    return itemgetter(*chosen) if chosen else len


def remembering(check: Check, condition: StepCondition, places: dict[str, Place]) -> Check:
    """The same check, asked once for each combination of standings it reads; as it is where it reads a list."""
    read = [places[leaf.step] for leaf in steps_in(condition)]
    if any(group >= 0 for group, _ in read):
        return check
    reads, met = picked(at for _, at in read), dict[object, int]()

    def remembered(plain: Standings, lists: Sequence[Members | None], member: Standings) -> int:
        asked = reads(plain)
        if asked not in met:
            met[asked] = check(plain, lists, member)
        return met[asked]

    return remembered


def _all(parts: list[Check]) -> Check:
    return lambda plain, lists, member: min([part(plain, lists, member) for part in parts])


def _any(parts: list[Check]) -> Check:
    def greatest(plain: Standings, lists: Sequence[Members | None], member: Standings) -> int:
        values = [value for part in parts if (value := part(plain, lists, member)) != OUT]
        return max(values) if values else OUT

    return greatest


def _over(group: int, at: int, table: tuple[int, ...], some: bool) -> Check:
    """Every member of a list, or some; a list not yet known is one nameless party that waits, an empty one holds (for `some` fails)."""

    def every(plain: Standings, lists: Sequence[Members | None], member: Standings) -> int:
        members = lists[group]
        if not members:
            return (F if some else T) if members is not None else table[WAIT]
        values = [value for one in members if (value := table[one[at]]) != OUT]
        if not values:
            return OUT
        return max(values) if some else min(values)

    return every


def compile_test(test: FactTest | None, place: Callable[[str], int], values: dict[str, list[Value]]) -> Callable[[Sequence[int]], int]:
    """A test of facts as a function of the class of each fact (UNKNOWN if not known). `place` gives a fact's place, below 0 if it has none."""
    if test is None:
        return lambda facts: T
    if isinstance(test, AllFacts | AnyFact):
        parts = [compile_test(part, place, values) for part in test.parts]
        join = min if isinstance(test, AllFacts) else max
        return lambda facts: join(part(facts) for part in parts)
    at = place(test.fact)
    known = [fact_truth(test, lambda _: value) for value in values.get(test.fact, [])]  # noqa: B023 - called at once
    unknown = (F if test.known else T) if isinstance(test, Known) else U
    if at < 0:
        return lambda facts: unknown
    return lambda facts: known[facts[at]] if facts[at] >= 0 else unknown
