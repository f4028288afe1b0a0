"""Judges mutants on several processors. A verdict is kept as soon as it is known, so that a long run that is stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from tests.mutants.judge import SURVIVED, changes_nothing, judge, shipped
from tests.mutants.operators import mutants_of
from tests.mutants.own import own
from tests.mutants.trees import Mutant

AT_ONCE = 8  # mutants that one processor takes at a time


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant. `ring`: the first that caught it, or SURVIVED. `own`: why it is not counted. `same`: proved to change nothing."""

    process: str
    operator: str
    where: str
    ring: str
    own: str = ""
    same: bool = False

    @property
    def survived(self) -> bool:
        """Whether no ring caught it."""
        return self.ring == SURVIVED


def verdict(mutant: Mutant) -> Verdict:
    """The verdict on one mutant, and for a survivor whether it changes anything at all."""
    old = next(one for one in shipped().all() if one.file == mutant.file)
    why = own(mutant, old)  # not counted, so not judged
    ring = SURVIVED if why else judge(mutant)
    same = ring == SURVIVED and not why and changes_nothing(mutant)
    return Verdict(mutant.file.removesuffix(".yaml"), mutant.operator, mutant.where, ring, why, same)


def run(paths: Iterable[Path], processors: int, kept: Path | None = None) -> Iterator[Verdict]:
    """Verdicts on every mutant of these definitions, as they come. `kept`: a file of verdicts of an earlier, unfinished run; it is added to.

    It must be of the same definitions and registers: delete it when they change."""
    known = {_name(one): one for one in _read(kept)}
    jobs: list[tuple[Path, list[str]]] = []
    for path in paths:
        names = [mutant.name for mutant in mutants_of(path)]
        yield from (known[name] for name in names if name in known)
        left = [name for name in names if name not in known]
        jobs += [(path, left[n : n + AT_ONCE]) for n in range(0, len(left), AT_ONCE)]
    with get_context("spawn").Pool(processors) as pool:
        for found in pool.imap_unordered(_job, jobs):
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.writelines(json.dumps(vars(one), ensure_ascii=False) + "\n" for one in found)
            yield from found


def _name(one: Verdict) -> str:
    return f"{one.process} | {one.operator} | {one.where}"


def _read(kept: Path | None) -> list[Verdict]:
    if kept is None or not kept.exists():
        return []
    return [Verdict(**json.loads(line)) for line in kept.read_text(encoding="utf-8").splitlines()]


@lru_cache(maxsize=2)
def _by_name(path: Path) -> dict[str, Mutant]:
    return {mutant.name: mutant for mutant in mutants_of(path)}


def _job(job: tuple[Path, list[str]]) -> list[Verdict]:
    path, names = job
    return [verdict(_by_name(path)[name]) for name in names]
