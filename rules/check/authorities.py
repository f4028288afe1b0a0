"""Ring R: the law as the definitions tell it, and as `authorities.yaml` tells it from the sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from rules.check.cited import cited_findings
from rules.check.finding import Finding, finder
from rules.check.same import owners, plain_dates, plain_rule
from rules.check.told import Teller, carried_findings
from rules.definition import Definition, Step
from rules.library import Library
from rules.periods import parse_rule, within
from rules.register_types import CarriedBy, Citation, CitedTotal

FILE = "authorities.yaml"


def authorities_ring(library: Library) -> list[Finding]:
    """Every difference between the definitions and the register of authorities."""
    found: list[Finding] = []
    authorities = library.registers.authorities
    for definition in library.all():
        find = finder("R", definition)
        for step in definition.steps.values():
            found += cited_findings(definition, step, authorities, find)
        found += _totals(definition, authorities)
        found += _rights(definition)
    for citation in authorities.values():
        for process in citation.processes:
            found += _carried(citation, process, library)
        found += _parties(citation, library)
        found += _bounds(citation, library)
        for carried in citation.steps:
            found += _by_name(citation, carried, library)
    return found


def _parties(citation: Citation, library: Library) -> Iterator[Finding]:
    """Whom, or what, the law puts in a list stands in every list of that name, be it of parties or of a fact's words; the trust may add others."""
    for name, members in citation.parties.items():
        lists = [(d, found) for d in library.all() if (found := _list_named(d, name))]
        if not lists:
            yield _of(citation, "parties", f"no process has a list `{name}`", "Name a list under `parties`, or a fact of words.")
        for definition, found in lists:
            if missing := set(members) - set(found):
                message = f"the list `{name}` of {definition.file} leaves out {', '.join(sorted(missing))}"
                yield _of(citation, "parties", message, "Add them to the list.")


def _list_named(definition: Definition, name: str) -> tuple[str, ...]:
    fact = definition.facts.get(name)
    return definition.parties.get(name, fact.words if fact is not None else ())


def _by_name(citation: Citation, carried: CarriedBy, library: Library) -> Iterator[Finding]:
    """What the citation says of one step by name; and the step cites it."""
    told = Teller("R", FILE, f"`{citation.name}`", carried)
    yield from carried_findings(carried, library, told)
    for definition in library.definitions.get(carried.process, ()):
        step = definition.steps.get(carried.step)
        if step is not None and citation.name not in (step.law, step.guidance, *step.also_law):
            yield told("duty without a step", f"`{step.name}` does not cite it in {definition.file}", "Add it to the step's `law` or `guidance`.")


def _bounds(citation: Citation, library: Library) -> Iterator[Finding]:
    """Days of law by which no step is due: bounds of a planned date, the last day of a warning."""
    for place, rule in citation.bounds.items():
        process, name, key = place.split(".")
        for definition in library.definitions.get(process, ()):
            held = definition.warns.get(name) if key == "until" else definition.facts.get(name)
            told = getattr(held, key, "")
            if not told or plain_rule(told) != plain_rule(rule):
                message = f"`{name}.{key}` is {told or 'not there'} in {definition.file}, not {rule}"
                yield _of(citation, "bounds", message, "Correct whichever is not the law.")


def _together(citation: Citation, text: Definition) -> bool:
    """Whether a law and a text of a process are in force on some same day."""
    since = max(citation.in_force_from or date.min, text.in_force_from or date.min)
    return since <= min(citation.in_force_until or date.max, text.in_force_until or date.max)


def _of(citation: Citation, rule: str, message: str, cure: str) -> Finding:
    return Finding("R", rule, FILE, citation.line, "", f"`{citation.name}`: {message}", cure)


def _carried(citation: Citation, process: str, library: Library) -> Iterator[Finding]:
    """No duty without a step: owed by each whom it binds, with its date, in every text of the process that is in force while the duty is."""
    if process not in library.definitions:
        yield _of(citation, "duty without a step", f"no file defines the process `{process}`", "Take it out of `processes`, or add the process.")
        return
    texts = [text for text in library.definitions[process] if _together(citation, text)]
    if not texts:
        yield _of(citation, "duty without a step", f"no text of `{process}` is in force while it is", "Add the text for that time.")
    for definition in texts:
        steps = [s for s in definition.steps.values() if citation.name in (s.law, s.guidance, *s.also_law)]
        totals = [t for t in definition.totals if t.law == citation.name]
        if not steps and not totals:
            yield _of(
                citation,
                "duty without a step",
                f"no step of {definition.file} carries it",
                "Let a step cite it, or take the process out of `processes`.",
            )
            continue
        if citation.dates and not any(s.due and plain_dates(s.due) == plain_dates(citation.dates) for s in steps):
            yield _of(citation, "duty without a step", f"no step of {definition.file} is due by its date", "Give the step that carries it the `due`.")
        for owner in citation.owed_by:
            if steps and not any(owner in owners(definition, s) for s in steps):
                yield _of(citation, "owner", f"no step of {definition.file} is owed by {owner}", "Let one be, or correct `owed_by`.")
        yield from _its_totals(citation, definition)


def _its_totals(citation: Citation, definition: Definition) -> Iterator[Finding]:
    for total in citation.totals:
        if total.to in definition.steps and not any(t.law == citation.name and _same_total(total, t.start, t.to, t.rule) for t in definition.totals):
            message = f"{definition.file} has no total of {total.within} from {total.start} to {total.to}"
            yield _of(citation, "total", message, "Write it under `totals`, with this law.")


def _same_total(total: CitedTotal, start: str, to: str, rule: str) -> bool:
    whole = f"on {total.start}" if total.within == "0 days" else within(total.within, total.start).text
    return (total.start, total.to) == (start, to) and plain_rule(whole) == plain_rule(rule)


def _totals(definition: Definition, authorities: Mapping[str, Citation]) -> Iterator[Finding]:
    find = finder("R", definition)
    for total in definition.totals:
        citation = authorities.get(total.law)
        if citation is None:
            yield find(
                "total",
                None,
                "totals",
                f"the total to {total.to} rests on `{total.law}`, which authorities.yaml lacks",
                "Add it there, or cite another.",
            )
        elif not any(_same_total(cited, total.start, total.to, total.rule) for cited in citation.totals):
            message = f"the total `{total.rule}` to {total.to} is not what authorities.yaml tells of `{total.law}`"
            yield find("total", None, "totals", message, "Correct whichever is not the law.")


def _rights(definition: Definition) -> Iterator[Finding]:
    """The last day of a right counts from facts that are known once the decision is recorded."""
    find = finder("R", definition)
    for step in definition.steps.values():
        for outcome in step.outcomes.values():
            if not outcome.gives:
                continue
            for base in parse_rule(definition.rights[outcome.gives].last_day).bases:
                if base.kind == "name" and not base.if_any and base.name not in _known_after(definition, step, outcome.name):
                    message = (
                        f"`{outcome.name}` gives `{outcome.gives}`, whose last day counts from `{base.name}`, which nothing has recorded by then"
                    )
                    yield find("right", step, "records", message, f"Let the step or the outcome record {base.name}.", line=outcome.line)


def _known_after(definition: Definition, step: Step, outcome: str) -> set[str]:
    return {*definition.opens_with, *step.records, *step.outcomes[outcome].records, step.name}
