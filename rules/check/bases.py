"""Ring E: dates that cannot be known when a step opens, and dates of a list that are never the one."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.finding import Find, Finding
from rules.explore import Graph, Position
from rules.explore_model import Dated, PlacedStep
from rules.explore_state import DONE_, OPEN
from rules.truth import F, T


def base_findings(graph: Graph, find: Find) -> Iterator[Finding]:
    """Every open instance of every position is asked for its dates. One finding a step and key, with the shortest history."""
    said: set[tuple[str, str]] = set()
    chosen: dict[str, set[str]] = {}
    opened: set[str] = set()
    for number, position in enumerate(graph.positions):
        for placed, n in _open_instances(graph, position):
            opened.add(placed.step.name)
            for key, unknown in _asked(graph, position, placed, n, chosen.setdefault(placed.step.name, set())):
                if (placed.step.name, key) not in said:
                    said.add((placed.step.name, key))
                    does = "gives the other case" if key == "with" else "counts from"
                    message = f"`{key}` {does} {unknown}, which is not known when the step opens"
                    yield find(
                        "base unknown",
                        placed.step,
                        key,
                        message,
                        "Count from what is known by then, or let the step wait for it.",
                        graph.history(number),
                    )
    if not graph.model.corrections:
        yield from _never_the_one(graph, opened, chosen, find)


def _never_the_one(graph: Graph, opened: set[str], chosen: dict[str, set[str]], find: Find) -> Iterator[Finding]:
    for placed in graph.model.order:
        if placed.step.name in opened and len(placed.step.due) > 1:
            for dated in placed.step.due:
                if dated.rule not in chosen[placed.step.name]:
                    yield find(
                        "without effect",
                        placed.step,
                        "due",
                        f"the date `{dated.rule}` is never the one",
                        "Remove it, or change its `if` or its place in the list.",
                    )


def _open_instances(graph: Graph, position: Position) -> Iterator[tuple[PlacedStep, int]]:
    if position.ends:
        return
    for placed in graph.model.order:
        if placed.group < 0:
            if position.derived.plain_status[placed.at] == OPEN:
                yield placed, -1
            continue
        for n, status in enumerate(position.derived.list_status[placed.group]):
            if status[placed.at] == OPEN:
                yield placed, n


def _asked(graph: Graph, position: Position, placed: PlacedStep, n: int, chosen: set[str]) -> Iterator[tuple[str, str]]:
    """The keys of one open instance whose date cannot be known, each with what is missing."""
    found = False
    for dated in placed.dates:
        if dated.key == "due":
            if found:
                continue
            holds, missing = _is_the_one(graph, position, placed, n, dated)
            if holds == F:
                continue
            found = True
            if holds != T:
                yield "due", missing
                continue
            chosen.add(dated.rule)
        unknown = [base for base, bit, own in dated.needs if not _is_known(graph, position, placed, n, base, bit, own)]
        if unknown:
            yield dated.key, f"`{unknown[0]}`"


def _is_the_one(graph: Graph, position: Position, placed: PlacedStep, n: int, dated: Dated) -> tuple[int, str]:
    facts = position.state.facts
    own: list[int] = []
    if n >= 0:
        member = (position.state.lists[placed.group] or ())[n]
        facts += member[len(graph.model.list_steps[placed.group]) : -1]
        own = position.derived.lists[placed.group][n]
    by_facts = dated.when_facts(facts)
    by_steps = T if dated.when_steps is None or by_facts == F else dated.when_steps(position.derived.plain, position.derived.lists, own)
    return min(by_facts, by_steps, T), "a fact or step of its `if`"


def _is_known(graph: Graph, position: Position, placed: PlacedStep, n: int, base: str, bit: int, own: bool) -> bool:
    if own and n >= 0:
        return bool((position.state.lists[placed.group] or ())[n][-1] >> bit & 1)
    group, at = graph.model.places.get(base, (-1, 0))
    if group >= 0:
        return all(status[at] == DONE_ for status in position.derived.list_status[group])
    return bool(position.state.known >> bit & 1)
