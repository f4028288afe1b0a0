"""`sendflow check`: six rings over all definitions and registers, each finding with file, line, step, cure and the history that shows it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from rules.check.authorities import authorities_ring
from rules.check.duties import duties_ring
from rules.check.finding import Figures, Finding, Report
from rules.check.schema import schema_ring
from rules.check.walked import walked
from rules.library import Library

__all__ = ["Figures", "Finding", "Report", "check"]


def check(library: Library, *, explored: Collection[str] = (), processors: int = 1, meanwhile: Callable[[], object] | None = None) -> Report:
    """Everything that law or sense would not bear in the library, and how much was explored. Never raises for what a definition says.

    `explored`: the processes whose every history is walked; none named means all. `processors`: how many share the walks. `meanwhile`: what else
    this process has to do; it is called while others walk.
    """
    report = Report()
    report.findings += schema_ring(library)
    numbers = [number for number, one in enumerate(library.all()) if not explored or one.process in explored]
    for one in walked(library, numbers, processors, meanwhile):
        report.findings += [*one.histories, *one.days]
        report.figures.append(replace(one.figures, notes=one.notes))
    report.findings += authorities_ring(library)
    report.findings += duties_ring(library)
    return report
