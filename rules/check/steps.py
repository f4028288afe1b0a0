"""Ring S, step by step: authority, ladder, dates, who is told, a way to say no, what must be said on purpose."""

from __future__ import annotations

from collections.abc import Iterator

from rules.check.family import is_outside, owes_nothing, rights_holders
from rules.check.finding import Find, Finding
from rules.definition import Definition, Step
from rules.register_types import Registers


def step_findings(definition: Definition, registers: Registers, find: Find) -> Iterator[Finding]:
    """Findings that each step shows by itself."""
    sections = {clause.section for clause in registers.duties}
    for step in definition.steps.values():
        yield from _authority(step, registers, sections, find)
        yield from _chased(definition, step, find)
        yield from _told(definition, step, find)
        yield from _asked(step, find)
        yield from _approval(definition, step, find)
        yield from _said(definition, step, find)


def _authority(step: Step, registers: Registers, sections: set[str], find: Find) -> Iterator[Finding]:
    if not (step.law or step.guidance or step.policy):
        yield find("authority", step, "title", "the step rests on nothing", "Write `law:`, `guidance:` or `policy:`.")
    for key, names in (("law", (step.law, *step.also_law)), ("guidance", (step.guidance,))):
        for name in names:
            if name and name not in registers.authorities:
                yield find("authority", step, key, f"`{name}` is not in authorities.yaml", "Add it there from its source, or cite another.")
    if step.policy and sections and step.policy not in sections:
        yield find(
            "authority",
            step,
            "policy",
            f"duties.yaml has no section {step.policy}",
            f"Cite one of: {', '.join(sorted(sections))}, or add the section.",
        )
    if step.due and not (step.law or step.guidance):
        yield find("authority", step, "due", "a due date rests on no law or guidance", "Write `law:` or `guidance:`, or make the date a `target`.")


def _chased(definition: Definition, step: Step, find: Find) -> Iterator[Finding]:
    somebody = bool(step.by or step.does)
    outside = is_outside(definition, step)
    if not step.ladder and not step.may and (step.due or outside) and somebody:
        yield find("ladder", step, "due", "nobody is reminded when the date passes", "Write `ladder:` and one of ladders.yaml.")
    if step.ladder and not (step.due or step.target):
        yield find("ladder", step, "ladder", "the ladder has no date to climb by", "Write `due:` or `target:`.")
    if step.by and not step.may and not (step.due or step.target):
        yield find("a date to chase by", step, "by", "the step has neither `due` nor `target`", "Write the date by which it is asked for.")


def _told(definition: Definition, step: Step, find: Find) -> Iterator[Finding]:
    holders = rights_holders(definition)
    for outcome in step.outcomes.values():
        told = _spread(definition, outcome.tells)
        if outcome.gives and not (told & holders):
            cure = f"Add one of {', '.join(sorted(holders))} to `tells`."
            yield find(
                "who is told",
                step,
                "outcomes",
                f"`{outcome.name}` gives the right `{outcome.gives}` and tells nobody who holds it",
                cure,
                line=outcome.line,
            )
    giving = [o for o in step.outcomes.values() if o.gives]
    for outcome in giving[1:]:
        if outcome.gives == giving[0].gives and set(outcome.tells) != set(giving[0].tells):
            message = f"`{outcome.name}` and `{giving[0].name}` give the same right and tell different people"
            yield find("who is told", step, "outcomes", message, "Tell the same people of both.", line=outcome.line)
    if step.by and owes_nothing(definition, step.by) and not (_spread(definition, step.tells_opened) & {step.by, *holders}) and not step.may:
        yield find("who is told", step, "tells", "a window of the family opens and the family is not told", f"Write `tells: {{opened: {step.by}}}`.")


def _asked(step: Step, find: Find) -> Iterator[Finding]:
    """Parties answer because they are asked: the message that the step is open carries their link."""
    if step.by == "party" and "party" not in step.tells_opened and not step.may:
        yield find("who is told", step, "tells", "nobody asks the parties when the step opens", "Write `tells: {opened: party}`.")


def _spread(definition: Definition, names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for name in names:
        fact = definition.facts.get(name)
        found |= set(definition.parties.get(name, fact.words if fact is not None else (name,)))
    return found


def _approval(definition: Definition, step: Step, find: Find) -> Iterator[Finding]:
    if not step.approval:
        if step.not_by:
            yield find("no-sayer", step, "not_by", "`not_by` stands without `kind: approval`", "Write `kind: approval`.")
        return
    if not step.not_by:
        yield find("no-sayer", step, "kind", "an approval may be given by whoever did the work", "Write `not_by: STEP`.")
    elif not definition.steps[step.not_by].by:
        yield find("no-sayer", step, "not_by", f"`{step.not_by}` is done by no person", "Name the step that a person did.")
    if len(step.outcomes) < 2:
        yield find(
            "no-sayer", step, "kind", "the approval has no way to say no", "Write a second outcome that reopens a step or leads to another end."
        )
    elif not any(outcome.reopens for outcome in step.outcomes.values()) and not _ends_apart(definition, step):
        yield find("no-sayer", step, "outcomes", "both answers of the approval lead on alike", "Let one `reopens: STEP` or lead to another end.")


def _ends_apart(definition: Definition, step: Step) -> bool:
    from rules.condition_text import steps_in
    from rules.conditions import Done

    readers = [s.after for s in definition.steps.values()] + [end.after for end in definition.ends.values()]
    leaves = [leaf for condition in readers for leaf in steps_in(condition)]
    return any(isinstance(leaf, Done) and leaf.step == step.name and leaf.outcomes for leaf in leaves)


def _said(definition: Definition, step: Step, find: Find) -> Iterator[Finding]:
    role = definition.roles.get(step.by)
    if role is not None and not role.ours and not step.lapses_as and not step.may and "may_come_early" not in step.lines:
        cure = "Write `may_come_early: no`, or `{after: ...}`: an outside body does not wait for our records."
        yield find("early said", step, "by", "an outside body's step does not say whether it may come early", cure)
    if step.due and role is not None and owes_nothing(definition, step.by) and not step.lapses_as and not step.may:
        cure = "Write `lapses_as:` and the word the calendar records."
        yield find("lapses_as said", step, "due", "a family that does not answer would hold up the case for ever", cure)
    if step.lapses_as and not step.due:
        yield find("lapses_as said", step, "lapses_as", "nothing can lapse without a `due` date", "Write `due:`, or remove `lapses_as`.")
    if step.aside and step.until is None:
        yield find("aside ends", step, "aside", "an aside that nothing overtakes stays open for ever", "Write `until:` and what makes it pointless.")
    if any(outcome.silence for outcome in step.outcomes.values()) and (role is None or role.ours or not (step.due or step.target)):
        yield find(
            "silence", step, "outcomes", "silence is of somebody outside who may answer until a day", "Write `due:` or `target:`, or remove it."
        )
    if step.again and not step.target:
        yield find("again", step, "again", "`again` stands without `target`", "Write `target:`, or remove `again`.")
    if step.does and (step.outcomes or step.answers):
        yield find(
            "software decides nothing",
            step,
            "outcomes",
            "a task of ours would choose an outcome",
            "Let a person decide (`by:`), or remove the outcomes.",
        )
