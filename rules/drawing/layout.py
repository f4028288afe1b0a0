"""A graph laid out from top to bottom: a box for each node, a line for each arrow. Ours, for no well-kept layout library is pure Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.drawing.graph import Arrow, Graph
from rules.drawing.lines import Fan, Port, corner_points, ports_of, shifted, tracks, without_needless
from rules.drawing.places import centres
from rules.drawing.rows import Rows, rows_of

MARGIN, GAP, TRACK, SIDE = 20.0, 15.0, 9.0, 0.32
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The middle, from the left."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by node, the points of each arrow from its source to its target, the size of the whole, and where it may be cut into pages."""

    boxes: Mapping[str, Box]
    lines: Mapping[Arrow, tuple[Point, ...]]
    width: float
    height: float
    cuts: tuple[float, ...]


def layout_of(graph: Graph, sizes: Mapping[str, tuple[float, float]]) -> Layout:
    """Lays a graph out; `sizes` gives width and height of every node. The same graph and sizes give the same layout."""
    rows = rows_of(graph)
    at = centres(rows, {name: size[0] for name, size in sizes.items()})
    left = min(at[slot] - sizes.get(slot, (0.0, 0.0))[0] / 2 for slot in at)
    at = {slot: float(round(middle - left + MARGIN)) for slot, middle in at.items()}
    fans = [_fans(rows, sizes, at, number) for number in range(len(rows.rows))]
    chosen = [tracks(row) for row in fans]
    tops, bottoms, end = _heights(rows, sizes, chosen)
    boxes = {
        name: Box(at[name] - sizes[name][0] / 2, top + (bottom - top - sizes[name][1]) / 2, *sizes[name])
        for row, top, bottom in zip(rows.rows, tops, bottoms, strict=True)
        for name in row
        if name in sizes
    }
    ways = _Ways(rows, sizes, at, boxes, tops, bottoms, chosen)
    width = max(*(box.x + box.width for box in boxes.values()), *at.values()) + MARGIN
    return Layout(boxes, {arrow: ways.line(arrow) for arrow in graph.arrows}, width, end + MARGIN, tuple(bottom + GAP / 2 for bottom in bottoms[:-1]))


def _heights(rows: Rows, sizes: Mapping[str, tuple[float, float]], chosen: list[dict[Port, int]]) -> tuple[list[float], list[float], float]:
    """Top and bottom of each row, and the bottom of the last: below each row there is room for its tracks."""
    tops, bottoms, y = [], [], MARGIN
    for row, used in zip(rows.rows, chosen, strict=True):
        tops.append(y)
        bottoms.append(y + max((sizes[name][1] for name in row if name in sizes), default=0.0))
        y = bottoms[-1] + GAP * 2 + TRACK * max((track + 1 for track in used.values()), default=0)
    return tops, bottoms, bottoms[-1]


def _start(way: tuple[str, ...], number: int, back: bool, sizes: Mapping[str, tuple[float, float]], at: Mapping[str, float]) -> float:
    """Where an arrow leaves a slot of its way: an arrow back stands aside from the others."""
    if back and number == 0:
        return float(round(shifted(at, way[0], way[1], sizes[way[0]][0] * SIDE)))
    return at[way[number]]


def _end(way: tuple[str, ...], number: int, back: bool, sizes: Mapping[str, tuple[float, float]], at: Mapping[str, float]) -> float:
    """Where an arrow comes into the next slot of its way."""
    if back and number + 2 == len(way):
        return float(round(shifted(at, way[-1], way[-2], sizes[way[-1]][0] * SIDE)))
    return at[way[number + 1]]


def _fans(rows: Rows, sizes: Mapping[str, tuple[float, float]], at: Mapping[str, float], row: int) -> list[Fan]:
    """The fans that leave a row, from left to right."""
    found: dict[Port, tuple[float, dict[float, None]]] = {}
    for arrow, way in rows.ways.items():
        for number, port in enumerate(ports_of(way, arrow.back)):
            if way[number] in rows.rows[row]:
                _, ends = found.setdefault(port, (_start(way, number, arrow.back, sizes, at), {}))
                ends[_end(way, number, arrow.back, sizes, at)] = None
    return sorted((Fan(port, start, tuple(ends)) for port, (start, ends) in found.items()), key=lambda fan: (fan.start, fan.port))


class _Ways:
    """Draws each arrow's line through the rows."""

    def __init__(
        self,
        rows: Rows,
        sizes: Mapping[str, tuple[float, float]],
        at: Mapping[str, float],
        boxes: Mapping[str, Box],
        tops: list[float],
        bottoms: list[float],
        chosen: list[dict[Port, int]],
    ) -> None:
        self.rows, self.sizes, self.at, self.boxes = rows, sizes, at, boxes
        self.tops, self.bottoms, self.chosen = tops, bottoms, chosen
        self.row = {slot: number for number, row in enumerate(rows.rows) for slot in row}

    def line(self, arrow: Arrow) -> tuple[Point, ...]:
        """The points of an arrow, from its source to its target."""
        way = self.rows.ways[arrow]
        points: list[Point] = []
        for number, port in enumerate(ports_of(way, arrow.back)):
            row = self.row[way[number]]
            upper, lower = self.boxes.get(way[number]), self.boxes.get(way[number + 1])
            points += corner_points(
                _start(way, number, arrow.back, self.sizes, self.at),
                _end(way, number, arrow.back, self.sizes, self.at),
                upper.y + upper.height if upper else self.bottoms[row],
                lower.y if lower else self.tops[row + 1],
                self.bottoms[row] + GAP + TRACK * self.chosen[row].get(port, 0),
            )
        straight = without_needless(points)
        return straight[::-1] if arrow.back else straight
