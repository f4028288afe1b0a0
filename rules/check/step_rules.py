"""The rules of one step ready to be asked, and the days that they come to in one case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from rules.check.reckoned import ReckonedRule, Reckoner
from rules.condition_text import facts_in
from rules.conditions import FactTest
from rules.definition import Definition, Step
from rules.periods import parse_rule
from rules.values import Value


@dataclass(frozen=True)
class Fault:
    """Days of one step that are out of order: the short name of the finding, the key to blame, what was found, what to do."""

    rule: str
    key: str
    message: str
    cure: str


@dataclass
class Timed:
    """A step's days. `target` is the trust's own date; `due` the earliest of law's and the totals' on it; `done_on` when the last day is used up.

    Cases in which all that they depend on is the same share it: it does not change once it is worked out.
    """

    step: Step
    rules: StepRules
    opens_on: date
    due: date | None = None
    target: date | None = None
    not_before: date | None = None
    done_on: date = date.min
    after: str = ""  # the step whose last day it opens on
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class StepRules:
    """The rules of one step. `due`: each with the test of facts that says when it is the one. `totals`: those that end with the step.

    `bases` and `tested`: the bases and facts on which its days depend, beside the day it opens; `met`: its days by their values, as far as met.
    `shared` is false where a base depends on the step itself, so that its value says less than its days depend on.
    """

    due: tuple[tuple[FactTest | None, ReckonedRule], ...]
    totals: tuple[ReckonedRule, ...]
    target: ReckonedRule | None
    again: ReckonedRule | None
    not_before: ReckonedRule | None
    wait: ReckonedRule | None
    tested: tuple[str, ...]
    bases: tuple[str, ...]
    shared: bool
    met: dict[tuple[Value | None, ...], Timed] = field(default_factory=dict)


def rules_of(step: Step, definition: Definition, reckoner: Reckoner) -> StepRules:
    """The rules of a step. Dates of law are counted as the cited law counts, the trust's own (`target`, `again`) plainly."""
    due = [(dated.facts, rule) for dated in step.due if (rule := reckoner.rule(dated.rule, step.counting))]
    totals = [rule for total in definition.totals if total.to == step.name and (rule := reckoner.rule(total.rule, total.counting))]
    target, not_before = reckoner.rule(step.target), reckoner.rule(step.not_before, step.counting)
    wait = reckoner.rule(step.wait, step.counting)
    asked = [rule for rule in (*(rule for _, rule in due), *totals, target, not_before, wait) if rule is not None]
    bases = tuple(dict.fromkeys(key for rule in asked for key in rule.keys))
    tested = tuple(dict.fromkeys(leaf.fact for test, _ in due for leaf in facts_in(test)))
    shared = step.name not in _names(bases, step.name, definition)
    return StepRules(tuple(due), tuple(totals), target, reckoner.rule(step.again), not_before, wait, tested, bases, shared)


def _names(keys: Iterable[str], own: str, definition: Definition) -> set[str]:
    """Every name that these bases count from, directly or through the date of another step."""
    found, left = set[str](), [key for key in keys if key != f"due of {own}"]
    while left:
        key = left.pop()
        step = definition.steps.get(key.removeprefix("due of "))
        if key in found:
            continue
        found |= {key, key.removeprefix("due of ")}
        if step is not None and key.startswith("due of "):
            left += [base.key for dated in step.due for base in parse_rule(dated.rule).bases]
    return found
