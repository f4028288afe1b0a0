"""`sendflow check`: six rings over all definitions and registers, each finding with file, line, step, cure and the history that shows it."""

from __future__ import annotations

from dataclasses import replace

from rules.check.authorities import authorities_ring
from rules.check.duties import duties_ring
from rules.check.examples import examples_ring
from rules.check.explored import explored_ring
from rules.check.finding import Figures, Finding, Report
from rules.check.schema import schema_ring
from rules.check.timed import timed_ring
from rules.library import Library

__all__ = ["Figures", "Finding", "Report", "check"]


def check(library: Library) -> Report:
    """Everything that law or sense would not bear in the library, and how much was explored. Never raises for what a definition says."""
    report = Report()
    report.findings += schema_ring(library)
    for definition in library.all():
        findings, figures = explored_ring(definition, library)
        report.findings += findings
        in_time, notes = timed_ring(definition)
        report.findings += in_time
        report.findings += examples_ring(definition)
        report.figures.append(replace(figures, notes=notes))
    report.findings += authorities_ring(library)
    report.findings += duties_ring(library)
    return report
