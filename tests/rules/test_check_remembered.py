"""What `check` remembers, walks together or shares among processes is what it would find without."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules.check import Finding, check
from rules.check.reckoned import Reckoner
from rules.check.schedule import Scheduler
from rules.check.typical_terms import typical_calendar
from rules.definition import ADULT, Definition
from rules.explore import explore, nothing_to_correct
from rules.explore_model import Model
from rules.library import Library
from rules.loader import PROCESS_DEFINITIONS, load_library, parse_definition
from rules.uncollected import uncollected
from rules.values import Value

SMALL = ("support_transfer", "trust_intervention")


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(PROCESS_DEFINITIONS)


def days_of(definition: Definition, scheduler: Scheduler, day: date) -> list[tuple[object, ...]]:
    """A case opened on that day, with every fact it opens with at its first."""
    first: dict[str, Value] = {
        "yes or no": True,
        "whole number": 1,
        ADULT: 1,
        "year": day.year,
        "date": day,
        "planned date": day + timedelta(days=90),
    }
    facts = {name: first.get(fact.type, fact.words[0] if fact.words else "") for name, fact in definition.opens_with.items()}
    schedule = scheduler.run(facts, day)
    return [(s.step.name, s.opens_on, s.due, s.target, s.not_before, s.done_on, s.after, s.faults) for s in schedule.steps.values()]


@pytest.mark.parametrize("process", ["mediation", "annual_review", "published_information"])
def test_a_step_whose_days_are_remembered_has_the_days_that_are_worked_out(process: str, library: Library) -> None:
    definition = library.definitions[process][0]
    reckoner = Reckoner(typical_calendar(2025, 5))
    remembering, working_out = Scheduler(definition, reckoner, plans_late=True), Scheduler(definition, reckoner, plans_late=True)
    working_out.rules = {name: replace(rules, shared=False) for name, rules in working_out.rules.items()}
    days = [date(2026, 9, 1) + timedelta(days=n) for n in range(0, 360, 9)]
    for day in (*days, *days):
        assert days_of(definition, remembering, day) == days_of(definition, working_out, day)
    assert any(rules.met for rules in remembering.rules.values()) and not any(rules.met for rules in working_out.rules.values())


SELF = """
process: own
prefix: BZ
title: Days that lean on the step itself
about: pupil
opens_with: {asked_on: date}
begins_with: [first]
steps:
  first: {title: a, by: senco, after: opening, due: 6 weeks after asked_on, target: 1 week before due of first, policy: 1}
  second: {title: b, by: senco, after: first, due: later of 2 weeks after asked_on and 1 week after third if any, policy: 1}
  third: {title: c, by: senco, after: second, target: 1 day after due of second, policy: 1}
ends: {good: {after: third}}
"""


def test_a_step_on_which_its_own_base_depends_shares_no_days(library: Library) -> None:
    """The base of `third` is unknown until `third` itself has a day, so what it says before does not tell what the days depend on."""
    definition = parse_definition(SELF, "own.yaml", library.registers)
    rules = Scheduler(definition, Reckoner(typical_calendar(2025, 2)), plans_late=False).rules
    assert {name: step.shared for name, step in rules.items()} == {"first": True, "second": True, "third": False}


def test_one_walk_serves_where_nothing_can_be_corrected(library: Library) -> None:
    definition = library.definitions["plan_moves_authority"][0]
    once, twice = explore(definition), explore(definition, corrections=True)
    assert nothing_to_correct(once, Model(definition, corrections=True))
    assert [(p.state, p.ends, p.edges) for p in once.positions] == [(p.state, p.ends, p.edges) for p in twice.positions]
    assert (once.became, once.lost, once.came_early) == (twice.became, twice.lost, twice.came_early)


@pytest.mark.parametrize("process", ["advice_request", "support_transfer", "sen_support"])
def test_one_walk_does_not_serve_where_something_can(process: str, library: Library) -> None:
    """Facts to correct, or asides that the walk with corrections leaves out."""
    definition = library.definitions[process][0]
    asides = tuple(step.name for step in definition.steps.values() if step.aside)
    assert not nothing_to_correct(explore(definition, asides), Model(definition, corrections=True))


@pytest.mark.parametrize("threads", [False, True], ids=["forked where no thread runs", "spawned beside a thread"])
def test_walked_by_other_processes_the_findings_are_those_of_one(threads: bool, library: Library) -> None:
    stop, asked = threading.Event(), list[str]()
    beside = threading.Thread(target=stop.wait)
    if threads:
        beside.start()
    try:
        shared = check(broken(library), explored=SMALL, processors=2, meanwhile=lambda: asked.append("once"))
    finally:
        stop.set()
    alone = check(broken(library), explored=SMALL)
    assert told(shared.findings) == told(alone.findings) != []
    assert [replace(f, seconds=0) for f in shared.figures] == [replace(f, seconds=0) for f in alone.figures]
    assert asked == ["once"] and [f.process for f in alone.figures] == list(SMALL)


def broken(library: Library) -> Library:
    """The library with an end of `trust_intervention` that never comes."""
    (old,) = library.definitions["trust_intervention"]
    first = next(iter(old.ends))
    ends = {name: end for name, end in old.ends.items() if name != first}
    return Library.of([replace(one, ends=ends) if one is old else one for one in library.all()], library.registers)


def told(findings: list[Finding]) -> list[str]:
    return [str(finding) for finding in findings]


def test_garbage_is_looked_for_again_afterwards() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match="fails"), uncollected():
        assert not gc.isenabled()
        raise ValueError("what fails inside")
    assert gc.isenabled()
