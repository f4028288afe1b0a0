"""Ring E: what shows when every position of a definition is walked. Each finding carries the shortest history that leads to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from time import process_time

from rules.check.bases import base_findings
from rules.check.finding import Figures, Find, Finding, finder
from rules.check.given import given_findings
from rules.definition import Definition
from rules.explore import Graph, Position, explore, histories, nothing_to_correct
from rules.explore_model import Model
from rules.explore_state import OPEN, OVERTAKEN, SKIPPED_
from rules.library import Library
from rules.uncollected import uncollected

MANY_ASIDES = 5  # each doubles the positions, so more than these are explored one at a time


@dataclass
class Explored:
    """One definition explored: without corrections, one graph or several that differ in their asides; and with corrections."""

    plain: list[Graph]
    corrected: Graph
    seconds: float


def walk(definition: Definition, library: Library) -> Explored:
    """Every position of a definition, twice. `seconds` of processor time."""
    began = process_time()
    plain = walk_plain(definition, library)
    return Explored(plain, walk_corrected(definition, library, plain), process_time() - began)


def walk_plain(definition: Definition, library: Library) -> list[Graph]:
    """Every position that is reached without corrections; more than one graph where there are many asides."""
    asides = tuple(step.name for step in definition.steps.values() if step.aside)
    runs = [asides] if len(asides) <= MANY_ASIDES else [(aside,) for aside in asides]
    return [explore(definition, asides=run, case_ends=_ends_of(library)) for run in runs]


def walk_corrected(definition: Definition, library: Library, plain: Sequence[Graph] = ()) -> Graph:
    """Every position that is reached with corrections and growing lists; asides are left out. `plain`: what was walked without corrections; where
    nothing can be corrected in it, the walk is that one."""
    model = Model(definition, corrections=True, case_ends=_ends_of(library))
    if len(plain) == 1 and nothing_to_correct(plain[0], model):
        return replace(plain[0], model=model)
    return explore(definition, corrections=True, case_ends=_ends_of(library))


def _ends_of(library: Library) -> dict[str, tuple[str, ...]]:
    return {name: tuple(dict.fromkeys(end for text in texts for end in text.ends)) for name, texts in library.definitions.items()}


@uncollected()
def breaks(definition: Definition, library: Library) -> bool:
    """Whether ring E finds anything, asked as quickly as may be: without corrections first."""
    plain = walk_plain(definition, library)
    find = finder("E", definition)
    of_all = chain(_never(definition, plain, find), _without_effect(definition, plain, find))
    if any(True for _ in chain(of_all, *(_of_graph(definition, graph, find) for graph in plain))):
        return True
    return any(True for _ in _of_graph(definition, walk_corrected(definition, library, plain), find))


@uncollected()
def explored_ring(definition: Definition, library: Library) -> tuple[list[Finding], Figures]:
    """The findings of ring E for one definition, the first of each kind and step, and the figures of the walk."""
    explored = walk(definition, library)
    find = finder("E", definition)
    found: dict[tuple[str, str], Finding] = {}
    for finding in _findings(definition, explored, find):
        found.setdefault((finding.rule, finding.step or str(finding.line)), finding)
    first = explored.plain[0]
    none, one = histories(first, 0), histories(first, 1)
    positions = sum(len(graph.positions) for graph in explored.plain)
    figures = Figures(
        definition.process, definition.file, len(definition.steps), positions, len(explored.corrected.positions), none, one, explored.seconds
    )
    return list(found.values()), figures


def _findings(definition: Definition, explored: Explored, find: Find) -> Iterator[Finding]:
    for graph in (*explored.plain, explored.corrected):
        yield from _of_graph(definition, graph, find)
    yield from _never(definition, explored.plain, find)
    yield from _without_effect(definition, explored.plain, find)


def _of_graph(definition: Definition, graph: Graph, find: Find) -> Iterator[Finding]:
    if not graph.whole:
        message = f"more than {len(graph.positions)} positions, so nothing is proved"
        yield find("too many", None, "steps", message, "Make waits plainer, or steps asides.")
    yield from _dead_ends(definition, graph, find)
    yield from _ends(definition, graph, find)
    yield from _lost(definition, graph, find)
    yield from base_findings(graph, find)
    yield from given_findings(graph, find)


def _dead_ends(definition: Definition, graph: Graph, find: Find) -> Iterator[Finding]:
    """Positions where nothing that anybody owes is open, and those from which no end can be reached."""
    for number, position in enumerate(graph.positions):
        if not position.ends and not owed(position, graph):
            waiting = ", ".join(_waiting(position, graph)[:4]) or "nothing"
            yield find(
                "dead end", None, "ends", f"nobody has anything to do and the case has not ended; {waiting} waits", _DEAD_CURE, graph.history(number)
            )
            return
    for number in sorted(set(range(len(graph.positions))) - _lead_to_an_end(graph)):
        yield find("no end from here", None, "ends", "no history leads from here to an end", _DEAD_CURE, graph.history(number))
        return


_DEAD_CURE = "Let what waits wait for less (`settled`, `any`), or let the last outcome of the history lead on."


def owed(position: Position, graph: Graph) -> list[str]:
    """The open steps of a position that somebody owes."""
    return [name for name in with_status(position, graph, OPEN) if not graph.model.steps[name].may and not graph.model.steps[name].aside]


def with_status(position: Position, graph: Graph, *wanted: int) -> list[str]:
    """The steps of which an instance has one of these statuses, in file order."""
    found = []
    for name, (group, at) in graph.model.places.items():
        statuses = [position.derived.plain_status[at]] if group < 0 else [status[at] for status in position.derived.list_status[group]]
        if any(status in wanted for status in statuses):
            found.append(name)
    return found


def _waiting(position: Position, graph: Graph) -> list[str]:
    return with_status(position, graph, 0)


def _lead_to_an_end(graph: Graph) -> set[int]:
    """The positions from which an end can be reached by what people owe: `may` steps, corrections and growth do not count."""
    before: dict[int, list[int]] = {}
    for number, position in enumerate(graph.positions):
        for edge in position.edges:
            if edge.move.kind == "decide" and not edge.move.may:
                before.setdefault(edge.to, []).append(number)
    reached = {number for number, position in enumerate(graph.positions) if position.ends}
    frontier = list(reached)
    while frontier:
        for number in before.get(frontier.pop(), ()):
            if number not in reached:
                reached.add(number)
                frontier.append(number)
    return reached


def _ends(definition: Definition, graph: Graph, find: Find) -> Iterator[Finding]:
    for number, position in enumerate(graph.positions):
        if len(position.ends) > 1:
            message = f"the case ends as {' and as '.join(position.ends)} at once"
            yield find(
                "two ends at once",
                None,
                f"ends.{position.ends[1]}",
                message,
                "Let each wait for an outcome the other does not have.",
                graph.history(number),
            )
        if position.ends:
            for name in owed(position, graph):
                message = f"the case ends as {position.ends[0]} while the step is open"
                cure = "Let the end wait for it (`settled`), or give it an `until`."
                yield find("end while open", definition.steps[name], "after", message, cure, graph.history(number))


def _lost(definition: Definition, graph: Graph, find: Find) -> Iterator[Finding]:
    for name, (number, move) in graph.lost.items():
        message = "what was recorded before its turn comes to nothing"
        yield find(
            "early arrival lost",
            definition.steps[name],
            "may_come_early",
            message,
            "Let it come early only where its turn will come.",
            graph.history(number, move),
        )


def _never(definition: Definition, graphs: list[Graph], find: Find) -> Iterator[Finding]:
    opened = {name for graph in graphs for name, statuses in graph.became.items() if OPEN in statuses}
    decided = {edge.move.step for graph in graphs for position in graph.positions for edge in position.edges}
    for step in definition.steps.values():
        if step.name not in opened | decided:
            yield find("never reached", step, "after", "the step never opens", "Let it wait for something that can happen.")
    ended = {position.ends[0] for graph in graphs for position in graph.positions if position.ends}
    for name in definition.ends:
        if name not in ended:
            yield find("never reached", None, f"ends.{name}", f"the case never ends as `{name}`", "Let it wait for something that can happen.")


def _without_effect(definition: Definition, plain: list[Graph], find: Find) -> Iterator[Finding]:
    became: dict[str, set[int]] = {}
    early: set[str] = set()
    for graph in plain:
        early |= graph.came_early
        for name, statuses in graph.became.items():
            became.setdefault(name, set()).update(statuses)
    for step in definition.steps.values():
        met = became.get(step.name, set())
        if step.until is not None and OVERTAKEN not in met:
            yield find("without effect", step, "until", "`until` never overtakes the step", "Remove it, or name what makes the step pointless.")
        if step.only_if is not None and SKIPPED_ not in met and OPEN in met:
            yield find("without effect", step, "only_if", "`only_if` always holds when it is asked", "Remove it.")
        if step.may_come_early is not False and step.name not in early:
            yield find(
                "without effect",
                step,
                "may_come_early",
                "nothing can ever come early here",
                "Write `may_come_early: no`, or name a condition that can hold while it waits.",
            )
