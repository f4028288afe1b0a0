"""One case in which everybody acts on the last day, in turn, each alternative at its worst: when each step opens, is due and is done.

Where dates break, they break here first: date rules are monotone in their bases (property test in `tests/rules/`), so nobody acting sooner makes
anybody later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from rules.check.own_dates import faults
from rules.check.reckoned import ReckonedRule, Reckoner
from rules.check.step_rules import Timed, rules_of
from rules.condition_text import steps_in
from rules.definition import Definition, Step
from rules.truth import F, fact_truth
from rules.values import Value

ONE_DAY = timedelta(days=1)


@dataclass
class Schedule:
    """All steps of one case that apply. `bounds`: planned dates with their first and last possible day."""

    opened_on: date
    facts: dict[str, Value]
    steps: dict[str, Timed] = field(default_factory=dict)
    bounds: dict[str, tuple[date, date]] = field(default_factory=dict)

    def path(self, name: str) -> list[str]:
        """How it came to that step, an event a line: each step's last day, from the opening on."""
        chain = [name]
        while chain[-1] and self.steps[chain[-1]].after:
            chain.append(self.steps[chain[-1]].after)
        days = [f"{fact}: {value}" for fact, value in self.facts.items() if isinstance(value, date)]
        told = [f"{s.step.name}: opens {s.opens_on}, last day {s.done_on}" for s in (self.steps[n] for n in reversed(chain))]
        return [f"open on {self.opened_on} ({', '.join(days)})" if days else f"open on {self.opened_on}", *told]

    def day(self, rule: ReckonedRule | None, opened_on: date) -> date | None:
        """What a rule comes to for a step that opens on that day; None while a base is unknown, and for no rule."""
        return None if rule is None else rule.on(self.known, opened_on)

    def first(self, rules: Iterable[ReckonedRule], opened_on: date) -> date | None:
        """The earliest day of several rules, None if none is known."""
        return min((day for rule in rules if (day := rule.on(self.known, opened_on)) is not None), default=None)

    def known(self, key: str) -> date | int | None:
        """A base of a rule. `due of STEP` is that step's own date, the totals on it left out."""
        if key.startswith("due of "):
            timed = self.steps.get(key.removeprefix("due of "))
            return None if timed is None else self.first((rule for _, rule in timed.rules.due), timed.opens_on)
        value = self.facts.get(key)
        if isinstance(value, date) or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        return self.steps[key].done_on if key in self.steps else None


class Scheduler:
    """Works out schedules of one definition. `plans_late`: planned dates on their last possible day, else on their first."""

    def __init__(self, definition: Definition, reckoner: Reckoner, plans_late: bool) -> None:
        self.definition = definition
        self.plans_late = plans_late
        self.opens_on = reckoner.rule(definition.opens_on)
        self.rules = {step.name: rules_of(step, definition, reckoner) for step in definition.steps.values()}
        self.bounds = {f.name: (reckoner.rule(f.no_sooner), reckoner.rule(f.no_later)) for f in definition.facts.values()}
        self.waits = {step.name: tuple(dict.fromkeys(leaf.step for leaf in steps_in(step.after))) for step in definition.steps.values()}
        self.recorded = {step.name: _recorded(step) for step in definition.steps.values()}

    def run(self, facts: dict[str, Value], opened_on: date) -> Schedule:
        """The case opened with these facts on that day."""
        schedule = Schedule(opened_on, dict(facts))
        for step in self.definition.steps.values():
            if step.only_if is None or fact_truth(step.only_if, schedule.facts.get) != F:
                self._add(schedule, step)
        return schedule

    def _add(self, schedule: Schedule, step: Step) -> None:
        """The step with its days: those of an earlier case in which all that they depend on was the same, or else worked out."""
        rules = self.rules[step.name]
        opens_on, after = schedule.opened_on, ""
        for name in self.waits[step.name]:
            waited = schedule.steps.get(name)
            if waited is not None and (waited.done_on > opens_on or not after):
                opens_on, after = waited.done_on, name
        asked = (opens_on, after, *map(schedule.known, rules.bases), *map(schedule.facts.get, rules.tested))
        timed = rules.met.get(asked)
        if timed is None:
            timed = schedule.steps[step.name] = Timed(step, rules, opens_on, after=after)
            _work_out(schedule, timed)
            if rules.shared:
                rules.met[asked] = timed
        schedule.steps[step.name] = timed
        self._record(schedule, step, timed)

    def _record(self, schedule: Schedule, step: Step, timed: Timed) -> None:
        """Date facts that the step records are its own day; planned dates an extreme of what their bounds allow; years the day's."""
        for name in self.recorded[step.name]:
            fact = self.definition.facts[name]
            if fact.type == "date":
                schedule.facts[name] = timed.done_on
            elif fact.type == "year":
                schedule.facts[name] = timed.done_on.year + 1
            elif fact.type == "planned date":
                no_sooner, no_later = self.bounds[name]
                sooner = schedule.day(no_sooner, timed.done_on) or timed.done_on
                later = schedule.day(no_later, timed.done_on) or sooner
                schedule.bounds[name] = (sooner, later)
                schedule.facts[name] = max(sooner, later) if self.plans_late else sooner


def _work_out(schedule: Schedule, timed: Timed) -> None:
    timed.due = _due(schedule, timed)
    timed.target = schedule.day(timed.rules.target, timed.opens_on)
    timed.not_before = schedule.day(timed.rules.not_before, timed.opens_on)
    timed.done_on = _done_on(schedule, timed)
    timed.faults = tuple(faults(timed))


def _due(schedule: Schedule, timed: Timed) -> date | None:
    asked = [rule for test, rule in timed.rules.due if test is None or fact_truth(test, schedule.facts.get) != F]
    return schedule.first((*asked, *timed.rules.totals), timed.opens_on)


def _done_on(schedule: Schedule, timed: Timed) -> date:
    """The last day: law's if there is one, else the trust's. A window that lapses is recorded the day after."""
    step = timed.step
    if step.wait:
        return max(timed.opens_on, schedule.day(timed.rules.wait, timed.opens_on) or timed.opens_on)
    last = timed.due or timed.target or timed.opens_on
    if step.lapses_as and timed.due:
        last += ONE_DAY
    return max(timed.opens_on, last, timed.not_before or timed.opens_on) if not step.aside else max(timed.opens_on, last)


def _recorded(step: Step) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*step.records, *(name for outcome in step.outcomes.values() for name in outcome.records)]))
