"""The explorer's meaning is the engine's: random walks through its graph, replayed in the readable fold, give every status alike."""

import random
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from rules.calendar import england
from rules.check.explored import with_status
from rules.definition import ADULT, Definition
from rules.explore import Graph, explore, histories
from rules.explore_model import Model
from rules.explore_moves import Move, Moves
from rules.explore_state import DONE_, NOT_NEEDED, OPEN, OVERTAKEN, SKIPPED_, WAITING, AtRest
from rules.history import Event, Refused
from rules.loader import PROCESS_DEFINITIONS, load_library, parse_definition
from rules.position import advance, start
from rules.position_types import Instance, Position
from rules.register_types import Registers
from rules.values import Value

EXAMPLE = Path(__file__).parent / "example"
NAMES = {WAITING: "waiting", OPEN: "open", DONE_: "done", SKIPPED_: "does_not_apply", NOT_NEEDED: "not_needed", OVERTAKEN: "overtaken"}
CALENDAR = england()
LONG = timedelta(days=120)

FACTS = """
process: facts
prefix: BZ
title: Facts, corrections, resets, early arrivals
about: pupil
opens_with: {kind: [small, large, odd], age: whole number, near: yes or no}
begins_with: [first, second]
when_changed: {kind: fixed, age: {reopens: third, until: last}, near: {reopens: grown, until: last}}
facts:
  liked: {is: yes or no, when_changed: fixed}
steps:
  first: {title: a, by: senco, after: opening, outcomes: {on: {tells: nobody}, off: {tells: senco}}, policy: 1}
  second: {title: b, by: la, after: opening, only_if: {kind: [small, odd]}, may_come_early: no, policy: 1}
  third: {title: c, by: senco, after: {any: [{first: on}, second]}, only_if: {age: 9 or above}, until: last, records: [liked], policy: 1}
  grown: {title: i, by: senco, after: third, only_if: {near: yes, liked: yes}, until: {all: [last, first]}, policy: 1}
  sixth: {title: h, by: la, after: [{settled: grown}, {any: [{second: does_not_apply}, {settled: third}]}],
    may_come_early: {after: first}, until: last, policy: 1}
  side: {title: j, by: senco, after: first, aside: yes, until: sixth, policy: 1}
  maybe: {title: k, by: senco, after: {first: [on, not_needed]}, may: yes, policy: 1, until: last}
  last: {title: l, by: headteacher, kind: approval, not_by: first, after: [{first: on}, {settled: sixth}],
    may_come_early: {after: {first: on}}, policy: 1, outcomes: {fine: {tells: nobody}, redo: {reopens: third, tells: senco}, stop: {tells: nobody}}}
ends:
  dropped: {after: [{first: off}, {settled: sixth}]}
  stopped: {after: {last: stop}}
  good: {after: [{last: fine}, {any: [{maybe: not_needed}, {first: on}]}]}
"""
LISTS = """
process: lists
prefix: BZ
title: Lists, named and not known, and what one member reopens
about: pupil
opens_with: {kind: yes or no}
begins_with: [first]
parties: {two: [la, health], three: [la, health, parent]}
facts:
  helpers: {is: list, of: three, at_least: 0, grows: yes}
steps:
  first: {title: a, by: senco, after: opening, records: [helpers], policy: 1}
  asked: {title: d, by: party, each: two, after: first, until: {any: [last, {some: {answered: no}}]}, policy: 1, answers: [x, y]}
  answered: {title: e, by: party, each: two, after: asked, policy: 1, may_come_early: {after: first}, until: last, outcomes: {yes: {tells: nobody},
    no: {tells: nobody}, again: {reopens: asked, tells: nobody}}}
  helped: {title: g, by: party, each: {of: helpers}, after: first, until: last, policy: 1, outcomes: {good: {tells: nobody}, bad: {tells: nobody}}}
  thanked: {title: g, by: party, each: {of: helpers}, after: {helped: good}, may_come_early: {after: first}, until: last, policy: 1}
  last: {title: l, by: senco, after: [{settled: answered}, {some: {settled: helped}}], may_come_early: {after: first}, policy: 1,
    outcomes: {fine: {tells: nobody}, redo: {reopens: helped, tells: senco}}}
  rest: {title: m, by: senco, after: {last: fine}, policy: 1}
ends:
  good: {after: [{last: fine}, rest, {any: [{helped: good}, {some: {helped: [bad, not_needed]}}, {settled: helped}]}]}
"""


@pytest.fixture(scope="module")
def registers() -> Registers:
    return load_library(EXAMPLE).registers


