"""Walks every position of a definition: which can be reached, by which shortest history, and how many histories there are.

`docs/definitions.md` section 3 gives the meaning; time is left aside here (`rules/check/timed.py` looks at it).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rules.definition import Definition
from rules.explore_forget import Forgetting
from rules.explore_model import Model
from rules.explore_moves import Move, Moves
from rules.explore_state import OPEN, WAITING, AtRest, Derived, State
from rules.uncollected import uncollected

MOST_POSITIONS = 60_000


class Edge(NamedTuple):
    """An event from one position to another, by their numbers. `reopens`: it gave some step a new round."""

    move: Move
    to: int
    reopens: bool


@dataclass
class Position:
    """A position at rest. `ends`: the ends that hold, the first of which has ended the case. `came`: the position and event it was first met by."""

    state: State
    derived: Derived
    ends: tuple[str, ...]
    came: tuple[int, Move] | None
    edges: list[Edge] = field(default_factory=list)


@dataclass
class Graph:
    """Every position explored, in the order met (so the first with a fault has the shortest history). `lost`: early arrivals that came to
    nothing, each with the position before and the event. `became`: what each step's instances have become while waiting or open.
    `came_early`: steps recorded before their turn. `whole` is false if there were too many to walk."""

    model: Model
    positions: list[Position]
    openings: list[Edge]
    lost: dict[str, tuple[int, Move]]
    became: dict[str, set[int]] = field(default_factory=dict)
    came_early: set[str] = field(default_factory=set)
    whole: bool = True

    def moves(self, number: int) -> list[Move]:
        """The events of the shortest history to a position."""
        found: list[Move] = []
        at = number
        while at >= 0:
            came = self.positions[at].came
            assert came is not None, "every position was met by an event"
            found.append(came[1])
            at = came[0]
        return found[::-1]

    def history(self, number: int, last: Move | None = None) -> tuple[str, ...]:
        """The shortest history to a position, an event a line, and one event more if given."""
        moves = [*self.moves(number), *([last] if last is not None else [])]
        return tuple(told(move, self.model) for move in moves)


@uncollected()
def explore(
    definition: Definition,
    asides: tuple[str, ...] = (),
    corrections: bool = False,
    case_ends: dict[str, tuple[str, ...]] | None = None,
    forget: bool = True,
) -> Graph:
    """Every position that can be reached, breadth first. `forget` may be turned off to compare."""
    model = Model(definition, asides, corrections, case_ends)
    walk = _Walk(model, forget)
    walk.open()
    walk.on()
    return walk.graph


def nothing_to_correct(graph: Graph, model: Model) -> bool:
    """Whether the walk of `model`, in which corrections and growing lists are events, is this one, walked without them: no step is left out of
    it, no correction reopens anything, and in no position is there anything to correct."""
    changes = [fact.when_changed for fact in model.definition.facts.values() if fact.when_changed is not None]
    if list(model.steps) != list(graph.model.steps) or any(changed.reopens or changed.until for changed in changes):
        return False
    moves = Moves(model)
    return not any(True for position in graph.positions if not position.ends for _ in moves.corrections(position.state))


class _Walk:
    """One breadth-first walk."""

    def __init__(self, model: Model, forget: bool) -> None:
        self.moves = Moves(model)
        self.forgetting = Forgetting(model, self.moves) if forget else None
        self.graph = Graph(model, [], [], {})
        self.numbers: dict[tuple[State, tuple[str, ...]], int] = {}
        self.rests: dict[State, tuple[int, AtRest]] = {}
        self.queue: deque[int] = deque()

    def open(self) -> None:
        waiting = (WAITING,) * len(self.moves.model.plain)
        for move, state in self.moves.openings():
            number, rest = self.number(state, (-1, move))
            self.graph.openings.append(Edge(move, number, False))
            self.note(waiting, [[[WAITING] * width] for width in self.moves.widths], [rest])

    def on(self) -> None:
        while self.queue:
            at = self.queue.popleft()
            position = self.graph.positions[at]
            if position.ends:
                continue
            self.note(position.derived.plain_status, position.derived.list_status, list(self.follow(at, position)))
            if len(self.graph.positions) > MOST_POSITIONS:
                self.graph.whole = False
                return

    def follow(self, at: int, position: Position) -> Iterator[AtRest]:
        """Every event from a position, noted as an edge; where each comes to rest."""
        for move, state in self.moves.after(position.state, position.derived):
            to, rest = self.number(state, (at, move))
            position.edges.append(Edge(move, to, rest.reopened or move.kind == "correct"))
            if move.early:
                self.graph.came_early.add(move.step)
            for step in rest.lost:
                self.graph.lost.setdefault(step, (at, move))
            yield rest

    def number(self, state: State, came: tuple[int, Move]) -> tuple[int, AtRest]:
        """The number of the position that a state comes to rest in, and how."""
        if state in self.rests:
            return self.rests[state]
        rest = self.moves.settle(state)
        if rest.ends:
            plainest = State(tuple(rest.derived.plain_status), (), (), 0)  # of an ended case only what is still open matters
        else:
            plainest = self.forgetting.plainest(rest.state, rest.derived) if self.forgetting is not None else rest.state
        number = self.numbers.get((plainest, rest.ends))
        if number is None:
            number = self.numbers[plainest, rest.ends] = len(self.graph.positions)
            derived = rest.derived if rest.ends or plainest == rest.state else self.moves.derive(plainest)
            self.graph.positions.append(Position(plainest, derived, rest.ends, came))
            self.queue.append(number)
        self.rests[state] = (number, rest)
        return self.rests[state]

    def note(self, before: Sequence[int], lists_before: list[list[list[int]]], rests: list[AtRest]) -> None:
        """Note what instances that were waiting or open have become. (A forgotten step shows as overtaken, but was not waiting before.)"""
        model, became = self.moves.model, self.graph.became
        for name, was, *now in zip(model.plain, before, *(rest.derived.plain_status for rest in rests), strict=True):
            if was <= OPEN and now:
                became.setdefault(name, set()).update(now)
        for group, names in enumerate(model.list_steps):
            for at, name in enumerate(names):
                if rests and any(status[at] <= OPEN for status in lists_before[group]):
                    became.setdefault(name, set()).update(status[at] for rest in rests for status in rest.derived.list_status[group])


def told(move: Move, model: Model) -> str:
    """An event in one line: `hold_meeting: done`, `open (reason: early)`."""
    facts = ", ".join(f"{name}: {_said(value)}" for name, value in move.facts)
    behind = f" ({facts})" if facts else ""
    if move.kind == "open":
        return f"open{behind}"
    if move.kind != "decide":
        return ("corrected" if move.kind == "correct" else "the list grows") + behind
    whose = " for one party" if move.member is not None else ""
    return f"{move.step}{whose}: {move.word}" + (" (before its turn)" if move.early else "") + behind


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "[" + ", ".join(value) + "]" if isinstance(value, tuple) else str(value)


def histories(graph: Graph, reopenings: int) -> int:
    """How many histories lead from opening to an end with at most that many reopenings, corrections and growth left out.

    Each event stands for as many as its outcomes, values of words and parties in the same state; a list of unknown length counts as one party.
    0 if a loop without reopening is met.
    """
    known: dict[tuple[int, int], int] = {}
    stack = [(edge.to, reopenings) for edge in graph.openings]
    entered: set[tuple[int, int]] = set()
    while stack:
        node = stack[-1]
        position = graph.positions[node[0]]
        ways = [edge for edge in position.edges if edge.move.kind == "decide" and not edge.move.more and node[1] >= edge.reopens]
        steps = [(edge, (edge.to, node[1] - edge.reopens)) for edge in ways]
        missing = [after for _, after in steps if after not in known]
        if node in known or not missing:
            stack.pop()
            known.setdefault(node, bool(position.ends) + sum(edge.move.times * known[after] for edge, after in steps))
            continue
        if node in entered:
            return 0
        entered.add(node)
        stack += missing
    return sum(edge.move.times * known[edge.to, reopenings] for edge in graph.openings)


__all__ = ["Edge", "Graph", "Position", "explore", "histories", "nothing_to_correct", "told"]
