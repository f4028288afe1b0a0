"""Where the arrows run between two rows: straight down, along a track of their own, straight down again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Port = tuple[str, str]  # the upper slot, and which of its lines: "" for those down, else the arrow back
CLOSE = 9.0


@dataclass(frozen=True, slots=True)
class Fan:
    """All lines that leave one port of an upper slot downwards: where it starts, and where they come down."""

    port: Port
    start: float
    ends: tuple[float, ...]

    @property
    def is_straight(self) -> bool:
        """Whether no track is needed."""
        return all(abs(end - self.start) < 0.5 for end in self.ends)

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it runs along its track."""
        return min(self.start, *self.ends), max(self.start, *self.ends)


def tracks(fans: Sequence[Fan]) -> dict[Port, int]:
    """The track of each fan that needs one, counted from above: no two on one track touch, and no line comes down upon another's start."""
    waiting = [fan for fan in fans if not fan.is_straight]
    found: dict[Port, int] = {}
    while waiting:
        free = [fan for fan in waiting if not any(_comes_down_on(fan, other) for other in waiting if other is not fan)]
        fan = (free or waiting)[0]
        waiting.remove(fan)
        low = max((found[other.port] + 1 for other in fans if other.port in found and _comes_down_on(fan, other)), default=0)
        while any(found.get(other.port) == low and _touch(fan, other) for other in fans):
            low += 1
        found[fan.port] = low
    return found


def _comes_down_on(fan: Fan, other: Fan) -> bool:
    """Whether a line of `fan` comes down where `other` starts, so that it must run below it."""
    return any(abs(end - other.start) < CLOSE for end in fan.ends)


def _touch(one: Fan, other: Fan) -> bool:
    return one.span[0] < other.span[1] + CLOSE and other.span[0] < one.span[1] + CLOSE


def corner_points(start: float, end: float, top: float, bottom: float, track: float) -> list[tuple[float, float]]:
    """The points of one line from (start, top) to (end, bottom)."""
    if abs(end - start) < 0.5:
        return [(start, top), (start, bottom)]
    return [(start, top), (start, track), (end, track), (end, bottom)]


def without_needless(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The points less those on a straight line between their neighbours."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        while len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def ports_of(way: Sequence[str], back: bool) -> list[Port]:
    """The port through which an arrow leaves each slot of its way but the last."""
    mark = way[-1] if back else ""
    return [(slot, mark if number == 0 else "") for number, slot in enumerate(way[:-1])]


def shifted(at: Mapping[str, float], slot: str, toward: str, by: float) -> float:
    """A place to the left or right of a slot's middle, on the side of another."""
    return at[slot] + (by if at[toward] >= at[slot] else -by)
