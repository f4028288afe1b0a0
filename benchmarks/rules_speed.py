"""How long the rules take: one event on a kept position (compiled, and by the readable fold), the text of a position, the explorer.

`python -m benchmarks.rules_speed` prints microseconds and seconds of CPU; `rules_figures` gives them to `make bench`. Histories wander as those of
the tests do, only the events that were taken are timed, and each figure is the median over all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from statistics import mean, median, quantiles
from time import perf_counter_ns, process_time

from rules.calendar import england
from rules.compiled import compiled
from rules.definition import Definition
from rules.explore import explore
from rules.history import Event, Refused
from rules.position import advance, position_to_text
from rules.position_types import Position
from tests.rules.definitions_by_hand import by_hand
from tests.rules.random_histories import Wanderer

PROCESSES = ("annual_review", "ehc_needs_assessment")
CALENDAR = england()
Taken = list[tuple[Position, Event]]


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and how long it took in that unit (`us` or `s`)."""

    measure: str
    value: float
    unit: str


def histories(definition: Definition, cases: int, seed: int = 4) -> list[Taken]:
    """Events taken, each with the position it came to, case by case."""
    return [_one_history(definition, Random(seed * 100_003 + number)) for number in range(cases)]


def _one_history(definition: Definition, chance: Random) -> Taken:
    wanderer, quick, taken = Wanderer(definition, chance), compiled(definition), []
    try:
        position = quick.start(wanderer.opening(), CALENDAR).position
    except Refused:
        return []
    for _ in range(60):
        if position.ended:
            break
        event = wanderer.next(position)
        try:
            after = quick.advance(position, event, CALENDAR).position
        except Refused:
            continue
        taken.append((position, event))
        position = after
    return taken


def each_took(acts: Taken, act: Callable[[Position, Event], object]) -> list[float]:
    """Microseconds of each act: the least of five tries, so that another process on the machine is not measured."""
    return [min(_microseconds(act, position, event) for _ in range(5)) for position, event in acts]


def _microseconds(act: Callable[[Position, Event], object], position: Position, event: Event) -> float:
    begun = perf_counter_ns()
    act(position, event)
    return (perf_counter_ns() - begun) / 1000


def rules_figures(cases: int = 200) -> list[Figure]:
    """All figures of this bench."""
    found = []
    for process in PROCESSES:
        definition = by_hand(f"shipped {process}")
        found += [*_events(process, definition, cases), _explorer(process, definition)]
    return found


def _events(process: str, definition: Definition, cases: int) -> list[Figure]:
    acts = [act for history in histories(definition, cases) for act in history]
    quick, some = compiled(definition), acts[:: max(1, len(acts) // 300)]
    took = each_took(acts, lambda position, event: quick.advance(position, event, CALENDAR))
    decided = [one for one, (_, event) in zip(took, acts, strict=True) if event.kind == "decide"]
    return [
        Figure(f"{process}: one decision, compiled, median of {len(decided)}", median(decided), "us"),
        Figure(f"{process}: one decision, compiled, mean", mean(decided), "us"),
        Figure(f"{process}: one event, compiled, median of {len(took)}", median(took), "us"),
        Figure(f"{process}: one event, compiled, nine in ten under", quantiles(took, n=10)[8], "us"),
        Figure(f"{process}: one event, fold", median(each_took(some, lambda position, event: advance(definition, position, event, CALENDAR))), "us"),
        Figure(f"{process}: position to text", median(each_took(some, lambda position, _: position_to_text(position))), "us"),
        Figure(f"{process}: text to position", _reading(definition, some), "us"),
    ]


def _reading(definition: Definition, acts: Taken) -> float:
    quick, texts = compiled(definition), {id(position): position_to_text(position) for position, _ in acts}
    return median(each_took(acts, lambda position, _: quick.read(texts[id(position)], CALENDAR)))


def _explorer(process: str, definition: Definition) -> Figure:
    begun = process_time()
    explore(definition)
    return Figure(f"{process}: the explorer", process_time() - begun, "s")


def main() -> None:
    """Print every figure."""
    for figure in rules_figures():
        print(f"{figure.measure:70} {figure.value:9.2f} {figure.unit}")


if __name__ == "__main__":
    main()
