"""Rings R and P, one step and what a register says of it by name: whose, for whom, who is told, what it records, how it ends, when it may come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.check.finding import Finding
from rules.check.same import owners, plain_condition, plain_rule, plain_test, spread
from rules.definition import Definition, Step
from rules.library import Library
from rules.record import list_of
from rules.register_types import CarriedBy

EITHER = "Correct whichever is not the source."


@dataclass(frozen=True)
class Teller:
    """A maker of findings about what one register says of one step."""

    ring: str
    file: str
    source: str  # `clause 14.1`, or a citation
    carried: CarriedBy

    def __call__(self, rule: str, message: str, cure: str) -> Finding:
        return Finding(self.ring, rule, self.file, self.carried.line, self.carried.step, f"{self.source}: {message}", cure)


def carried_findings(carried: CarriedBy, library: Library, told: Teller) -> Iterator[Finding]:
    """Every difference between the step, in each text of its process, and what the register says of it."""
    texts = library.definitions.get(carried.process, ())
    if not texts:
        cure = "Name one that ships, or write `no_step`."
        yield told("duty without a step", f"no file defines the process `{carried.process}`", cure)
    for definition in texts:
        step = definition.steps.get(carried.step)
        if step is None:
            cure = "Name the step that carries it, or add it."
            yield told("duty without a step", f"{definition.file} has no step `{carried.step}`", cure)
            continue
        yield from _whose(carried, definition, step, told)
        yield from _comes_to(carried, definition, step, told)
        yield from _when(carried, definition, step, told)


def _whose(carried: CarriedBy, definition: Definition, step: Step, told: Teller) -> Iterator[Finding]:
    own = {step.by} if step.by else owners(definition, step) - {"school"}
    if carried.who and carried.who not in own:
        message = f"it is {carried.who}'s, in {definition.file} the step is {step.by or ', '.join(sorted(own))}'s"
        yield told("who", message, EITHER)
    if carried.applies is not None and plain_test(carried.applies) != plain_test(step.only_if):
        yield told("if", f"`{step.name}` applies in other cases in {definition.file}", "Let `if` and `only_if` say the same.")
    if carried.each and carried.each != list_of(step):
        yield told("each", f"`{step.name}` is not for each of {carried.each} in {definition.file}", EITHER)


def _comes_to(carried: CarriedBy, definition: Definition, step: Step, told: Teller) -> Iterator[Finding]:
    hear = spread(definition, (*step.tells_opened, *step.tells_done, *(name for o in step.outcomes.values() for name in o.tells)))
    if untold := spread(definition, carried.told) - hear:
        yield told("told", f"`{step.name}` does not tell {', '.join(sorted(untold))} in {definition.file}", "Add them to its `tells`.")
    if unopened := set(carried.opens) - {process for o in step.outcomes.values() for process in o.opens}:
        yield told("opens", f"`{step.name}` does not open {', '.join(sorted(unopened))} in {definition.file}", "Add it to an outcome.")
    brought = [facts for facts in step.brings.values() if facts] or [()]
    if missing := {fact for facts in brought for fact in carried.records if fact not in facts}:
        yield told("records", f"`{step.name}` does not record {', '.join(sorted(missing))} in {definition.file}", "Add them to `records`.")
    for word, facts in carried.records_when.items():
        if missing := set(facts) - set(step.brings.get(word, ())):
            message = f"`{word}` does not record {', '.join(sorted(missing))} in {definition.file}"
            yield told("records", message, "Add them to its `records`.")
    if carried.ends_as and set(carried.ends_as) != set(step.words):
        message = f"`{step.name}` ends as {', '.join(step.words)} in {definition.file}, not as {', '.join(carried.ends_as)}"
        yield told("ends as", message, "Let both name the same words.")
    gives = {outcome.name: outcome.gives for outcome in step.outcomes.values() if outcome.gives}
    if carried.gives and dict(carried.gives) != gives:
        yield told("right", f"`{step.name}` gives {gives or 'no right'} in {definition.file}, not {dict(carried.gives)}", EITHER)


def _when(carried: CarriedBy, definition: Definition, step: Step, told: Teller) -> Iterator[Finding]:
    if carried.not_before and plain_rule(carried.not_before) != plain_rule(step.not_before):
        said = f"no sooner than {step.not_before}" if step.not_before else "at once"
        yield told("not before", f"`{step.name}` may be done {said} in {definition.file}, not {carried.not_before}", EITHER)
    if carried.after is not None and plain_condition(carried.after) != plain_condition(step.after):
        yield told("order", f"`{step.name}` comes after something else in {definition.file}", "Let both `after` say the same.")
    if carried.until is not None and plain_condition(carried.until) != plain_condition(step.until):
        yield told("until", f"`{step.name}` is overtaken by something else in {definition.file}", "Let both `until` say the same.")
    early = None if isinstance(step.may_come_early, bool) else step.may_come_early
    if carried.early is not None and plain_condition(carried.early) != plain_condition(early):
        yield told("early", f"`{step.name}` may be recorded before its turn otherwise in {definition.file}", "Let both say the same.")