def definition_of(name: str, registers: Registers) -> Definition:
    if name in ("facts", "lists"):
        return parse_definition({"facts": FACTS, "lists": LISTS}[name], f"{name}.yaml", registers)
    if name == "example":
        return load_library(EXAMPLE).all()[0]
    return load_library(PROCESS_DEFINITIONS).definitions[name][0]


class Replay:
    """One walk replayed in the fold. Members of lists are anonymous in the explorer; here any party that stands like the member acts."""

    def __init__(self, definition: Definition, model: Model) -> None:
        self.definition = definition
        self.model = model
        self.day = date(2026, 9, 7)
        self.position: Position | None = None

    def open(self, move: Move) -> None:
        facts = dict(move.facts)
        for name, fact in self.definition.opens_with.items():
            facts.setdefault(name, self.value(name, self.day + 4 * LONG) if fact.type in ("date", "planned date") else self.value(name, self.day))
        self.position = start(self.definition, Event("open", self.day, 1, facts=facts), CALENDAR).position

    def value(self, name: str, day: date) -> Value:
        fact = self.definition.facts[name]
        first: dict[str, Value] = {
            "words": fact.words[:1][0] if fact.words else "",
            "yes or no": True,
            "whole number": 1,
            "year": 2027,
            "list": fact.words[:1],
            ADULT: 1,
        }
        return first.get(fact.type, day)

    def apply(self, move: Move, party: str) -> None:
        """Record the move; try later days and planned dates until no bound of time stands in the way."""
        assert self.position is not None
        for wait in (0, 1, 8, 20, 45, 80, 120, 300):
            for plan in (0, 28, 42, 60, 100, -30):
                try:
                    self.position = advance(
                        self.definition, self.position, self.event(move, party, self.day + timedelta(days=wait), plan), CALENDAR
                    ).position
                    self.day += timedelta(days=wait)
                    return
                except Refused as refused:
                    if refused.code not in ("not_before", "bad_fact"):
                        raise
                    last = refused
        raise last

    def event(self, move: Move, party: str, on: date, plan: int) -> Event:
        given = dict(move.facts)
        if move.kind != "decide":
            return Event("correct", on, 1, facts={name: self.corrected(name, value, on, plan) for name, value in given.items()})
        step = self.definition.steps[move.step]
        outcome = step.outcomes.get(move.word)
        for name in (*step.records, *(outcome.records if outcome else ())):
            given.setdefault(name, self.value(name, on + timedelta(days=plan) if self.definition.facts[name].type == "planned date" else on))
        actor = None if step.wait or step.case else 7 if step.approval else 1
        return Event("decide", on, actor, move.step, party, move.word, given)

    def corrected(self, name: str, value: Value, on: date, plan: int) -> Value:
        assert self.position is not None
        known = self.position.facts.get(name)
        if value == "one more":
            assert isinstance(known, tuple)
            return (*known, next(word for word in self.definition.facts[name].words if word not in known))
        if value == "another day":
            assert isinstance(known, date)
            return known + timedelta(days=1 + abs(plan) // 20)
        return value

    def standings(self) -> dict[str, Counter[str]]:
        """How the latest round of each step's instances stand, as the fold says."""
        assert self.position is not None
        latest = {}
        for instance in self.position.instances:
            latest[instance.step, instance.party] = instance.status
        found: dict[str, Counter[str]] = {name: Counter() for name in self.model.steps}
        for (step, _), status in latest.items():
            if step in found:
                found[step][status] += 1
        return found

    def alike(self, move: Move, at: AtRest) -> list[str]:
        """The parties that stand, in all steps of their list, as the explorer's member does."""
        assert self.position is not None and move.member is not None
        model = self.model
        group = model.places[move.step][0]
        names = model.list_steps[group]
        wanted = [NAMES[status] for status in at.derived.list_status[group][(at.state.lists[group] or ()).index(move.member)]]
        early = [value >= 3 and (value - 3) % 3 == 1 for value in move.member[: len(names)]]
        words = [model.words[n][(value - 3) // 3] if value >= 3 else ("",) for n, value in zip(names, move.member, strict=False)]
        latest: dict[str, dict[str, Instance]] = {}
        for i in self.position.instances:
            if i.step in names:
                latest.setdefault(i.party, {})[i.step] = i
        found = [p for p, now in latest.items() if [now[n].status for n in names] == wanted and [now[n].early for n in names] == early]
        return [p for p in found if all(latest[p][n].outcome in w for n, w in zip(names, words, strict=True))]

    def party_for(self, move: Move, at: AtRest) -> str:
        """A party that stands as the explorer's member does."""
        return "" if move.member is None else self.alike(move, at)[0]


def compare(replay: Replay, at: AtRest) -> None:
    """Every status of the explorer's position is the fold's."""
    assert replay.position is not None
    assert replay.position.ended == (at.ends[0] if at.ends else "")
    if at.ends:
        return
    told = replay.standings()
    for name, (group, place) in replay.model.places.items():
        if group < 0:
            assert told[name] == Counter([NAMES[at.derived.plain_status[place]]]), name
        elif at.state.lists[group] is not None:
            statuses = Counter(NAMES[s[place]] for s in at.derived.list_status[group])
            assert told[name] == statuses if replay.model.named[group] else set(told[name]) == set(statuses), name


def walk(definition: Definition, corrections: bool, seed: int) -> int:
    """One walk from an opening until the case ends or 60 events, nothing forgotten, every status compared on the way; how many events."""
    rng = random.Random(seed)
    model = Model(definition, tuple(definition.steps), corrections)
    moves, replay = Moves(model), Replay(definition, model)
    move, state = rng.choice(list(moves.openings()))
    replay.open(move)
    for event in range(60):
        at = moves.settle(state)
        compare(replay, at)
        ways = [] if at.ends else [(m, after) for m, after in moves.after(at.state, at.derived) if possible(m, replay, at)]
        if not ways:
            return event
        move, state = rng.choice(ways)
        try:
            replay.apply(move, replay.party_for(move, at))
        except Refused as refused:
            assert refused.code == "fixed_fact"  # decided in an earlier round, which the explorer does not remember
            return event
    return 60


def possible(move: Move, replay: Replay, at: AtRest) -> bool:
    """Sets of members stand for lists of any length; leave out what this one list cannot do (the last or not the last of its kind)."""
    if move.kind == "grow":
        name = move.facts[0][0]
        known = replay.position.facts[name] if replay.position else ()
        return isinstance(known, tuple) and len(known) < len(replay.definition.facts[name].words)
    if move.member is None or replay.model.named[replay.model.places[move.step][0]]:
        return True
    return move.more != (len(replay.alike(move, at)) == 1)


PROCESSES = ("facts", "lists", "example", "annual_review", "ehc_needs_assessment")


@pytest.mark.parametrize("corrections", [False, True])
@pytest.mark.parametrize("name", PROCESSES)
def test_walks_give_every_status_of_the_fold(name: str, corrections: bool, registers: Registers) -> None:
    definition = definition_of(name, registers)
    assert sum(walk(definition, corrections, seed) for seed in range(60)) > 150


@pytest.mark.parametrize("name", ["facts", "lists"])
def test_forgetting_changes_neither_histories_nor_what_is_met(name: str, registers: Registers) -> None:
    definition = definition_of(name, registers)
    whole, plainest = (explore(definition, tuple(definition.steps), forget=forget) for forget in (False, True))
    assert len(plainest.positions) < len(whole.positions)
    assert [histories(whole, n) for n in (0, 1, 2)] == [histories(plainest, n) for n in (0, 1, 2)]
    assert {p.ends for p in whole.positions} == {p.ends for p in plainest.positions}
    assert whole.came_early == plainest.came_early and whole.lost.keys() == plainest.lost.keys()


def test_a_list_of_unknown_length_is_the_union_of_one_to_five(registers: Registers) -> None:
    """The set of its members' states meets the ends, openings and dead ends that named lists of each length meet, and no other."""
    begin, end = LISTS.index("  asked:"), LISTS.index("  helped:")
    source = (LISTS[:begin] + LISTS[end:]).replace("{settled: answered}, ", "{settled: first}, ").replace("at_least: 0", "at_least: 1")
    parties = ("la", "health", "parent", "school", "pupil")
    unknown = met(explore(parse_definition(source, "lists.yaml", registers)))
    united: set[tuple[frozenset[str], tuple[str, ...]]] = set()
    for count in range(1, 6):
        text = source.replace("{of: helpers}", "named").replace("parties: {", f"parties: {{named: [{', '.join(parties[:count])}], ")
        united |= met(explore(parse_definition(text, "lists.yaml", registers)))
    assert len(unknown) >= 8
    assert unknown == united


def met(graph: Graph) -> set[tuple[frozenset[str], tuple[str, ...]]]:
    """For each position, what is open in it and how the case has ended."""
    return {(frozenset(with_status(p, graph, OPEN)), p.ends) for p in graph.positions}


@pytest.mark.parametrize("name", ["annual_review", "ehc_needs_assessment"])
def test_a_shipped_definition_is_explored_in_a_second(name: str, registers: Registers) -> None:
    definition = definition_of(name, registers)
    began = time.process_time()
    explore(definition, tuple(s.name for s in definition.steps.values() if s.aside))
    explore(definition, corrections=True)
    assert time.process_time() - began < 2, "measured 0.4 to 0.9 s; twice that means that something doubles the positions"
