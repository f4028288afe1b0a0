"""Ring S: whom a case is about and who reads it. A process about a school names nobody who is reached only through a pupil, gives no right of a
family's, and opens no other case."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.family import owes_nothing
from rules.check.finding import Find, Finding
from rules.conditions import AllFacts, FactTest, OneOf
from rules.definition import Definition, Role, Step
from rules.library import Library

REACHED_WITHOUT_A_PUPIL = frozenset({"la", "governor"})  # beside the staff: the school's own LA, and its board (memberships)


def about_findings(definition: Definition, library: Library, find: Find) -> Iterator[Finding]:
    """What a process about a school may not say, and cases opened about something else than the case that opens them."""
    yield from _other_subjects(definition, library, find)
    for name in definition.readers:
        if name not in definition.roles or definition.roles[name].reached_by != "inbox":
            yield find("readers", None, "readers", f"`{name}` has no inbox, so there is nothing to read it in", "Name a role of the staff.")
    yield from _aside(definition, find)
    if definition.about_school:
        yield from _unreachable(definition, find)
        for step in definition.steps.values():
            if given := [outcome.gives for outcome in step.outcomes.values() if outcome.gives]:
                yield find("about", step, "outcomes", f"a case about a school gives the right `{given[0]}`, which a family holds", "Remove `gives`.")


def _aside(definition: Definition, find: Find) -> Iterator[Finding]:
    """Whom a case is about records nothing in it: then nothing in it may be theirs, it is said once for all, and nobody but its readers reads it."""
    for role, test in definition.stands_aside.items():
        said = definition.facts[test.fact]
        if said.type != "words" or said.when_changed is None or not said.when_changed.fixed:
            cure = "Let it be a word of `opens_with` with `when_changed: fixed`."
            yield find("stands aside", None, "stands_aside", f"`{test.fact}`, which says whether the case is about the {role}, can change", cure)
        if not definition.readers:
            cure = "Write `readers:` and the roles of the staff that read it."
            yield find("stands aside", None, "stands_aside", f"a case about the {role} is read by all staff of the school", cure)
        for step in definition.steps.values():
            if step.by == role and not _leaves_out(step.only_if, test):
                cure = f"Write an `only_if` that leaves out {test.fact}: {' and '.join(test.words)}, and a step of somebody else's for then."
                yield find("stands aside", step, "by", f"the {role} has this step in a case about themselves", cure)


def _leaves_out(only_if: FactTest | None, test: OneOf) -> bool:
    parts = only_if.parts if isinstance(only_if, AllFacts) else (only_if,)
    return any(isinstance(one, OneOf) and one.fact == test.fact and set(one.words).isdisjoint(test.words) for one in parts)


def _unreachable(definition: Definition, find: Find) -> Iterator[Finding]:
    cure = "Name a role of the staff, the governing board or the local authority."
    for step in definition.steps.values():
        for name in sorted(_named(definition, step)):
            if name in definition.roles and not _reached(definition, definition.roles[name]):
                yield find("about", step, "by", f"a case about a school has no `{name}`: they are known through one pupil", cure)
    told = {name for end in definition.ends.values() for name in end.tells}
    told |= {name for interrupt in definition.interrupts.values() for name in (*interrupt.by, *interrupt.tells)}
    for name in sorted(told):
        if name in definition.roles and not _reached(definition, definition.roles[name]):
            yield find("about", None, "ends", f"a case about a school has no `{name}` to tell: they are known through one pupil", cure)


def _reached(definition: Definition, role: Role) -> bool:
    return role.reached_by == "inbox" or (role.name in REACHED_WITHOUT_A_PUPIL and not owes_nothing(definition, role.name))


def _named(definition: Definition, step: Step) -> set[str]:
    """Every role that the step, its outcomes, its parties and its ladder name."""
    rungs = definition.ladders[step.ladder].rungs if step.ladder else ()
    told = (name for outcome in step.outcomes.values() for name in outcome.tells)
    names = {step.by, *step.tells_opened, *step.tells_done, *told, *(rung.tells for rung in rungs)}
    lists = [*([step.each] if step.each else []), *names]
    listed = definition.facts[step.each_of_fact].words if step.each_of_fact in definition.facts else ()
    return {*names, *listed, *(member for name in lists for member in definition.parties.get(name, ()))}


def _other_subjects(definition: Definition, library: Library, find: Find) -> Iterator[Finding]:
    for text in library.definitions.get(definition.process, ()):
        if text.about != definition.about:
            message = f"it is about a {definition.about}, and {text.file} of the same process about a {text.about}"
            yield find("about", None, "about", message, "Let all texts of a process be about the same, or give it another name.")
    for step in definition.steps.values():
        opened = {process for outcome in step.outcomes.values() for process in outcome.opens} | ({step.case} if step.case else set())
        for process in sorted(opened):
            for text in library.definitions.get(process, ()):
                if text.about != definition.about or definition.about_school:
                    message = f"a case about a {definition.about} opens `{process}`, which is about a {text.about}"
                    yield find("about", step, "outcomes", message, "Only a pupil's case opens another, of the same pupil: let a person open it.")
