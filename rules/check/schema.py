"""Ring S: what the schema and the names alone can show."""

from __future__ import annotations

from rules.check.across import across_findings
from rules.check.between import between_findings
from rules.check.finding import Finding, finder
from rules.check.steps import step_findings
from rules.library import Library


def schema_ring(library: Library) -> list[Finding]:
    """Every finding of ring S over the library."""
    found: list[Finding] = []
    for definition in library.all():
        find = finder("S", definition)
        found += step_findings(definition, library.registers, find)
        found += between_findings(definition, find)
    return found + list(across_findings(library))
