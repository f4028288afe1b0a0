"""Ring S, across processes: cases opened and waited for, texts of one process in force at once, prefixes, wake-up circles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations, pairwise

from rules.check.finding import Finding, finder
from rules.check.given import unfit, unlearnt
from rules.condition_text import steps_in
from rules.conditions import Done
from rules.definition import Definition, Step
from rules.library import Library

IN_ERROR = "opened_in_error"


def across_findings(library: Library) -> Iterator[Finding]:
    """Findings that show only when all processes are seen together."""
    for definition in library.all():
        yield from _opens(definition, library)
        yield from _waits_for(definition, library)
        yield from _learns_from(definition, library)
    yield from _circles(library)
    yield from _in_force(library)
    yield from _prefixes(library)


def _opens(definition: Definition, library: Library) -> Iterator[Finding]:
    find = finder("S", definition)
    for step in definition.steps.values():
        given = [(process, facts, outcome.line) for outcome in step.outcomes.values() for process, facts in outcome.opens.items()]
        given += [(step.case, step.case_facts, step.at("case"))] if step.case else []
        for process, facts, line in given:
            if process not in library.definitions:
                yield find("opens", step, "outcomes", f"no file defines the process `{process}`", "Remove it, or add the process.", line=line)
                continue
            for text in library.definitions[process]:
                missing, foreign = set(text.opens_with) - set(facts), set(facts) - set(text.opens_with)
                if missing or foreign:
                    said = [f"does not give {', '.join(sorted(missing))}"] * bool(missing) + [f"gives {', '.join(sorted(foreign))}"] * bool(foreign)
                    yield find("opens", step, "outcomes", f"opening `{process}` {' and '.join(said)}", "Give exactly its `opens_with`.", line=line)
                if IN_ERROR not in text.interrupts:
                    message = f"`{process}` is opened by another case and has no interrupt `{IN_ERROR}`"
                    yield find("opens", step, "outcomes", message, "Add it: a person ends what a corrected decision had opened.", line=line)
                for message in unfit(definition, step, facts, text):
                    yield find("opens", step, "outcomes", f"opening `{process}`: {message}", "Give a value that its fact can hold.", line=line)


def _waits_for(definition: Definition, library: Library) -> Iterator[Finding]:
    """A `case` step must name every end of the other case, and `interrupted`."""
    find = finder("S", definition)
    for step in definition.steps.values():
        texts = library.definitions.get(step.case, ())
        if not step.case or not texts:
            continue
        ends = {name for text in texts for name in text.ends} | {"interrupted"}
        named = _named(definition, step)
        if named is not None and (unnamed := ends - named):
            cure = "Let a step or an end wait for each of them."
            yield find("case ends", step, "case", f"nothing follows when {step.case} ends as {', '.join(sorted(unnamed))}", cure)
        if named is not None and (unknown := named - ends - {"does_not_apply", "not_needed"}):
            yield find("case ends", step, "case", f"{step.case} has no end {', '.join(sorted(unknown))}", f"Name one of: {', '.join(sorted(ends))}.")


def _learns_from(definition: Definition, library: Library) -> Iterator[Finding]:
    """A step learns from a case that is told from others by the same facts, and knows all that the word records."""
    find = finder("S", definition)
    for step in definition.steps.values():
        for process, word in step.learns_from.items():
            texts = library.definitions.get(process, ())
            if not texts:
                yield find("learns", step, "learns_from", f"no file defines the process `{process}`", "Remove it, or add the process.")
            brought = step.brings.get(word, ())
            if not brought:
                yield find("learns", step, "learns_from", f"`{word}` records nothing that could be learnt", "Name a word that records a fact.")
            for text in texts:
                if not definition.once_for or text.once_for != definition.once_for:
                    cure = "Give both the same `once_for`: what tells one case from another."
                    yield find("learns", step, "learns_from", f"nothing says which case of `{process}` is about the same", cure)
                for message in unlearnt(definition, brought, text):
                    yield find("learns", step, "learns_from", message, "Record there what is to be learnt here, under the same name.")


def _named(definition: Definition, step: Step) -> set[str] | None:
    """The ends that something waits for; None if something waits for any of them."""
    conditions = [s.after for s in definition.steps.values()] + [end.after for end in definition.ends.values()]
    leaves = [leaf for condition in conditions for leaf in steps_in(condition) if leaf.step == step.name]
    if any(not isinstance(leaf, Done) or not leaf.outcomes for leaf in leaves):
        return None
    return {word for leaf in leaves if isinstance(leaf, Done) for word in leaf.outcomes}


def _circles(library: Library) -> Iterator[Finding]:
    """Processes that wait for each other could wait for ever."""
    waits = {name: {s.case for text in texts for s in text.steps.values() if s.case} for name, texts in library.definitions.items()}
    for name, texts in library.definitions.items():
        reached, frontier = set[str](), list(waits[name])
        while frontier:
            process = frontier.pop()
            if process not in reached:
                reached.add(process)
                frontier += waits.get(process, set())
        if name in reached:
            yield finder("S", texts[0])(
                "circle", None, "process", f"`{name}` waits, over other cases, for itself", "Let one of them open the other at its end."
            )


def _in_force(library: Library) -> Iterator[Finding]:
    for name, texts in library.definitions.items():
        for first, second in combinations(texts, 2):
            find = finder("S", second)
            if first.in_force_by != second.in_force_by:
                yield find("in force", None, "in_force", f"{first.file} and {second.file} choose by different days", "Give both the same `by`.")
            starts, ends = second.in_force_from or date.min, first.in_force_until or date.max
            if starts <= ends:
                yield find(
                    "in force",
                    None,
                    "in_force",
                    f"{first.file} and {second.file} are both in force on {max(starts, first.in_force_from or date.min)}",
                    "End one before the other begins.",
                )
        for first, second in pairwise(texts):
            if first.in_force_until and second.in_force_from and (second.in_force_from - first.in_force_until).days > 1:
                find = finder("S", second)
                yield find(
                    "in force",
                    None,
                    "in_force",
                    f"no text of {name} is in force between {first.in_force_until} and {second.in_force_from}",
                    "Let one begin the day after the other ends.",
                )


def _prefixes(library: Library) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for definition in library.all():
        other = seen.setdefault(definition.prefix, definition.process)
        if other != definition.process:
            yield finder("S", definition)("prefix", None, "prefix", f"`{other}` has the prefix {definition.prefix} too", "Choose another.")
