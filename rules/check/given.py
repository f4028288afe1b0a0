"""What one case gives another: values its facts can hold (ring S), and facts that are known when the outcome is recorded (ring E)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rules.check.finding import Find, Finding
from rules.definition import Definition, Fact, Step
from rules.explore import Edge, Graph, Position
from rules.fact_values import FactError, read_value, wanted
from rules.given import PARTY
from rules.record import list_of

SAME = {("date", "planned date")}  # of different types, those that may be given: what has happened can stand where a planned day may


def unfit(definition: Definition, step: Step, facts: Mapping[str, str], other: Definition) -> Iterator[str]:
    """Each value given that the other process's fact could not hold, in words."""
    for name, value in facts.items():
        theirs, ours = other.opens_with.get(name), definition.facts.get(value)
        if theirs is None or (value == PARTY and list_of(step)):
            continue
        if ours is not None:
            yield from _unlike(ours, theirs)
            continue
        try:
            read_value(theirs, value)
        except FactError as error:
            yield f"`{name}: {value}` is no fact of this process, and {error.message[:1].lower()}{error.message[1:]}"


def unlearnt(definition: Definition, brought: Iterable[str], other: Definition) -> Iterator[str]:
    """Each of these facts of ours that the other process does not know, or whose values ours could not hold, in words."""
    for name in brought:
        theirs = other.facts.get(name)
        if theirs is None:
            yield f"`{other.process}` knows no `{name}`"
        else:
            yield from _unlike(theirs, definition.facts[name])


def _unlike(ours: Fact, theirs: Fact) -> Iterator[str]:
    if ours.type != theirs.type and (ours.type, theirs.type) not in SAME:
        yield f"`{theirs.name}` is a {theirs.type}, and our `{ours.name}` is a {ours.type}"
    elif more := [word for word in ours.words if ours.type in ("words", "list") and word not in theirs.words]:
        yield f"our `{ours.name}` may be {more[0]}, and `{theirs.name}` takes {wanted(theirs)}"


def given_findings(graph: Graph, find: Find) -> Iterator[Finding]:
    """One finding an outcome: it opens another case, and a fact that it gives is not known by then."""
    said: set[tuple[str, str]] = set()
    for number, position in enumerate(graph.positions):
        for edge in position.edges:
            unknown = _unknown(graph, position, edge)
            if unknown and (edge.move.step, edge.move.word) not in said:
                said.add((edge.move.step, edge.move.word))
                step = graph.model.steps[edge.move.step]
                message = f"`{edge.move.word}` gives the case it opens `{unknown}`, which is not known by then"
                cure = "Let the step record it, or give what is known."
                line = step.outcomes[edge.move.word].line
                yield find("given unknown", step, "outcomes", message, cure, graph.history(number, edge.move), line)


def _unknown(graph: Graph, position: Position, edge: Edge) -> str:
    """The first fact that the move's outcome gives and nobody knows; empty if there is none."""
    move, model = edge.move, graph.model
    if move.kind != "decide":
        return ""
    step = model.steps[move.step]
    group = model.by_name[move.step].group
    brought = step.brings.get(move.word, step.records)
    for name, bit, own in model.needs(step.gives.get(move.word, ()), group):
        known = move.member[-1] if own and move.member is not None else position.state.known
        if name not in brought and not known >> bit & 1:
            return name
    return ""
