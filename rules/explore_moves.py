"""Every event that is possible in a position, with the state it leaves: openings, decisions in turn and before it, corrections, growing lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from rules.condition_text import facts_in
from rules.explore_conditions import UNKNOWN, Standings
from rules.explore_model import FIRST, FRESH, OPENED, PlacedStep
from rules.explore_settling import Settling
from rules.explore_state import OPEN, WAITING, Derived, Member, State, put, put_list
from rules.truth import T
from rules.values import Value


@dataclass(frozen=True, slots=True)
class Move:
    """One event. `kind`: decide, correct or grow. `times`: how many real events it stands for. `early`: recorded before its turn.
    `more`: of a list of unknown length, another member in the same state stays behind."""

    kind: str
    step: str = ""
    member: Member | None = None
    word: str = ""
    facts: tuple[tuple[str, Value], ...] = ()
    times: int = 1
    early: bool = False
    may: bool = False
    more: bool = False


class Moves(Settling):
    """The moves of one model."""

    def openings(self) -> Iterator[tuple[Move, State]]:
        """Every way to open a case that conditions tell apart."""
        model, definition = self.model, self.model.definition
        stated = [name for name in model.facts if name in definition.opens_with]
        lists = [(g, name) for g, name in enumerate(model.lists) if name in definition.opens_with and not model.named[g]]
        choices: list[list[tuple[str, int]]] = [[(name, n) for n in range(len(model.values[name]))] for name in stated]
        choices += [[(name, n) for n in range(0 if definition.facts[name].at_least == 0 else 1, 2)] for _, name in lists]
        for chosen in product(*choices):
            picked = dict(chosen)
            facts = tuple(picked.get(name, UNKNOWN) for name in model.facts)
            groups = tuple(self._first_list(g, picked) for g in range(len(model.lists)))
            values = tuple((name, self._value(name, picked[name])) for name in picked)
            times = 1
            for name in stated:
                times *= model.sizes[name][picked[name]]
            yield Move("open", facts=values, times=times), State((FRESH,) * len(model.plain), groups, facts, 0)

    def _value(self, name: str, n: int) -> Value:
        if name in self.model.values:
            return self.model.values[name][n]
        return () if n == 0 else tuple(self.model.definition.facts[name].words[:1])

    def _first_list(self, group: int, picked: dict[str, int]) -> tuple[Member, ...] | None:
        name = self.model.lists[group]
        if self.model.named[group]:
            return (self.new_member(group),) * len(self.model.definition.parties[name])
        return None if name not in picked else (self.new_member(group),) if picked[name] else ()

    def new_member(self, group: int) -> Member:
        """A member with nothing recorded."""
        return (FRESH,) * self.widths[group] + (UNKNOWN,) * len(self.model.own_facts[group]) + (0,)

    def after(self, state: State, derived: Derived) -> Iterator[tuple[Move, State]]:
        """Every event possible in a state at rest, with the state it leaves, not yet at rest."""
        for placed in self.model.order:
            if placed.group < 0:
                status, value = derived.plain_status[placed.at], state.plain[placed.at]
                yield from self._decided(placed, state, None, status, value, derived, [], 1)
                continue
            members = state.lists[placed.group] or ()
            seen: set[Member] = set()
            for n, member in enumerate(members):
                if member not in seen:
                    seen.add(member)
                    status = derived.list_status[placed.group][n][placed.at]
                    own = derived.lists[placed.group][n]
                    yield from self._decided(placed, state, member, status, member[placed.at], derived, own, members.count(member))
        if self.model.corrections:
            yield from self.corrections(state)

    def _decided(
        self, placed: PlacedStep, state: State, member: Member | None, status: int, value: int, derived: Derived, own: Standings, copies: int
    ) -> Iterator[tuple[Move, State]]:
        if value > OPENED or not (status == OPEN or (status == WAITING and may_come(placed, derived, own))):
            return
        name, model = placed.step.name, self.model
        for k, words in enumerate(model.words[name]):
            records = [f for f in model._recorded_by(placed.step, words[0])]
            read = [f for f in records if f in model.values and f not in model.lists]
            named = [f for f in records if f in model.lists and not model.named[model.lists.index(f)]]
            for chosen in product(*[range(len(model.values[f])) for f in read], *[self._list_choices(f, state) for f in named]):
                picked = dict(zip([*read, *named], chosen, strict=True))
                times = copies * len(words)
                for f in read:
                    times *= model.sizes[f][picked[f]]
                facts = tuple((f, self._value(f, n)) for f, n in picked.items())
                for more, after in enumerate(self._recorded(placed, state, member, FIRST + 3 * k + 1, records, picked)):
                    yield Move("decide", name, member, words[0], facts, times, status != OPEN, placed.step.may, bool(more)), after

    def _list_choices(self, fact: str, state: State) -> range:
        """0: nobody named; 1: somebody. A list named before stays as it is (2)."""
        if state.lists[self.model.lists.index(fact)] is not None:
            return range(2, 3)
        return range(0 if self.model.definition.facts[fact].at_least == 0 else 1, 2)

    def _recorded(
        self, placed: PlacedStep, state: State, member: Member | None, value: int, records: list[str], picked: dict[str, int]
    ) -> Iterator[State]:
        model = self.model
        bits = 0
        for f in records:
            bits |= 1 << model.bits[f] if f in model.bits else 0
        facts, lists = list(state.facts), list(state.lists)
        for f, n in picked.items():
            if f in model.facts:
                facts[model.facts.index(f)] = n
            elif f in model.lists and n < 2:
                group = model.lists.index(f)
                lists[group] = (self.new_member(group),) if n else ()
        if member is None:
            yield State(put(state.plain, placed.at, value), tuple(lists), tuple(facts), state.known | bits)
            return
        group = placed.group
        own = list(put(member, placed.at, value))
        for f, n in picked.items():
            if f in model.own_facts[group]:
                own[self.widths[group] + model.own_facts[group].index(f)] = n
        own[-1] |= bits
        members = list(state.lists[group] or ())
        rest = list(members)
        rest.remove(member)
        for left in [rest] if model.named[group] else [rest, members]:
            lists[group] = self.packed_list(group, [*left, tuple(own)])
            yield State(state.plain, tuple(lists), tuple(facts), state.known)

    def corrections(self, state: State) -> Iterator[tuple[Move, State]]:
        """Every correction of a fact and every growth of a list that is possible in a state, with the state it leaves."""
        model = self.model
        for at, name in enumerate(model.facts):
            changed = model.definition.facts[name].when_changed
            if state.facts[at] == UNKNOWN or (changed is not None and changed.fixed and self._has_steered(state, name)):
                continue
            for n in range(len(model.values[name])):
                if n != state.facts[at]:
                    corrected = state._replace(facts=put(state.facts, at, n))
                    yield Move("correct", facts=((name, model.values[name][n]),)), self._reopened_for(name, corrected)
        for name in self.reopening:
            if name not in model.facts and model.owner[name] < 0 and self._is_known(name, state):
                again = self._reopened_for(name, state)
                if again != state:
                    yield Move("correct", facts=((name, "another day"),)), again
        for group, name in enumerate(model.lists):
            members = state.lists[group]
            if not model.named[group] and members is not None and model.definition.facts[name].grows:
                yield (
                    Move("grow", facts=((name, "one more"),)),
                    state._replace(lists=put_list(state.lists, group, self.packed_list(group, [*members, self.new_member(group)]))),
                )

    def _has_steered(self, state: State, fact: str) -> bool:
        """Whether an `only_if` that reads the fact has been decided (in this round; the engine asks for any)."""
        readers = [p for p in self.model.order if p.group < 0 and p.step.only_if is not None and fact in _names(p)]
        return any(state.plain[p.at] != FRESH for p in readers)

    def _is_known(self, name: str, state: State) -> bool:
        recorders = [self.model.by_name[s] for s in self.model.recorders[name] if s in self.model.by_name]
        return name in self.model.definition.opens_with or any(p.group < 0 and state.plain[p.at] >= FIRST for p in recorders)

    def _reopened_for(self, name: str, state: State) -> State:
        if name not in self.reopening:
            return state
        target, until = self.reopening[name]
        if target not in self.model.steps:
            return state
        if until is not None and until(*self.recorded(state), []) == T:
            return state
        return self.reopen(state, target, -1, None)


def may_come(placed: PlacedStep, derived: Derived, own: Standings) -> bool:
    """Whether a waiting step may be recorded before its turn."""
    if isinstance(placed.early, bool):
        return placed.early
    return placed.early(derived.plain, derived.lists, own) == T


def _names(placed: PlacedStep) -> set[str]:
    return {leaf.fact for leaf in facts_in(placed.step.only_if)}
