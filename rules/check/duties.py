"""Ring P: the trust's policy as `duties.yaml` tells it, clause by clause, and the steps that carry it."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.finding import Finding, finder
from rules.check.hearing import hearing_findings
from rules.check.same import owners
from rules.check.told import Teller, carried_findings
from rules.definition import Definition
from rules.library import Library
from rules.register_types import CarriedBy, Clause

FILE = "duties.yaml"


def duties_ring(library: Library) -> list[Finding]:
    """Every difference between the definitions and the register of the policy's duties."""
    found = [finding for clause in library.registers.duties for carried in clause.steps for finding in _carried(clause, carried, library)]
    for definition in library.all():
        found += _named(definition, library.registers.duties)
    found += hearing_findings(library)
    told = {clause.section for clause in library.registers.duties}
    for number, title in library.registers.sections.items():
        if number not in told:
            message = f"no clause tells section {number}, {title}"
            found.append(Finding("P", "section without a clause", FILE, 1, "", message, "Write its clauses from the policy."))
    return found


def _carried(clause: Clause, carried: CarriedBy, library: Library) -> Iterator[Finding]:
    told = Teller("P", FILE, f"clause {clause.name}", carried)
    yield from carried_findings(carried, library, told)
    for definition in library.definitions.get(carried.process, ()):
        step = definition.steps.get(carried.step)
        if step is not None and not step.policy and "school" in owners(definition, step):
            message = f"`{step.name}` does not cite the policy in {definition.file}"
            yield told("policy", message, f"Write `policy: {clause.section}` at the step.")


def _named(definition: Definition, duties: tuple[Clause, ...]) -> Iterator[Finding]:
    find = finder("P", definition)
    sections = {clause.section for clause in duties}
    named = {(clause.section, c.process, c.step) for clause in duties for c in clause.steps}
    for step in definition.steps.values():
        if step.policy in sections and (step.policy, definition.process, step.name) not in named:
            message = f"the step cites the policy's section {step.policy}, of which no clause names it"
            yield find("step without a duty", step, "policy", message, "Name it under the clause it carries, or cite what it rests on.")
