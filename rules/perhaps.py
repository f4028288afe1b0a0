"""Which waiting steps may turn out never to be owed, because what decides it has not happened: nobody is chased for those, or called late.

A step waits for what comes before it, and its date of law may run meanwhile. Mostly it surely comes, whichever way the case goes, and its date
stands (the LA's four weeks run while we owe it the report). But where it comes only after one outcome of a step that nobody has decided (the
amended plan, before the LA has said whether it amends), it may never be owed at all. docs/decisions/180-what-waits.md lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rules.condition_text import facts_in, steps_in
from rules.conditions import Done
from rules.definition import Definition, Step
from rules.position_types import Instance, Position
from rules.record import Key, list_of, parties_of, party_fact
from rules.truth import F, Standing, T, U, fact_truth, truth
from rules.values import Facts

WAYS = 1000  # ways on that are looked at; the shipped texts have eight at most
KEPT = 4096  # answers that a process remembers: cases that stand alike share one
SETTLED = frozenset({"done", "does_not_apply", "not_needed", "overtaken"})
PASSED: Standing = ("done", "")  # what only has to be settled, as it will be in the end
UNNAMED = ("",)


class Known(NamedTuple):
    """What is known of a step's instance now: how it was settled, or, where it is not (None), what its `only_if` comes to."""

    party: str
    standing: Standing | None
    applies: int


Stood = tuple[tuple[str, tuple[Known, ...]], ...]  # the steps that decide, in file order: there none reads a later one
_NEVER: dict[tuple[object, ...], frozenset[int]] = {}
_DECIDING: dict[tuple[str, frozenset[str]], Deciding] = {}


class Deciding(NamedTuple):
    """The steps that decide whether some waiting ones come, those among them; their names; and the facts that they ask (None: any)."""

    steps: tuple[Step, ...]
    names: frozenset[str]
    facts: tuple[str, ...] | None


def perhaps_never(definition: Definition, position: Position) -> frozenset[int]:
    """The numbers of the tracked steps that wait and are perhaps never owed: of those of others, whichever some way on from here leaves out; of our
    own, those that every way leaves out.

    Our own people are reminded of a date that may bind us until it is known not to: the advice is due in six weeks unless all agree that earlier
    advice stands. `until` is no way on: what overtakes a step comes after it was owed. Nor is an outcome that sends the case back, since another
    one follows in the end. Where there are more than `WAYS`, all are taken to be sure: a date of law is rather told than not.
    """
    waiting = [] if position.ended else [one for one in position.instances if one.status == "waiting" and one.due is not None]
    if not waiting:
        return frozenset()
    deciding, facts = _deciding(definition, waiting), position.facts
    stand = [
        (one.no, *one[1:3], one.status, one.outcome, one.early, one.opened_on is None) for one in position.instances if one.step in deciding.names
    ]
    asked = tuple(facts.items()) if deciding.facts is None else tuple([facts.get(name) for name in deciding.facts])
    key = definition.hash, tuple([one.no for one in waiting]), tuple(stand), asked
    found = _NEVER.get(key)
    if found is None:
        if len(_NEVER) >= KEPT:
            _NEVER.clear()
        found = _NEVER[key] = _never(definition, waiting, _stood(definition, deciding.steps, position))
    return found


def _deciding(definition: Definition, waiting: Iterable[Instance]) -> Deciding:
    """These steps and all whose outcome decides whether they come, however far back. What only has to be settled decides nothing."""
    names = frozenset([one.step for one in waiting])
    found = _DECIDING.get((definition.hash, names))
    if found is None:
        if len(_DECIDING) >= KEPT:
            _DECIDING.clear()
        reached: set[str] = set()
        ahead = list(names)
        while ahead:
            step = ahead.pop()
            if step not in reached:
                reached.add(step)
                ahead += [leaf.step for leaf in steps_in(definition.steps[step].after) if isinstance(leaf, Done)]
        steps = tuple(step for step in definition.steps.values() if step.name in reached)
        found = _DECIDING[definition.hash, names] = Deciding(steps, frozenset(reached), _facts_asked(steps))
    return found


