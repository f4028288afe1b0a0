"""Conditions said in words, for people: `year group is 9 or above`, `the LA decides on the plan: amend`."""

from __future__ import annotations

from collections.abc import Mapping

from rules.conditions import AllFacts, AllOf, AnyFact, AnyOf, AtLeast, AtMost, DayIs, FactTest, Known, OneOf, Opening, Settled, StepCondition
from rules.explain import in_full, words_of


def fact_words(test: FactTest, titles: Mapping[str, str]) -> str:
    """A test of facts in words. `titles`: what to call a fact, else its name in words."""
    if isinstance(test, AllFacts | AnyFact):
        return (" and " if isinstance(test, AllFacts) else " or ").join(fact_words(part, titles) for part in test.parts)
    name = titles.get(test.fact) or words_of(test.fact)
    if isinstance(test, OneOf):
        return f"{name} is {' or '.join(word.replace('_', ' ') for word in test.words)}"
    if isinstance(test, AtLeast):
        return f"{name} is {test.number} or above"
    if isinstance(test, AtMost):
        return f"{name} is {test.number} or below"
    if isinstance(test, Known):
        return f"{name} is {'known' if test.known else 'not known'}"
    return f"{name} is {_day_words(test)}"


def _day_words(test: DayIs) -> str:
    bounds = [f"before {in_full(test.before)}"] if test.before else []
    return " and ".join([*bounds, *([f"from {in_full(test.since)} on"] if test.since else [])])


def step_words(condition: StepCondition, titles: Mapping[str, str]) -> str:
    """A step condition in words. `titles`: what to call a step, else its name in words."""
    if isinstance(condition, Opening):
        return "from the opening"
    if isinstance(condition, AllOf | AnyOf):
        return (" and " if isinstance(condition, AllOf) else " or ").join(step_words(part, titles) for part in condition.parts)
    name = titles.get(condition.step) or words_of(condition.step)
    if isinstance(condition, Settled):
        return f"“{name}” is settled"
    outcomes = " or ".join(word.replace("_", " ") for word in condition.outcomes)
    return f"“{name}” came to {outcomes}" if outcomes else f"“{name}” is done"
