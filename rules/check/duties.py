"""Ring P: the trust's policy as `duties.yaml` tells it, clause by clause, and the steps that carry it."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.finding import Finding, finder
from rules.check.same import owners, plain_test, spread
from rules.definition import Definition, Step
from rules.library import Library
from rules.record import list_of
from rules.register_types import CarriedBy, Clause

FILE = "duties.yaml"


def duties_ring(library: Library) -> list[Finding]:
    """Every difference between the definitions and the register of the policy's duties."""
    found = [finding for clause in library.registers.duties for carried in clause.steps for finding in _carried(clause, carried, library)]
    for definition in library.all():
        found += _named(definition, library.registers.duties)
    told = {clause.section for clause in library.registers.duties}
    for number, title in library.registers.sections.items():
        if number not in told:
            message = f"no clause tells section {number}, {title}"
            found.append(Finding("P", "section without a clause", FILE, 1, "", message, "Write its clauses from the policy."))
    return found


def _of(clause: Clause, carried: CarriedBy, rule: str, message: str, cure: str) -> Finding:
    return Finding("P", rule, FILE, carried.line, carried.step, f"clause {clause.name}: {message}", cure)


def _carried(clause: Clause, carried: CarriedBy, library: Library) -> Iterator[Finding]:
    texts = library.definitions.get(carried.process, ())
    if not texts:
        yield _of(
            clause, carried, "duty without a step", f"no file defines the process `{carried.process}`", "Name one that ships, or write `no_step`."
        )
    for definition in texts:
        step = definition.steps.get(carried.step)
        if step is None:
            yield _of(
                clause, carried, "duty without a step", f"{definition.file} has no step `{carried.step}`", "Name the step that carries it, or add it."
            )
        else:
            yield from _differences(clause, carried, definition, step)


def _differences(clause: Clause, carried: CarriedBy, definition: Definition, step: Step) -> Iterator[Finding]:
    own = {step.by} if step.by else owners(definition, step) - {"school"}
    if carried.who not in own:
        message = f"it is {carried.who}'s, in {definition.file} the step is {step.by or ', '.join(sorted(own))}'s"
        yield _of(clause, carried, "who", message, "Correct whichever is not the policy.")
    if carried.applies is not None and plain_test(carried.applies) != plain_test(step.only_if):
        yield _of(clause, carried, "if", f"`{step.name}` applies in other cases in {definition.file}", "Let `if` and `only_if` say the same.")
    if carried.each and carried.each != list_of(step):
        yield _of(
            clause, carried, "each", f"`{step.name}` is not for each of {carried.each} in {definition.file}", "Correct whichever is not the policy."
        )
    told = spread(definition, (*step.tells_opened, *step.tells_done, *(name for o in step.outcomes.values() for name in o.tells)))
    if untold := spread(definition, carried.told) - told:
        yield _of(
            clause, carried, "told", f"`{step.name}` does not tell {', '.join(sorted(untold))} in {definition.file}", "Add them to its `tells`."
        )
    if not step.policy and "school" in owners(definition, step):
        yield _of(
            clause,
            carried,
            "policy",
            f"`{step.name}` does not cite the policy in {definition.file}",
            f"Write `policy: {clause.section}` at the step.",
        )
    if unopened := set(carried.opens) - {process for o in step.outcomes.values() for process in o.opens}:
        yield _of(
            clause, carried, "opens", f"`{step.name}` does not open {', '.join(sorted(unopened))} in {definition.file}", "Add it to an outcome."
        )


def _named(definition: Definition, duties: tuple[Clause, ...]) -> Iterator[Finding]:
    find = finder("P", definition)
    sections = {clause.section for clause in duties}
    named = {(clause.section, c.process, c.step) for clause in duties for c in clause.steps}
    for step in definition.steps.values():
        if step.policy in sections and (step.policy, definition.process, step.name) not in named:
            message = f"the step cites the policy's section {step.policy}, of which no clause names it"
            yield find("step without a duty", step, "policy", message, "Name it under the clause it carries, or cite what it rests on.")
