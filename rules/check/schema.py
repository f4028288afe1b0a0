"""Ring S: what the schema and the names alone can show."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.about import about_findings
from rules.check.across import across_findings
from rules.check.between import between_findings
from rules.check.finding import Find, Finding, finder
from rules.check.steps import step_findings
from rules.definition import Definition
from rules.library import Library


def schema_ring(library: Library) -> list[Finding]:
    """Every finding of ring S over the library."""
    found: list[Finding] = []
    for definition in library.all():
        find = finder("S", definition)
        found += step_findings(definition, library.registers, find)
        found += between_findings(definition, find)
        found += about_findings(definition, library, find)
        found += _warnings(definition, library, find)
    return found + list(across_findings(library))


def _warnings(definition: Definition, library: Library, find: Find) -> Iterator[Finding]:
    """What whoever opens a case is warned of rests on a law that the register tells."""
    for warning in definition.warns.values():
        if warning.law and warning.law not in library.registers.authorities:
            message = f"the warning `{warning.name}` rests on `{warning.law}`, which is not in authorities.yaml"
            yield find("authority", None, "warns", message, "Add it there from its source, or cite another.", line=warning.line)
