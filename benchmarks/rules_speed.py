"""How long the rules take: one event on a kept position (compiled, and by the readable fold), the text of a position, the explorer.

`python -m benchmarks.rules_speed` prints microseconds and seconds of CPU; `rules_figures` gives them to `make bench`. Histories wander as those of
the tests do, no two are the same, and only the events that were taken are timed. *Seen before*: the compiled rules met such a step on such a
case before, so they remember it. *Once*: every event a single time, of cases that this process never met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from statistics import mean, median, quantiles
from time import perf_counter_ns, process_time

from rules.calendar import england
from rules.compiled import Compiled, compiled
from rules.definition import Definition
from rules.explore import explore
from rules.history import Event, Refused
from rules.position import advance, position_to_text
from rules.position_types import Position
from rules.reading import record_of
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
    taken = [act for history in histories(definition, cases) for act in history]
    quick, some = compiled(definition), taken[:: max(1, len(taken) // 300)]
    took = each_took(taken, lambda position, event: quick.advance(position, event, CALENDAR))
    decided = [one for one, (_, event) in zip(took, taken, strict=True) if event.kind == "decide"]
    return [
        Figure(f"{process}: one decision, seen before, median of {len(decided)}", median(decided), "us"),
        Figure(f"{process}: one decision, seen before, mean", mean(decided), "us"),
        Figure(f"{process}: one event, seen before, median of {len(took)}", median(took), "us"),
        Figure(f"{process}: one event, seen before, nine in ten under", quantiles(took, n=10)[8], "us"),
        *_first_seen(process, definition, cases),
        Figure(f"{process}: one event, fold", median(each_took(some, lambda position, event: advance(definition, position, event, CALENDAR))), "us"),
        *_texts(process, definition, taken, some),
    ]


def _first_seen(process: str, definition: Definition, cases: int) -> list[Figure]:
    """A process that has just begun and knows nothing, then the same once it has met some hundred cases; each event once, none tried again."""
    quick, figures = Compiled(definition), []
    for knows, seed in (("nothing", 5), (f"{cases} other cases", 6)):
        acts = [act for history in histories(definition, cases, seed) for act in history if act[1].kind == "decide"]
        known = mean(quick.steps.change(*act, CALENDAR) is not None for act in acts)
        begun = process_time()
        for position, event in acts:
            quick.advance(position, event, CALENDAR)
        each = (process_time() - begun) * 1e6 / len(acts)
        figures.append(Figure(f"{process}: one decision, once, by a process that knows {knows}, mean of {len(acts)}", each, "us"))
        figures.append(Figure(f"{process}: of these remembered beforehand", known * 100, "%"))
    return figures


def _texts(process: str, definition: Definition, taken: Taken, some: Taken) -> list[Figure]:
    quick, written = compiled(definition), {}
    following = [(quick.advance(position, event, CALENDAR).position, event) for position, event in taken]
    for (position, _), (after, _) in zip(taken, following, strict=True):
        position_to_text(position)
        written[id(after)] = record_of(position).texts

    def write(after: Position, earlier: object) -> None:
        record_of(after).texts = earlier
        position_to_text(after)

    return [
        Figure(
            f"{process}: position to text, after one event", median(each_took(following, lambda after, _: write(after, written[id(after)]))), "us"
        ),
        Figure(f"{process}: position to text, anew", median(each_took(following, lambda after, _: write(after, None))), "us"),
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
