"""Gives each position its plainest equal: what no undecided step reads is forgotten, unless a reset that can still happen could bring back its
reader and not it. A step done, or passed over for good, becomes what it would be had nothing been recorded, if nobody could tell.

What becomes of one value depends on few steps, so it is worked out once for each way in which these can stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from rules.condition_text import steps_in
from rules.explore_conditions import DNA, DONE, NOT, UNKNOWN, WAIT, picked
from rules.explore_looks import Active, Reader, Reading, View, active_resets
from rules.explore_model import FIRST, FRESH, SKIPPED, Model, Reset
from rules.explore_moves import Moves
from rules.explore_state import Derived, Member, State, is_early, is_passed_over
from rules.explore_statuses import DECIDED, KINDS, UNDECIDED
from rules.truth import T

RECORDED = ("until", "!")  # these read what is recorded; the others read statuses
Looks: TypeAlias = Callable[[Sequence[int]], object]


class Forgetting:
    """The forgetting of one model."""

    def __init__(self, model: Model, moves: Moves) -> None:
        self.model = model
        self.moves = moves
        self.reading = reading = Reading(model)
        self.sources = {name: frozenset(model.recorders[name]) for name in reading.of_facts}
        self.looks = {name: reading.looks_of((name, *(reader.name for reader in reading.readers[name]))) for name in model.steps}
        self.fact_looks = {name: reading.looks_of(readers) for name, readers in reading.of_facts.items()}
        self.bit_looks = {base: reading.looks_of(readers) for base, readers in reading.of_bits.items()}
        self.deciders = reading.looks_of([reset.decider for reset in model.resets])
        stops = [model.places[leaf.step] for reset in model.resets for leaf in steps_in(reset.until)]
        self.stops: Looks | None = None if any(group >= 0 for group, _ in stops) else picked(at for _, at in stops)
        self.resets_met: dict[tuple[object, ...], Active] = {}
        self.values_met: dict[tuple[object, ...], int] = {}
        self.facts_met: dict[tuple[object, ...], bool] = {}
        self.bases_met: dict[tuple[object, ...], bool] = {}
        self.members_met: dict[tuple[object, ...], Member] = {}

    def plainest(self, state: State, derived: Derived) -> State:
        """The state with everything forgotten that can no longer matter. `derived`: its statuses."""
        looks = [*derived.looks, *(self._look(group, at, state, derived) for group, at in self.model.places.values() if group >= 0)]
        view = View(self.reading, looks, self._active(state, looks))
        plain = tuple([value if _is_kept(value) else self._plain(at, value, view) for at, value in enumerate(state.plain)])
        lists = tuple([None if members is None else self._members(group, members, derived, view) for group, members in enumerate(state.lists)])
        facts = tuple([value if self._fact_matters(name, view) else UNKNOWN for name, value in zip(self.model.facts, state.facts, strict=True)])
        known = state.known
        for base, bit in self.model.bits.items():
            known |= self._is_idle(base, view) << bit
        return State(plain, lists, facts, known)

    def _look(self, group: int, at: int, state: State, derived: Derived) -> int:
        """The look of a step with parties, as a whole."""
        members, name = state.lists[group], self.model.lists[group]
        growing = not self.model.named[group] and self.model.corrections and self.model.definition.facts[name].grows
        kind = UNDECIDED if members is None or growing else _kind_of([status[at] for status in derived.list_status[group]])
        return 2 * kind + any(passed[at] for passed in derived.list_passed[group])

    def _active(self, state: State, looks: Sequence[int]) -> Active:
        """The resets that can still happen."""
        if self.stops is None:
            return self._find_active(state, looks)
        asked = (self.deciders(looks), self.stops(state.plain))
        if asked not in self.resets_met:
            self.resets_met[asked] = self._find_active(state, looks)
        return self.resets_met[asked]

    def _find_active(self, state: State, looks: Sequence[int]) -> Active:
        rec = self.moves.recorded(state)

        def stopped(reset: Reset) -> bool:
            check = self.moves.until_check(reset.until)
            return check is not None and check(*rec, []) == T

        return active_resets(self.reading, lambda name: looks[self.reading.places[name]] // 2, stopped)

    def _plain(self, at: int, value: int, view: View) -> int:
        name = self.model.plain[at]
        asked = (at, value, view.which, self.looks[name](view.looks))
        found = self.values_met.get(asked)
        if found is None:
            found = self.values_met[asked] = self._canonical(name, value, view.live(name, view.kind), view.could_be_fresh(name))
        return found

    def _members(self, group: int, members: tuple[Member, ...], derived: Derived, view: View) -> tuple[Member, ...]:
        found = []
        for member, status, passed in zip(members, derived.list_status[group], derived.list_passed[group], strict=True):
            asked = (group, member, tuple(status), tuple(passed), view.which, *view.looks)
            if asked not in self.members_met:
                self.members_met[asked] = self._member(group, member, status, passed, view)
            found.append(self.members_met[asked])
        return self.moves.packed_list(group, found)

    def _member(self, group: int, member: Member, status: list[int], passed: list[bool], view: View) -> Member:
        """One member of a list. For it the steps of its list stand as its own do, the others as a whole."""
        names, width = self.model.list_steps[group], self.moves.widths[group]
        own = {name: _kind_of([one]) for name, one in zip(names, status, strict=True)}

        def kind(name: str) -> int:
            return own[name] if name in own else view.kind(name)

        slots = [
            value if _is_kept(value) else self._canonical(name, value, view.live(name, kind), over and view.stable(name))
            for name, value, over in zip(names, member, passed, strict=False)
        ]
        facts = zip(self.model.own_facts[group], member[width:-1], strict=True)
        known = [value if view.fact_matters(name, kind, self.sources[name]) else UNKNOWN for name, value in facts]
        return (*slots, *known, member[-1])

    def _canonical(self, name: str, value: int, live: frozenset[Reader], could_be_fresh: bool) -> int:
        """The plainest value that nobody who still reads the step can tell from this one."""
        options = [(FRESH, WAIT, NOT)] if could_be_fresh else []
        options += [(SKIPPED, DNA, DNA)] if self.model.steps[name].only_if is not None or value == SKIPPED else []
        options += [(FIRST + 3 * k, DONE + k, DONE + k) for k in range(len(self.model.words[name]))]
        asked = (
            (FRESH, DONE + (value - FIRST) // 3, NOT) if is_passed_over(value) else next((o for o in options if o[0] == value), (value, WAIT, NOT))
        )
        wanted = _signature(live, asked[1], asked[2])
        return next((v for v, recorded, standing in options if _signature(live, recorded, standing) == wanted), value)

    def _fact_matters(self, fact: str, view: View) -> bool:
        asked = (fact, view.which, self.fact_looks[fact](view.looks))
        if asked not in self.facts_met:
            self.facts_met[asked] = view.fact_matters(fact, view.kind, self.sources[fact])
        return self.facts_met[asked]

    def _is_idle(self, base: str, view: View) -> bool:
        """Whether nobody asks any more if the base of a date is known."""
        asked = (base, view.which, self.bit_looks[base](view.looks))
        if asked not in self.bases_met:
            self.bases_met[asked] = all(view.is_over(reader) for reader in self.reading.of_bits[base])
        return self.bases_met[asked]


def _is_kept(value: int) -> bool:
    """Whether there is nothing to forget: nothing is recorded yet, or something early, whose turn is still to come."""
    return value < SKIPPED or is_early(value)


def _signature(live: frozenset[Reader], recorded: int, standing: int) -> frozenset[tuple[Reader, int]]:
    return frozenset((reader, reader.table[recorded if reader.key in RECORDED else standing]) for reader in live)


def _kind_of(statuses: list[int]) -> int:
    """How instances stand together."""
    kinds = {KINDS[status] for status in statuses} - {DECIDED}
    return kinds.pop() if len(kinds) == 1 else UNDECIDED if kinds else DECIDED
