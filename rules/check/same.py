"""Whether two tellings say the same: rules, conditions, lists of people. Order and wording do not count, meaning does."""

from __future__ import annotations

from collections.abc import Iterable

from rules.conditions import AllFacts, AllOf, AnyFact, AnyOf, AtLeast, AtMost, DayIs, Done, FactTest, Known, OneOf, Opening, Settled, StepCondition
from rules.definition import DatedBy, Definition, Step
from rules.periods import RuleError, parse_rule

Plain = tuple[object, ...]


def plain_test(test: FactTest | None) -> Plain:
    """A fact test as a plain value that is equal for equal meaning."""
    if test is None:
        return ()
    if isinstance(test, AllFacts | AnyFact):
        return (type(test).__name__, frozenset(plain_test(part) for part in test.parts))
    if isinstance(test, OneOf):
        return (test.fact, "is", frozenset(test.words))
    if isinstance(test, AtLeast | AtMost):
        return (test.fact, type(test).__name__, test.number)
    if isinstance(test, Known):
        return (test.fact, "known", test.known)
    assert isinstance(test, DayIs)
    return (test.fact, test.before, test.since)


def plain_condition(condition: StepCondition | None) -> Plain:
    """A step condition as a plain value; `{step: outcome}` looks like the fact test that a register writes for it."""
    if condition is None:
        return ()
    if isinstance(condition, Opening):
        return ("opening",)
    if isinstance(condition, AllOf | AnyOf):
        name = "AllFacts" if isinstance(condition, AllOf) else "AnyFact"
        return (name, frozenset(plain_condition(part) for part in condition.parts))
    if isinstance(condition, Settled):
        return (condition.step, "settled")
    assert isinstance(condition, Done)
    return (condition.step, "is", frozenset(condition.outcomes))


def plain_rule(text: str) -> Plain:
    """A rule by its shape, so that `starting with` and `beginning with` are one."""
    try:
        return ("rule", parse_rule(text).shape)
    except RuleError:
        return ("text", text)


def plain_dates(dates: Iterable[DatedBy]) -> Plain:
    """A `due` with its `if`s, in order."""
    found: list[object] = []
    for dated in dates:
        ifs = frozenset(part for part in (plain_test(dated.facts), plain_condition(dated.steps)) if part)
        joined = frozenset(inner for part in ifs for inner in (part[1] if part[0] == "AllFacts" and isinstance(part[1], frozenset) else (part,)))
        found.append((plain_rule(dated.rule), joined))
    return tuple(found)


def told_dates(dates: Iterable[DatedBy]) -> str:
    """A `due` in words for a message."""
    return "; ".join(dated.rule for dated in dates) or "no date"


def spread(definition: Definition, names: Iterable[str]) -> frozenset[str]:
    """Names of roles and lists as roles; `nobody` is nobody."""
    found: set[str] = set()
    for name in names:
        fact = definition.facts.get(name)
        found |= set(definition.parties.get(name, fact.words if fact is not None else (name,)))
    return frozenset(found - {"nobody"})


def owners(definition: Definition, step: Step) -> frozenset[str]:
    """Every word by which a register may name who owes a step: its role, `school` for any of ours and for software, `party`."""
    if step.does:
        return frozenset({"school", "software"})
    if step.wait or step.case:
        return frozenset({"calendar" if step.wait else "another_case"})
    role = definition.roles.get(step.by)
    return frozenset({step.by} | ({"school"} if role is not None and role.ours else set()))
