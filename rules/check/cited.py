"""Ring R, one step and one citation: period, start, owner, whom it concerns, outcomes, records, who is told, right, excuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from rules.check.finding import Find, Finding
from rules.check.same import owners, plain_dates, plain_rule, plain_test, spread, told_dates
from rules.definition import Definition, Outcome, Step
from rules.record import list_of
from rules.register_types import Citation, CitedOutcome


def cited_findings(definition: Definition, step: Step, authorities: Mapping[str, Citation], find: Find) -> Iterator[Finding]:
    """Every difference between a step and the citations it rests on. The first (law before guidance) dates it; the others may not contradict."""
    first = step.law or step.guidance
    for name in dict.fromkeys(filter(None, (step.law, step.guidance, *step.also_law))):
        citation = authorities.get(name)
        if citation is None:
            continue  # ring S says so
        yield from _in_force(definition, step, citation, find)
        yield from _period(step, citation, name == first, find)
        if name == first:
            yield from _whose(definition, step, citation, find)
            yield from _excuses(definition, step, citation, find)
        yield from _outcomes(definition, step, citation, name == first, find)
        yield from _done(definition, step, citation, find)


NOW = date(2026, 9, 1)  # a text without a first day is for the cases of today, so it cites no law that is still to come


def _in_force(definition: Definition, step: Step, citation: Citation, find: Find) -> Iterator[Finding]:
    since, until = citation.in_force_from, citation.in_force_until
    late = since is not None and since > (definition.in_force_from or NOW)
    early = until is not None and (definition.in_force_until is None or definition.in_force_until > until)
    if late or early:
        message = f"`{citation.name}` is in force {f'from {since}' if late else f'until {until}'} only"
        yield find("in force", step, "law", message, "Write a text of the process for the time it holds (`in_force`), or cite what holds now.")


def _period(step: Step, citation: Citation, first: bool, find: Find) -> Iterator[Finding]:
    if step.due and first and not citation.dates:
        yield find(
            "period",
            step,
            "due",
            f"`{citation.name}` sets no date, the step says {told_dates(step.due)}",
            "Make it a `target`, or give the citation its period.",
        )
    elif step.due and citation.dates and plain_dates(step.due) != plain_dates(citation.dates):
        message = f"the step is due {told_dates(step.due)}; `{citation.name}` says {told_dates(citation.dates)}"
        yield find("period", step, "due", message, "Correct whichever is not the law.")
    if citation.not_before and plain_rule(citation.not_before) != plain_rule(step.not_before):
        said = f"no sooner than {step.not_before}" if step.not_before else "at once"
        message = f"the step may be done {said}; `{citation.name}` says {citation.not_before}"
        yield find("not before", step, "not_before", message, "Correct whichever is not the law.")


def _whose(definition: Definition, step: Step, citation: Citation, find: Find) -> Iterator[Finding]:
    if not citation.owed_by:
        return
    if not owners(definition, step) & set(citation.owed_by):
        message = f"the step is {step.by or step.does or 'the calendar'}'s; `{citation.name}` is owed by {' and '.join(citation.owed_by)}"
        yield find("owner", step, "by", message, "Correct whichever is not the law.")
    if definition.process not in citation.processes:
        yield find(
            "owner", step, "law", f"`{citation.name}` does not list {definition.process} among its `processes`", "Add it there, or cite another."
        )
    if plain_test(step.only_if) != plain_test(citation.applies):
        said = "only in some cases" if step.only_if else "in every case"
        message = f"the step applies {said}; `{citation.name}` says {'otherwise' if citation.applies else 'every case'}"
        yield find("applies", step, "only_if", message, "Let `only_if` and the register's `applies` say the same.")
    if citation.each and citation.each != list_of(step):
        yield find(
            "applies",
            step,
            "each",
            f"the step is for {list_of(step) or 'nobody by name'}; `{citation.name}` is for each of {citation.each}",
            "Correct one.",
        )


def _excuses(definition: Definition, step: Step, citation: Citation, find: Find) -> Iterator[Finding]:
    if not step.due:
        return
    lifted = {e.name: e.letters.get(step.name, e.law) for e in definition.exceptions.values() if step.name in e.lifts}
    for name in sorted(lifted.keys() | citation.exceptions.keys()):
        if name not in citation.exceptions:
            yield find(
                "excuses",
                step,
                "due",
                f"the exception `{name}` lifts the step; `{citation.name}` knows no such excuse",
                "Take the step out of its `lifts`.",
            )
        elif name not in lifted:
            yield find(
                "excuses",
                step,
                "due",
                f"`{citation.name}` allows the excuse `{name}` ({citation.exceptions[name]}), which lifts nothing here",
                "Add it.",
            )
        elif lifted[name] != citation.exceptions[name]:
            message = f"`{name}` lifts the step by {lifted[name]}; `{citation.name}` says {citation.exceptions[name]}"
            yield find("excuses", step, "due", message, "Correct the letter.")


def _outcomes(definition: Definition, step: Step, citation: Citation, first: bool, find: Find) -> Iterator[Finding]:
    if not citation.outcomes:
        return
    here, there = set(step.outcomes), set(citation.outcomes)
    if here != there if first else there - here:
        message = f"the step ends as {', '.join(sorted(here)) or 'done'}; `{citation.name}` says {', '.join(sorted(there))}"
        yield find("outcomes", step, "outcomes", message, "Let both name the same outcomes.")
    for name in step.outcomes:
        if name in citation.outcomes:
            yield from _outcome(definition, step, step.outcomes[name], citation.outcomes[name], citation, find)


def _outcome(definition: Definition, step: Step, outcome: Outcome, cited: CitedOutcome, citation: Citation, find: Find) -> Iterator[Finding]:
    line = outcome.line
    right = cited.right or citation.right
    if outcome.gives != right:
        message = f"`{outcome.name}` gives {outcome.gives or 'no right'}; `{citation.name}` says {right or 'none'}"
        yield find("right", step, "outcomes", message, "Correct `gives`, or the register.", line=line)
    if untold := spread(definition, cited.tells) - spread(definition, (*outcome.tells, *step.tells_done)):
        message = f"`{outcome.name}` does not tell {', '.join(sorted(untold))}; `{citation.name}` does"
        yield find("who is told", step, "outcomes", message, "Add them to `tells`.", line=line)
    if missing := set(cited.records) - {*outcome.records, *step.records}:
        message = f"`{outcome.name}` does not record {', '.join(sorted(missing))}; `{citation.name}` does"
        yield find("records", step, "outcomes", message, "Add them to `records`.", line=line)


def _done(definition: Definition, step: Step, citation: Citation, find: Find) -> Iterator[Finding]:
    """What holds whatever the outcome."""
    if not step.due and citation.dates:
        return  # the step that has the date carries the rest as well
    ways = [(set(o.tells) | set(step.tells_done), {*o.records, *step.records}, o.gives) for o in step.outcomes.values()]
    ways = ways or [(set(step.tells_done), set(step.records), "")]
    if untold := {one for told, _, _ in ways for one in spread(definition, citation.tells) - spread(definition, told)}:
        yield find("who is told", step, "tells", f"{', '.join(sorted(untold))} is not told; `{citation.name}` says so", "Add them to `tells`.")
    if missing := {fact for _, records, _ in ways for fact in set(citation.records) - records}:
        yield find("records", step, "records", f"{', '.join(sorted(missing))} is not recorded; `{citation.name}` says so", "Add them to `records`.")
    if citation.right and not citation.outcomes and any(gives != citation.right for _, _, gives in ways):
        yield find(
            "right",
            step,
            "outcomes",
            f"not every outcome gives the right `{citation.right}`; `{citation.name}` says so",
            "Add `gives` to each outcome.",
        )
    by_name = any(carried.gives for carried in citation.steps if (carried.process, carried.step) == (definition.process, step.name))
    if not citation.outcomes and not citation.right and not by_name and any(gives for _, _, gives in ways) and citation.name == step.law:
        yield find(
            "right", step, "outcomes", f"the step gives a right; `{citation.name}` gives none", "Take `gives` out, or give the register its `right`."
        )
