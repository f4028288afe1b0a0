"""`sendflow check`: six rings over all definitions and registers, each finding with file, line, step, cure and the history that shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from rules.check.authorities import authorities_ring
from rules.check.duties import duties_ring
from rules.check.examples import examples_ring
from rules.check.explored import explored_ring
from rules.check.finding import Figures, Finding, Report
from rules.check.schema import schema_ring
from rules.check.timed import timed_ring
from rules.library import Library

__all__ = ["Figures", "Finding", "Report", "check"]


def check(library: Library, *, explored: Collection[str] = (), processors: int = 1) -> Report:
    """Everything that law or sense would not bear in the library, and how much was explored. Never raises for what a definition says.

    `explored`: the processes whose every history is walked; none named means all. `processors`: how many share them, each is proved alone.
    """
    report = Report()
    report.findings += schema_ring(library)
    numbers = [number for number, one in enumerate(library.all()) if not explored or one.process in explored]
    for findings, figures in _alone_each(library, numbers, processors):
        report.findings += findings
        report.figures.append(figures)
    report.findings += authorities_ring(library)
    report.findings += duties_ring(library)
    return report


def _alone_each(library: Library, numbers: list[int], processors: int) -> Iterable[tuple[list[Finding], Figures]]:
    if processors < 2 or len(numbers) < 2:
        return [_alone(library, number) for number in numbers]
    definitions = library.all()
    longest_first = sorted(numbers, key=lambda number: -len(definitions[number].steps))  # a long one begun last would leave the others idle
    with ProcessPoolExecutor(processors, mp_context=get_context("spawn")) as pool:  # not forked: whoever asks may have threads
        found = dict(zip(longest_first, pool.map(_alone, [library] * len(numbers), longest_first), strict=True))
    return [found[number] for number in numbers]


def _alone(library: Library, number: int) -> tuple[list[Finding], Figures]:
    definition = library.all()[number]
    findings, figures = explored_ring(definition, library)
    in_time, notes = timed_ring(definition)
    return [*findings, *in_time, *examples_ring(definition)], replace(figures, notes=notes)
