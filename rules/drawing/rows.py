"""Puts the nodes of a graph into rows, from the opening down, and orders each row so that few arrows cross (after Sugiyama, Tagawa, Toda 1981)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rules.drawing.graph import Arrow, Graph

SWEEPS = 12
Slot = str  # a node's name, or a bend's: a place that an arrow passes in a row between its two nodes


@dataclass(frozen=True, slots=True)
class Rows:
    """`rows`: the slots of each row, left to right. `ways`: the slots that each arrow passes, from the upper node to the lower one.

    Arrows from one node share their bends, so that they run as one line for as long as they can; an arrow back up has its own."""

    rows: tuple[tuple[Slot, ...], ...]
    ways: Mapping[Arrow, tuple[Slot, ...]]

    def pairs(self) -> dict[tuple[Slot, Slot], None]:
        """Every two slots, one above the other, that an arrow joins."""
        return {pair: None for way in self.ways.values() for pair in pairwise(way)}


def rows_of(graph: Graph) -> Rows:
    """Rows and their order. Deterministic: ties keep the order of the file."""
    row = _row_of_each(graph)
    ways = {arrow: _way(arrow, row) for arrow in graph.arrows}
    placed: list[list[Slot]] = [[] for _ in range(max(row.values()) + 1)]
    for name, number in row.items():
        placed[number].append(name)
    for arrow, way in ways.items():
        first = row[arrow.target if arrow.back else arrow.source]
        for number, slot in enumerate(way[1:-1], first + 1):
            if slot not in placed[number]:
                placed[number].append(slot)
    return _ordered(Rows(tuple(tuple(slots) for slots in placed), ways))


def _row_of_each(graph: Graph) -> dict[str, int]:
    """The longest way from the opening; where arrows meet is drawn close above what they lead to."""
    row = dict.fromkeys(graph.nodes, 0)
    forward = [arrow for arrow in graph.arrows if not arrow.back]
    into: dict[str, list[str]] = {name: [] for name in graph.nodes}
    out: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for arrow in forward:
        into[arrow.target].append(arrow.source)
        out[arrow.source].append(arrow.target)
    for name in graph.nodes:
        row[name] = 1 + max((row[source] for source in into[name]), default=-1)
    for name, node in reversed(graph.nodes.items()):
        if node.kind in ("all", "any") and out[name]:
            row[name] = min(row[target] for target in out[name]) - 1
    return row


def _way(arrow: Arrow, row: Mapping[str, int]) -> tuple[Slot, ...]:
    upper, lower = (arrow.target, arrow.source) if arrow.back else (arrow.source, arrow.target)
    mark = f"{lower}<{upper}" if arrow.back else upper
    return (upper, *(f"{mark}@{number}" for number in range(row[upper] + 1, row[lower])), lower)


def _ordered(rows: Rows) -> Rows:
    """Sweeps down and up, each slot to the mean of its neighbours; the order with the fewest crossings is kept."""
    above: dict[Slot, list[Slot]] = {}
    below: dict[Slot, list[Slot]] = {}
    for upper, lower in rows.pairs():
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    now = [list(row) for row in rows.rows]
    best, fewest = [list(row) for row in now], _crossings(now, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for number in range(1, len(now)) if down else range(len(now) - 2, -1, -1):
            _sort(now[number], now[number - 1 if down else number + 1], above if down else below)
        crossed = _crossings(now, below)
        if crossed < fewest:
            best, fewest = [list(row) for row in now], crossed
    return Rows(tuple(tuple(row) for row in best), rows.ways)


def _sort(row: list[Slot], beside: Sequence[Slot], neighbours: Mapping[Slot, list[Slot]]) -> None:
    at = {slot: place for place, slot in enumerate(beside)}
    now = {slot: place for place, slot in enumerate(row)}

    def mean(slot: Slot) -> float:
        places = [at[other] for other in neighbours.get(slot, ()) if other in at]
        return sum(places) / len(places) if places else float(now[slot])

    row.sort(key=lambda slot: (mean(slot), now[slot]))


def _crossings(rows: Iterable[Sequence[Slot]], below: Mapping[Slot, list[Slot]]) -> int:
    rows = list(rows)
    found = 0
    for upper, lower in pairwise(rows):
        at = {slot: place for place, slot in enumerate(lower)}
        ends = [sorted(at[other] for other in below.get(slot, ())) for slot in upper]
        seen: list[int] = []
        for row_ends in ends:
            found += sum(1 for end in row_ends for other in seen if other > end)
            seen += row_ends
    return found
