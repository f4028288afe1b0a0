"""The walks of each definition, every history (ring E) and every day (rings T and X), shared among processes: each is proved alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from multiprocessing import get_context
from typing import TypeVar

from rules.check.examples import examples_ring
from rules.check.explored import explored_ring
from rules.check.finding import Figures, Finding
from rules.check.timed import timed_ring
from rules.library import Library

Found = TypeVar("Found")


@dataclass(frozen=True)
class Walked:
    """What the walks of one definition found: `histories` by ring E, `days` by rings T and X, and the figures and notes of them."""

    histories: list[Finding]
    figures: Figures
    days: list[Finding]
    notes: tuple[str, ...]


def walked(library: Library, numbers: list[int], processors: int, meanwhile: Callable[[], object] | None = None) -> list[Walked]:
    """The definitions of these numbers, walked. `meanwhile` is called in this process once the others have begun."""
    definitions = library.all()
    longest_first = sorted(numbers, key=lambda number: -len(definitions[number].steps))  # a long one begun last would leave the others idle
    with _pool(library, processors if len(numbers) > 1 else 1) as pool:
        histories = _each(every_history, library, longest_first, pool)
        days = _each(every_day, library, longest_first, pool)
        if meanwhile is not None:
            meanwhile()
        found = {number: Walked(*h, *d) for number, h, d in zip(longest_first, histories, days, strict=True)}
    return [found[number] for number in numbers]


def every_history(library: Library, number: int) -> tuple[list[Finding], Figures]:
    """Ring E of one definition: findings and figures."""
    return explored_ring(library.all()[number], library)


def every_day(library: Library, number: int) -> tuple[list[Finding], tuple[str, ...]]:
    """Rings T and X of one definition: findings and notes."""
    definition = library.all()[number]
    findings, notes = timed_ring(definition)
    return [*findings, *examples_ring(definition)], notes


@contextmanager
def _pool(library: Library, processors: int) -> Iterator[ProcessPoolExecutor | None]:
    """As many processes that have the library; None where this one has to walk by itself."""
    if processors < 2:
        yield None
        return
    alone = sys.platform == "linux" and threading.active_count() == 1  # with threads at work a fork may copy what one of them has locked
    context = get_context("fork" if alone else "spawn")
    with ProcessPoolExecutor(processors, mp_context=context, initializer=_take, initargs=(library,)) as pool:
        yield pool


def _each(walk: Callable[[Library, int], Found], library: Library, numbers: list[int], pool: ProcessPoolExecutor | None) -> Iterator[Found]:
    return map(partial(walk, library), numbers) if pool is None else pool.map(_walk_taken, repeat(walk), numbers)


_taken: list[Library] = []  # in a process of the pool: the library that it walks


def _take(library: Library) -> None:
    _taken.append(library)


def _walk_taken(walk: Callable[[Library, int], Found], number: int) -> Found:
    return walk(_taken[0], number)
