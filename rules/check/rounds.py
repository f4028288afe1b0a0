"""Ring T, later rounds: a step sent back on the last day must not be late at birth; and how many send-backs fit before the law's date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rules.check.finding import Find, Finding
from rules.check.schedule import Schedule, Scheduler
from rules.definition import Definition, Step
from rules.periods import parse_rule
from rules.resets import depending_on

MOST = 10


@dataclass(frozen=True)
class Loop:
    """A way to send back: the deciding step, its outcome, the steps to do again up to the decider in file order, and the steps whose date of
    law does not move with the loop."""

    decider: Step
    outcome: str
    steps: tuple[Step, ...]
    bound: tuple[str, ...]


@lru_cache(maxsize=32)
def loops_of(scheduler: Scheduler) -> tuple[Loop, ...]:
    """Every way to send back in the scheduler's definition."""
    definition, found = scheduler.definition, []
    names = list(definition.steps)
    for decider in definition.steps.values():
        for outcome in decider.outcomes.values():
            if outcome.reopens:
                scope = depending_on(definition, outcome.reopens, "")
                again = [definition.steps[n] for n in names if n in scope and names.index(n) < names.index(decider.name)]
                bound = tuple(n for n in names if (n in scope or n == decider.name) and _stands_still(definition, definition.steps[n], set(scope)))
                found.append(Loop(decider, outcome.name, (*again, decider), bound))
    return tuple(found)


def _stands_still(definition: Definition, step: Step, scope: set[str]) -> bool:
    """Whether a date of law on the step counts from nothing that the loop records anew."""
    rules = [dated.rule for dated in step.due] + [total.rule for total in definition.totals if total.to == step.name]
    bases = {base.name for rule in rules for base in parse_rule(rule).bases}
    moved = {fact for name in scope for s in (definition.steps[name],) for fact in (*s.records, *(f for o in s.outcomes.values() for f in o.records))}
    return bool(rules) and not bases & (scope | moved) and "it opens" not in bases


def _target(schedule: Schedule, step: Step, opens_on: date) -> date | None:
    rules = schedule.steps[step.name].rules
    return schedule.day(rules.again or rules.target, opens_on)


def round_findings(scheduler: Scheduler, schedule: Schedule, find: Find) -> Iterator[Finding]:
    """Steps whose second round, opened by a send-back on the last day, has a target that is over already."""
    for loop in loops_of(scheduler):
        if loop.decider.name not in schedule.steps:
            continue
        opens_on = schedule.steps[loop.decider.name].done_on
        for step in loop.steps:
            if step.name not in schedule.steps:
                continue
            target = _target(schedule, step, opens_on)
            if target is not None and target < opens_on:
                history = [*schedule.path(loop.decider.name), f"{loop.decider.name}: {loop.outcome} on {opens_on}"]
                key = "again" if step.again else "target"
                message = f"the second round opens on {opens_on}, its target is {target}"
                yield find("late at birth", step, key, message, "Write `again:` and a date that counts from when it opens.", history)
            opens_on = max(opens_on, target or opens_on)


def rounds_that_fit(scheduler: Scheduler, schedule: Schedule) -> Iterator[tuple[str, int]]:
    """For each way to send back, how often it fits, when everybody keeps the trust's targets, before the first date of law that it cannot
    move would be missed; at most MOST."""
    for loop in loops_of(scheduler):
        own = schedule.steps.get(loop.decider.name)
        dues = [due for name in loop.bound if name in schedule.steps and (due := schedule.steps[name].due) is not None]
        if own is not None and dues:
            words = f"{loop.decider.name}: {loop.outcome}, times that fit before the law's date"
            yield words, _fit(schedule, loop.steps, own.target or own.done_on, min(dues))


def _fit(schedule: Schedule, steps: tuple[Step, ...], day: date, last: date) -> int:
    rules = [rules.again or rules.target for step in steps if step.name in schedule.steps for rules in (schedule.steps[step.name].rules,)]
    for count in range(MOST + 1):
        began = day
        for rule in rules:
            day = max(day, schedule.day(rule, day) or day)
        if day > last:
            return count
        if day == began:
            break  # nor would any further round take a day
    return MOST
