"""Whether a mutant changes anything: two definitions walked side by side, event for event."""

from __future__ import annotations

from dataclasses import replace

from rules.definition import Definition, Fact, Step
from rules.explore import Edge, Graph
from rules.explore_moves import Move
from rules.explore_state import NOT_NEEDED, WAITING

NOTHING_TO_DO = (WAITING, NOT_NEEDED)  # nobody can tell these apart: the step has not opened, and nothing of it is owed


def steers(definition: Definition) -> Definition:
    """The definition without what no walk of histories and no path of dates reads: words, people, authorities."""

    def step(one: Step) -> Step:
        outcomes = {name: replace(outcome, title="", tells=(), contains={}, gives="", line=0) for name, outcome in one.outcomes.items()}
        bare = replace(
            one, outcomes=outcomes, title="", hint="", tells_opened=(), tells_done=(), law="", also_law=(), guidance="", policy="", ladder=""
        )
        return replace(bare, contains={}, line=0, lines={}, by=one.by if one.by in ("", "party") else "somebody")

    facts = {name: replace(fact, line=0, title="") for name, fact in definition.facts.items()}
    bare = replace(definition, source="", pinned="", hash="", title="", lines={}, examples=(), ladders={}, rights={}, warns={}, interrupts={})
    return replace(
        bare,
        exceptions={},
        steps={name: step(one) for name, one in definition.steps.items()},
        ends={name: replace(end, title="", tells=()) for name, end in definition.ends.items()},
        totals=tuple(replace(total, law="") for total in definition.totals),
        facts=facts,
        opens_with={name: facts[name] for name in definition.opens_with},
    )


def differ_in_conditions_alone(one: Definition, other: Definition) -> bool:
    """Whether two definitions say the same beside what steps, ends and corrections wait for."""
    return _without_conditions(one) == _without_conditions(other)


def alike(graphs: list[Graph], others: list[Graph]) -> bool:
    """Whether in every history the same may happen, the same is open, done, skipped or overtaken, and the case ends alike."""
    return all(_alike(one, other) for one, other in zip(graphs, others, strict=True))


def _without_conditions(definition: Definition) -> Definition:
    steps = {name: _timeless(step) for name, step in definition.steps.items()}
    ends = {name: replace(end, after=None) for name, end in definition.ends.items()}  # type: ignore[arg-type]
    facts = {name: _without_until(fact) for name, fact in definition.facts.items()}
    bare = replace(definition, source="", pinned="", hash="", lines={}, examples=())
    return replace(bare, steps=steps, ends=ends, facts=facts, opens_with={name: facts[name] for name in definition.opens_with})


def _timeless(step: Step) -> Step:
    return replace(step, after=None, until=None, may_come_early=False, line=0, lines={})  # type: ignore[arg-type]


def _without_until(fact: Fact) -> Fact:
    changed = replace(fact.when_changed, until=None) if fact.when_changed is not None else None
    return replace(fact, when_changed=changed, line=0)


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
