"""Ring T: time. Each day of two years, bank holidays and terms included: what opens after its own date, which total or target cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, product

from rules.check.finding import Find, Finding, finder
from rules.check.reckoned import Reckoner
from rules.check.rounds import round_findings, rounds_that_fit
from rules.check.schedule import Schedule, Scheduler
from rules.check.typical_terms import typical_calendar
from rules.definition import Definition
from rules.explore_model import Model
from rules.periods import parse_rule
from rules.truth import F, fact_truth
from rules.uncollected import uncollected
from rules.values import Value

FIRST_DAY = date(2026, 9, 1)
DAYS = 731
ONE_DAY = timedelta(days=1)


@uncollected()
def timed_ring(definition: Definition) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings of ring T, the first day of each kind and step, and notes (how many send-backs fit before the law's date)."""
    find = finder("T", definition)
    found: dict[tuple[str, str, int], Finding] = {}
    notes: dict[str, int] = {}
    for finding in _no_anchor(definition, find):
        found.setdefault((finding.rule, finding.step, finding.line), finding)
    for scheduler, schedule in _schedules(definition, 1):
        for finding in (*_late(definition, schedule, find), *round_findings(scheduler, schedule, find)):
            found.setdefault((finding.rule, finding.step, finding.line), finding)
        for words, fit in rounds_that_fit(scheduler, schedule):
            notes[words] = min(notes.get(words, fit), fit)
    return list(found.values()), tuple(f"{words}: {fit}{' or more' if fit > 9 else ''}" for words, fit in notes.items())


@uncollected()
def breaks_in_time(definition: Definition) -> bool:
    """Whether ring T finds anything, asked as quickly as may be: a day a month first."""
    find = finder("T", definition)
    if any(True for _ in _no_anchor(definition, find)):
        return True
    for every in (30, 1):
        for scheduler, schedule in _schedules(definition, every):
            if any(True for _ in chain(_late(definition, schedule, find), round_findings(scheduler, schedule, find))):
                return True
    return False


def _schedules(definition: Definition, every: int) -> Iterator[tuple[Scheduler, Schedule]]:
    calendar = typical_calendar(FIRST_DAY.year - 1, 5)
    for scheduler, facts, opened_on in _cases(definition, Reckoner(calendar), every):
        yield scheduler, scheduler.run(facts, opened_on)


def _cases(definition: Definition, reckoner: Reckoner, every: int) -> Iterator[tuple[Scheduler, dict[str, Value], date]]:
    """Every case to try: planned dates early and late, each set of cases that no other contains, each of `every` days."""
    anchors = [f.name for f in definition.opens_with.values() if f.type in ("date", "planned date")]
    planned = any(fact.type == "planned date" and fact.name not in definition.opens_with for fact in definition.facts.values())
    for plans_late in (False, True) if planned else (False,):
        scheduler = Scheduler(definition, reckoner, plans_late)
        for facts in _worst_facts(definition):
            for n in range(0, DAYS, every):
                day = FIRST_DAY + n * ONE_DAY
                stated = {**facts, **dict.fromkeys(anchors, day)}
                opened_on = Schedule(day, stated).day(scheduler.opens_on, day)
                yield scheduler, stated, opened_on or day


def _worst_facts(definition: Definition) -> list[dict[str, Value]]:
    """The opener's facts, one choice for each greatest set of steps that apply together: fewer steps never make anything later."""
    model = Model(definition, tuple(definition.steps))
    names = [name for name in model.facts]
    tried: dict[frozenset[str], dict[str, Value]] = {}
    for values in product(*[model.values[name] for name in names]):
        facts = dict(zip(names, values, strict=True))
        applying = frozenset(s.name for s in definition.steps.values() if s.only_if is not None and fact_truth(s.only_if, facts.get) != F)
        dated = frozenset(
            f"{s.name} {d.rule}" for s in definition.steps.values() for d in s.due if d.facts is not None and fact_truth(d.facts, facts.get) != F
        )
        tried.setdefault(applying | dated, facts)
    greatest = [facts for steps, facts in tried.items() if not any(steps < other for other in tried)]
    years: dict[str, Value] = {f.name: FIRST_DAY.year + 1 for f in definition.opens_with.values() if f.type == "year" and f.name not in names}
    return [{**years, **facts} for facts in greatest]


def _late(definition: Definition, schedule: Schedule, find: Find) -> Iterator[Finding]:
    for name, (sooner, later) in schedule.bounds.items():
        if sooner > later:
            message = f"the bounds of `{name}` leave no day: not before {sooner}, not after {later}"
            yield find("bounds", None, "facts", message, "Widen one, or let the case open sooner.", _opened(schedule), definition.facts[name].line)
    for timed in schedule.steps.values():
        for fault in timed.faults:
            yield find(fault.rule, timed.step, fault.key, fault.message, fault.cure, schedule.path(timed.step.name))


def _opened(schedule: Schedule) -> list[str]:
    return [f"{timed.step.name}: opens {timed.opens_on}, last day {timed.done_on}" for timed in list(schedule.steps.values())[:6]]


def _no_anchor(definition: Definition, find: Find) -> Iterator[Finding]:
    """A case with a date that was planned before it opens must say by when to open it."""
    planned = {f.name for f in definition.opens_with.values() if f.type == "planned date"}
    if definition.opens_on or not planned:
        return
    for total in definition.totals:
        if total.start in planned:
            yield find(
                "no opens_on",
                None,
                "totals",
                f"the total to {total.to} runs to `{total.start}`, and nobody says by when to open the case",
                "Write `opens_on: RULE`.",
            )
    for step in definition.steps.values():
        for rule in filter(None, [*(d.rule for d in step.due), step.target]):
            if any(base.name in planned for base in parse_rule(rule).bases):
                yield find(
                    "no opens_on",
                    step,
                    "target",
                    f"`{rule}` counts back from a day stated at opening, and nobody says by when to open the case",
                    "Write `opens_on: RULE`.",
                )
