"""The same work in one process or several, begun by one barrier: how many acts a second, how long each took, and the client's CPU."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

SECONDS = 120


@dataclass(frozen=True, slots=True)
class Done:
    """What one process did: from when to when (seconds since 1970), each act's seconds, and its own CPU seconds."""

    began: float
    ended: float
    took: list[float]
    cpu: float


@dataclass(frozen=True, slots=True)
class Rate:
    """All processes together, over their common time."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


Work = Callable[..., Done]


def spread(work: Work, cases: Sequence[str], processes: int, *extra: Any) -> Rate:
    """Run `work(cases, barrier, *extra)` in that many processes, each with its share. Raises RuntimeError with a child's traceback."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(processes), context.Queue()
    children = [context.Process(target=_child, args=(work, cases[n::processes], barrier, answers, extra)) for n in range(processes)]
    for child in children:
        child.start()
    found = [answers.get(timeout=SECONDS) for _ in children]
    for child in children:
        child.join(30)
    if failed := [one for one in found if isinstance(one, str)]:
        raise RuntimeError(failed[0])
    took = sorted(seconds for one in found for seconds in one.took)
    wall = max(one.ended for one in found) - min(one.began for one in found)
    cpu = sum(one.cpu for one in found)
    return Rate(len(took) / wall, _at(took, 0.5), _at(took, 0.99), cpu / len(took) * 1000)


def _at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000


def _child(work: Work, cases: Sequence[str], barrier: Any, answers: Any, extra: tuple[Any, ...]) -> None:
    try:
        answers.put(work(cases, barrier, *extra))
    except BaseException:
        barrier.abort()
        answers.put(traceback.format_exc())
