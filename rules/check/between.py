"""Ring S, between steps: what leads on, what nothing tells apart, what waits in vain, what must be said twice, near-equal lists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from rules.check.finding import Find, Finding
from rules.condition_text import facts_in, has_opening, steps_in
from rules.conditions import Done, Settled
from rules.definition import Definition, Outcome, Step
from rules.periods import parse_rule

Leaf = tuple[str, Done | Settled]  # who reads (a step's key, or an end), and what it reads


def between_findings(definition: Definition, find: Find) -> Iterator[Finding]:
    """Findings that show only when steps, facts, ends and lists are seen together."""
    yield from _begins_with(definition, find)
    yield from _leads_on(definition, find)
    yield from _told_apart(definition, find)
    yield from _waits_in_vain(definition, find)
    yield from _when_changed(definition, find)
    yield from _recorded(definition, find)
    yield from _near_equal(definition, find)
    yield from _ends(definition, find)


def forward_leaves(definition: Definition) -> list[Leaf]:
    """Everything that `after` and the ends read."""
    found = [(step.name, leaf) for step in definition.steps.values() for leaf in steps_in(step.after)]
    return found + [(f"end {end.name}", leaf) for end in definition.ends.values() for leaf in steps_in(end.after)]


def all_leaves(definition: Definition) -> list[Leaf]:
    """Everything that any condition reads: after, until, may_come_early, due and the ends."""
    from rules.schema_steps import conditions_of

    found = [(step.name, leaf) for step in definition.steps.values() for _, condition in conditions_of(step) for leaf in steps_in(condition)]
    changes = [fact.when_changed.until for fact in definition.facts.values() if fact.when_changed is not None]
    found += [("when_changed", leaf) for condition in changes for leaf in steps_in(condition)]
    return found + [leaf for leaf in forward_leaves(definition) if leaf[0].startswith("end ")]


def _begins_with(definition: Definition, find: Find) -> Iterator[Finding]:
    opening = {step.name for step in definition.steps.values() if has_opening(step.after)}
    for name in sorted(opening ^ set(definition.begins_with)):
        step = definition.steps[name]
        if name in opening:
            yield find(
                "begins_with said",
                step,
                "after",
                "the step opens with the case but is not in `begins_with`",
                f"Add {name} to `begins_with`, or let it wait.",
            )
        else:
            yield find(
                "begins_with said",
                step,
                "after",
                "`begins_with` names the step but it waits for others",
                "Write `after: opening`, or take it out there.",
            )


def _leads_on(definition: Definition, find: Find) -> Iterator[Finding]:
    leaves = forward_leaves(definition)
    for step in definition.steps.values():
        readers = [leaf for reader, leaf in leaves if leaf.step == step.name]
        if step.aside or step.may:
            for reader, leaf in leaves:
                if leaf.step == step.name and step.aside:
                    yield find("aside", step, "aside", f"{reader} waits for an aside", "Remove `aside`, or do not wait for it.")
            continue
        if not readers:
            yield find("leads on", step, "after", "nothing follows from the step", "Let a step or an end wait for it, or write `aside: yes`.")
            continue
        for outcome in step.outcomes.values():
            if not outcome.reopens and not any(_satisfied(leaf, outcome.name) for leaf in readers):
                message = f"nothing follows from the outcome `{outcome.name}`"
                yield find("leads on", step, "outcomes", message, "Let a step or an end wait for it, or let it reopen a step.", line=outcome.line)


def _satisfied(leaf: Done | Settled, outcome: str) -> bool:
    return isinstance(leaf, Settled) or not leaf.outcomes or outcome in leaf.outcomes


def _told_apart(definition: Definition, find: Find) -> Iterator[Finding]:
    leaves = all_leaves(definition)
    for step in definition.steps.values():
        named = [leaf for _, leaf in leaves if leaf.step == step.name and isinstance(leaf, Done) and leaf.outcomes]
        for first, second in combinations(step.outcomes.values(), 2):
            if _same_effect(first, second) and all((first.name in leaf.outcomes) == (second.name in leaf.outcomes) for leaf in named):
                message = f"nothing tells `{first.name}` and `{second.name}` apart"
                yield find("told apart", step, "outcomes", message, "Make them `answers`, or let something follow from one alone.", line=second.line)
        if len(step.outcomes) == 1 and not step.answers and not _only_by_an_outcome(step):
            yield find(
                "told apart", step, "outcomes", "a single outcome steers nothing", "Write `tells` and `records` at the step, or a second outcome."
            )


def _only_by_an_outcome(step: Step) -> bool:
    """A right, and another case, are given by outcomes alone: where there is one way to end, one outcome says so (a certificate, a plan)."""
    return any(outcome.gives or outcome.opens for outcome in step.outcomes.values())


def _same_effect(first: Outcome, second: Outcome) -> bool:
    return (first.tells, first.records, first.gives, first.opens, first.reopens) == (
        second.tells,
        second.records,
        second.gives,
        second.opens,
        second.reopens,
    )


def _waits_in_vain(definition: Definition, find: Find) -> Iterator[Finding]:
    for reader, leaf in forward_leaves(definition):
        outcomes = definition.steps[leaf.step].outcomes
        for word in leaf.outcomes if isinstance(leaf, Done) else ():
            if word in outcomes and outcomes[word].reopens and outcomes[word].reopens != reader:
                step = definition.steps.get(reader)
                message = f"{reader} waits for `{leaf.step}: {word}`, which reopens `{outcomes[word].reopens}` and so never stands"
                yield find("waits in vain", step, "after", message, "Wait for an outcome that stands, or remove `reopens`.")


def _when_changed(definition: Definition, find: Find) -> Iterator[Finding]:
    readers: dict[str, Step] = {}
    for step in definition.steps.values():
        for leaf in facts_in(step.only_if):
            readers.setdefault(leaf.fact, step)
    for name, step in readers.items():
        if definition.facts[name].when_changed is None:
            message = f"`only_if` reads `{name}`, and nobody says what its correction re-decides"
            yield find("when_changed said", step, "only_if", message, f"Write `when_changed: {{{name}: fixed}}`, or what it reopens until when.")
    for fact in definition.facts.values():
        changed = fact.when_changed
        if changed is not None and not changed.fixed and changed.until is None:
            yield find(
                "when_changed said",
                None,
                "when_changed",
                f"a late correction of `{fact.name}` reopens `{changed.reopens}` whenever",
                "Write `until:`.",
                line=fact.line,
            )


def _recorded(definition: Definition, find: Find) -> Iterator[Finding]:
    recorded = set(definition.opens_with)
    for step in definition.steps.values():
        recorded |= {*step.records, *(name for outcome in step.outcomes.values() for name in outcome.records)}
    for fact in definition.facts.values():
        if fact.name not in recorded:
            yield find(
                "recorded",
                None,
                "facts",
                f"no step records the fact `{fact.name}`",
                "Write `records:` at the step that knows it, or remove the fact.",
                line=fact.line,
            )
    for step in definition.steps.values():
        for key in ("due", "target", "again", "not_before", "wait"):
            yield from _own_base(definition, step, key, find)


def _own_base(definition: Definition, step: Step, key: str, find: Find) -> Iterator[Finding]:
    rules = [dated.rule for dated in step.due] if key == "due" else [getattr(step, key)]
    for text in filter(None, rules):
        for base in parse_rule(text).bases:
            if base.name == step.name and base.kind in ("name", "due of"):
                yield find("bases known before", step, key, f"{text!r} counts from the step itself", "Count from a fact or step known before.")
            elif base.kind == "name" and recorders(definition, base.name) == {step.name}:
                yield find(
                    "bases known before",
                    step,
                    key,
                    f"{text!r} counts from `{base.name}`, which the step itself records",
                    "Count from what is known before.",
                )


def recorders(definition: Definition, fact: str) -> set[str]:
    """The steps that record a fact, by themselves or by an outcome; `opens_with` if the opener states it."""
    found = {s.name for s in definition.steps.values() if fact in s.records or any(fact in o.records for o in s.outcomes.values())}
    return found | ({"opens_with"} if fact in definition.opens_with else set())


def _near_equal(definition: Definition, find: Find) -> Iterator[Finding]:
    lists = {name: set(members) for name, members in definition.parties.items()}
    lists |= {f.name: set(f.words) for f in definition.facts.values() if f.type == "list"}
    for (first, one), (second, other) in combinations(lists.items(), 2):
        if len(one ^ other) == 1 and len(one & other) >= 4:
            message = f"`{first}` and `{second}` differ only by {next(iter(one ^ other))}"
            yield find("near-equal lists", None, f"parties.{first}", message, "Make them one list, or let them differ on purpose by more than one.")


def _ends(definition: Definition, find: Find) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for end in definition.ends.values():
        same = repr(end.after)
        if same in seen:
            yield find("told apart", None, f"ends.{end.name}", f"the ends `{seen[same]}` and `{end.name}` come in the same case", "Keep one.")
        seen[same] = end.name
