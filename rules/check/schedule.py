"""One case in which everybody acts on the last day, in turn, each alternative at its worst: when each step opens, is due and is done.

Where dates break, they break here first: date rules are monotone in their bases (property test in `tests/rules/`), so nobody acting sooner makes
anybody later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from rules.calendar import SchoolCalendar
from rules.condition_text import steps_in
from rules.definition import Counting, Definition, Step
from rules.due import DueDate, due_date
from rules.periods import parse_rule
from rules.truth import F, fact_truth
from rules.values import Value

ONE_DAY = timedelta(days=1)
PLAIN = Counting()


@dataclass
class Timed:
    """A step's days. `target` is the trust's own date; `due` the earliest of law's and the totals' on it; `done_on` when the last day is used up."""

    step: Step
    opens_on: date
    due: date | None = None
    target: date | None = None
    not_before: date | None = None
    done_on: date = date.min
    after: str = ""  # the step whose last day it opens on


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


class Scheduler:
    """Works out schedules of one definition. `plans_late`: planned dates on their last possible day, else on their first."""

    def __init__(self, definition: Definition, calendar: SchoolCalendar, plans_late: bool) -> None:
        self.definition = definition
        self.calendar = calendar
        self.plans_late = plans_late
        self.totals: dict[str, list[tuple[str, Counting]]] = {}
        for total in definition.totals:
            self.totals.setdefault(total.to, []).append((total.rule, total.counting))
        self.waits = {step.name: tuple(dict.fromkeys(leaf.step for leaf in steps_in(step.after))) for step in definition.steps.values()}

    def run(self, facts: dict[str, Value], opened_on: date) -> Schedule:
        """The case opened with these facts on that day."""
        schedule = Schedule(opened_on, dict(facts))
        for step in self.definition.steps.values():
            if step.only_if is None or fact_truth(step.only_if, schedule.facts.get) != F:
                self._add(schedule, step)
        return schedule

    def _add(self, schedule: Schedule, step: Step) -> None:
        waited = [schedule.steps[name] for name in self.waits[step.name] if name in schedule.steps]
        last = max(waited, key=lambda one: one.done_on, default=None)
        timed = Timed(step, last.done_on if last else schedule.opened_on, after=last.step.name if last else "")
        schedule.steps[step.name] = timed
        timed.due = self._due(schedule, step, timed.opens_on)
        timed.target = self.day(schedule, step.target, timed.opens_on)
        timed.not_before = self.day(schedule, step.not_before, timed.opens_on, step.counting)
        timed.done_on = self._done_on(schedule, step, timed)
        self._record(schedule, step, timed)

    def _done_on(self, schedule: Schedule, step: Step, timed: Timed) -> date:
        """The last day: law's if there is one, else the trust's. A window that lapses is recorded the day after."""
        if step.wait:
            return max(timed.opens_on, self.day(schedule, step.wait, timed.opens_on, step.counting) or timed.opens_on)
        last = timed.due or timed.target or timed.opens_on
        if step.lapses_as and timed.due:
            last += ONE_DAY
        return max(timed.opens_on, last, timed.not_before or timed.opens_on) if not step.aside else max(timed.opens_on, last)

    def _due(self, schedule: Schedule, step: Step, opens_on: date) -> date | None:
        days = [
            self.day(schedule, dated.rule, opens_on, step.counting)
            for dated in step.due
            if dated.facts is None or fact_truth(dated.facts, schedule.facts.get) != F
        ]
        days += [self.day(schedule, rule, opens_on, counting) for rule, counting in self.totals.get(step.name, [])]
        return min((day for day in days if day is not None), default=None)

    def own_due(self, schedule: Schedule, name: str) -> date | None:
        """The date of a step without the totals on it."""
        timed = schedule.steps.get(name)
        if timed is None:
            return None
        days = [self.day(schedule, dated.rule, timed.opens_on, timed.step.counting) for dated in timed.step.due]
        return min((day for day in days if day is not None), default=None)

    def day(self, schedule: Schedule, rule: str, opened_on: date, counting: Counting = PLAIN) -> date | None:
        """What a rule comes to, or None while a base is unknown."""
        if not rule:
            return None

        def known(key: str) -> date | int | None:
            if key.startswith("due of "):
                return self.own_due(schedule, key.removeprefix("due of "))
            value = schedule.facts.get(key)
            if isinstance(value, date) or (isinstance(value, int) and not isinstance(value, bool)):
                return value
            return schedule.steps[key].done_on if key in schedule.steps else None

        found = due_date(parse_rule(rule), known, opened_on=opened_on, calendar=self.calendar, counting=counting)
        return found.on if isinstance(found, DueDate) else None

    def _record(self, schedule: Schedule, step: Step, timed: Timed) -> None:
        """Date facts that the step records are its own day; planned dates an extreme of what their bounds allow; years the day's."""
        for name in _recorded(step):
            fact = self.definition.facts[name]
            if fact.type == "date":
                schedule.facts[name] = timed.done_on
            elif fact.type == "year":
                schedule.facts[name] = timed.done_on.year + 1
            elif fact.type == "planned date":
                sooner = self.day(schedule, fact.no_sooner, timed.done_on) or timed.done_on
                later = self.day(schedule, fact.no_later, timed.done_on) or sooner
                schedule.bounds[name] = (sooner, later)
                schedule.facts[name] = max(sooner, later) if self.plans_late else sooner


def _recorded(step: Step) -> Iterable[str]:
    return dict.fromkeys([*step.records, *(name for outcome in step.outcomes.values() for name in outcome.records)])
