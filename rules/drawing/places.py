"""How far to the right each slot of each row stands: as near to its neighbours above and below as its row allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from rules.drawing.rows import Rows, Slot

SWEEPS = 24
BETWEEN, BESIDE_A_BEND = 22.0, 14.0
STRAIGHT, JOG = 8.0, 16.0  # how much more a bend wants to stand below a bend than a box below a box


def centres(rows: Rows, widths: Mapping[Slot, float]) -> dict[Slot, float]:
    """The middle of each slot. Slots that are no nodes (bends) have no width."""
    near: tuple[dict[Slot, list[Slot]], dict[Slot, list[Slot]]] = ({}, {})
    for upper, lower in rows.pairs():
        near[0].setdefault(lower, []).append(upper)
        near[1].setdefault(upper, []).append(lower)
    at: dict[Slot, float] = {}
    for row in rows.rows:
        at |= dict(zip(row, _apart(row, widths), strict=True))
    for sweep in range(SWEEPS):
        sides = near if sweep >= SWEEPS - 4 else (near[sweep % 2],)
        for row in rows.rows if sweep % 2 == 0 else reversed(rows.rows):
            _settle(row, at, widths, sides)
    for number, row in enumerate(rows.rows):
        _straighten(row, at, widths, near[0], set(rows.rows[number - 1]) if number else set())
    return at


def _straighten(row: Sequence[Slot], at: dict[Slot, float], widths: Mapping[Slot, float], above: Mapping[Slot, list[Slot]], upper: set[Slot]) -> None:
    """Moves what stands almost below its upper neighbour right below it, where there is room for it."""
    for number, slot in enumerate(row):
        near = [at[other] for other in above.get(slot, ()) if other in upper and abs(at[other] - at[slot]) <= JOG]
        if not near:
            continue
        to = min(near, key=lambda place: abs(place - at[slot]))
        left = at[row[number - 1]] + _room(row[number - 1], slot, widths) if number else to
        right = at[row[number + 1]] - _room(slot, row[number + 1], widths) if number + 1 < len(row) else to
        if left <= to <= right:
            at[slot] = to


def _room(left: Slot, right: Slot, widths: Mapping[Slot, float]) -> float:
    """The least distance of two slots that are moved by a little."""
    return widths.get(left, 0.0) / 2 + widths.get(right, 0.0) / 2 + BESIDE_A_BEND / 2


def _apart(row: Sequence[Slot], widths: Mapping[Slot, float]) -> list[float]:
    """The least distances of a row's slots from its first."""
    found = [0.0]
    for left, right in pairwise(row):
        bend = left not in widths or right not in widths
        found.append(found[-1] + widths.get(left, 0.0) / 2 + widths.get(right, 0.0) / 2 + (BESIDE_A_BEND if bend else BETWEEN))
    return found


def _settle(row: Sequence[Slot], at: dict[Slot, float], widths: Mapping[Slot, float], sides: Sequence[Mapping[Slot, list[Slot]]]) -> None:
    """Moves a row to where its neighbours want it, in its order and with its distances: least squares, by pooling those that would overlap."""
    apart = _apart(row, widths)
    pools: list[tuple[float, float, int]] = []  # where to, how much it matters, how many slots
    for slot, distance in zip(row, apart, strict=True):
        wish, weight = _wish(slot, at, widths, sides)
        pool = (wish - distance, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            to, heavy, many = pools.pop()
            pool = ((to * heavy + pool[0] * pool[1]) / (heavy + pool[1]), heavy + pool[1], many + pool[2])
        pools.append(pool)
    settled = [to for to, _, many in pools for _ in range(many)]
    for slot, to, distance in zip(row, settled, apart, strict=True):
        at[slot] = to + distance


def _wish(slot: Slot, at: Mapping[Slot, float], widths: Mapping[Slot, float], sides: Sequence[Mapping[Slot, list[Slot]]]) -> tuple[float, float]:
    others = [other for side in sides for other in side.get(slot, ())]
    if not others:
        return at[slot], 0.1
    weights = [STRAIGHT if slot not in widths and other not in widths else 1.0 for other in others]
    return sum(at[other] * weight for other, weight in zip(others, weights, strict=True)) / sum(weights), sum(weights)
