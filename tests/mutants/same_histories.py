"""Whether a mutant changes anything: two definitions walked side by side, event for event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rules.definition import Definition, Fact
from rules.explore import Edge, Graph
from rules.explore_moves import Move
from rules.explore_state import NOT_NEEDED, WAITING
from tests.mutants.judge import steers

NOTHING_TO_DO = (WAITING, NOT_NEEDED)  # nobody can tell these apart: the step has not opened, and nothing of it is owed


def no_history_tells_apart(one: Definition, other: Definition, graphs: Iterator[tuple[Graph, Graph]]) -> bool:
    """Whether two definitions differ in conditions alone, and in every history the same may happen, the same is open, and it ends alike."""
    return without_conditions(one) == without_conditions(other) and all(_alike(first, second) for first, second in graphs)


def without_conditions(definition: Definition) -> Definition:
    """What a definition says beside its conditions."""
    bare = steers(definition)
    steps = {name: replace(step, after=None, until=None, may_come_early=False) for name, step in bare.steps.items()}  # type: ignore[arg-type]
    ends = {name: replace(end, after=None) for name, end in bare.ends.items()}  # type: ignore[arg-type]
    facts = {name: _without_until(fact) for name, fact in bare.facts.items()}
    return replace(bare, steps=steps, ends=ends, facts=facts, opens_with={name: facts[name] for name in bare.opens_with})


def _without_until(fact: Fact) -> Fact:
    return replace(fact, when_changed=replace(fact.when_changed, until=None)) if fact.when_changed is not None else fact


def _alike(one: Graph, other: Graph) -> bool:
    pairs = _paired(one.openings, other.openings)
    met, left = set(pairs or ()), list(pairs or ())
    if pairs is None:
        return False
    while left:
        a, b = left.pop()
        first, second = one.positions[a], other.positions[b]
        if first.ends != second.ends or _statuses(one, a) != _statuses(other, b):
            return False
        if (pairs := _paired(first.edges, second.edges)) is None:
            return False
        left += [pair for pair in pairs if pair not in met]
        met.update(pairs)
    return True


def _ways(edges: list[Edge]) -> dict[Move, int]:
    """Where each event leads; how many real events it stands for does not matter."""
    return {replace(edge.move, times=1): edge.to for edge in edges}


def _paired(one: list[Edge], other: list[Edge]) -> list[tuple[int, int]] | None:
    """The positions that the same events lead to; None if not the same events are possible."""
    first, second = _ways(one), _ways(other)
    if first.keys() != second.keys() or len(first) != len(one) or len(second) != len(other):
        return None
    return [(to, second[move]) for move, to in first.items()]


def _statuses(graph: Graph, number: int) -> list[tuple[str, tuple[int, ...]]]:
    derived = graph.positions[number].derived
    found = []
    for name, (group, at) in sorted(graph.model.places.items()):
        standing = [derived.plain_status[at]] if group < 0 else [status[at] for status in derived.list_status[group]]
        found.append((name, tuple(sorted(-1 if one in NOTHING_TO_DO else one for one in standing))))
    return found