def _facts_asked(steps: Iterable[Step]) -> tuple[str, ...] | None:
    """What `only_if` and the lists of parties ask."""
    asked: dict[str, None] = {}
    for step in steps:
        if list_of(step) and step.only_if is not None:
            return None
        asked.update(dict.fromkeys(leaf.fact for leaf in facts_in(step.only_if)))
        if step.each_of_fact:
            asked[step.each_of_fact] = None
    return tuple(asked)


def _stood(definition: Definition, steps: Iterable[Step], position: Position) -> Stood:
    latest, facts = {(one.step, one.party): one for one in position.instances}, position.facts
    return tuple(
        (step.name, tuple(_known(step, latest.get((step.name, party)), party, facts) for party in _parties(definition, step, facts)))
        for step in steps
    )


def _parties(definition: Definition, step: Step, facts: Facts) -> tuple[str, ...]:
    if not step.each and not step.each_of_fact:
        return UNNAMED
    named = parties_of(definition, step, dict(facts))
    return UNNAMED if named is None else named


def _known(step: Step, one: Instance | None, party: str, facts: Facts) -> Known:
    if one is None:
        return Known(party, None, U)
    if one.early or one.status in SETTLED:
        return Known(party, ("done" if one.early else one.status, one.outcome), T)
    test = step.only_if
    if test is None or one.opened_on is not None:
        return Known(party, None, T)
    return Known(party, None, fact_truth(test, lambda name: facts.get(party_fact(name, party), facts.get(name))))


def _never(definition: Definition, waiting: Iterable[Instance], stood: Stood) -> frozenset[int]:
    ways = _ways(definition, stood)
    found = []
    for one in waiting:
        left_out = [way[one.step, one.party][0] != "done" for way in ways]
        role = definition.role_of(definition.steps[one.step], one.party)
        if left_out and (all(left_out) if role is None or role.ours else any(left_out)):
            found.append(one.no)
    return frozenset(found)


def _ways(definition: Definition, stood: Stood) -> list[dict[Key, Standing]]:
    """How these instances may stand once all of them are settled: a way for each choice that matters. None at all where there are too many."""
    named = {name: tuple(one.party for one in instances) for name, instances in stood}
    ways: list[dict[Key, Standing]] = [{}]
    for name, instances in stood:
        step = definition.steps[name]
        words = _words(definition, step, named)
        for one in instances:
            if one.standing is not None:
                ways = [{**way, (name, one.party): one.standing} for way in ways]
            else:
                ways = [{**way, (name, one.party): end} for way in ways for end in _ends(step, one, words, _View(definition, named, way))]
            if len(ways) > WAYS:
                return []
    return ways


def _words(definition: Definition, step: Step, among: Iterable[str]) -> list[str]:
    """The words that the step may be done with, but one for all between which nothing `among` the steps tells."""
    leaves = [leaf for name in among for leaf in steps_in(definition.steps[name].after) if leaf.step == step.name]
    named = [leaf.outcomes for leaf in leaves if isinstance(leaf, Done) and leaf.outcomes]
    onward = [word for word in step.words if word not in step.outcomes or not step.outcomes[word].reopens]
    differ = {tuple(word in outcomes for outcomes in named): word for word in reversed(onward or step.words)}
    return list(differ.values())


def _ends(step: Step, one: Known, words: list[str], view: _View) -> list[Standing]:
    if truth(step.after, list_of(step), one.party, view) == F:
        return [("not_needed", "")]
    done: list[Standing] = [("done", word) for word in words] if one.applies != F else []
    if step.may:
        done.append(("overtaken", ""))
    return done if one.applies == T else [*done, ("does_not_apply", "")]


@dataclass(frozen=True, slots=True)
class _View:
    """One way, as a condition reads it."""

    definition: Definition
    named: Mapping[str, tuple[str, ...]]
    way: Mapping[Key, Standing]

    def list_of(self, step: str) -> str:
        return list_of(self.definition.steps[step])

    def parties(self, step: str) -> tuple[str, ...] | None:
        return self.named.get(step, UNNAMED)

    def standing(self, step: str, party: str) -> Standing:
        return self.way.get((step, party), PASSED)
