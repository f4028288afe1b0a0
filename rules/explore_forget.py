"""Gives each position its plainest equal: what no undecided step reads is forgotten, unless a reset that can still happen could bring back its
reader and not it. A step done, or passed over for good, becomes what it would be had nothing been recorded, if nobody could tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from rules.condition_text import facts_in, steps_in
from rules.conditions import StepCondition
from rules.explore_conditions import DNA, DONE, NOT, UNKNOWN, WAIT, leaf_table
from rules.explore_model import FIRST, FRESH, SKIPPED, Model
from rules.explore_moves import Moves
from rules.explore_state import DONE_, NOT_NEEDED, OVERTAKEN, SKIPPED_, Derived, Member, State, is_done, is_passed_over
from rules.schema_steps import conditions_of
from rules.truth import T

RECORDED = ("until", "!")  # these read what is recorded; the others read statuses
DECIDED, BY_UNTIL, BY_AFTER, UNDECIDED = "decided", "until", "after", "undecided"


@dataclass(frozen=True, slots=True)
class Reader:
    """A condition that reads a step: whose, under which key, and its truth for each standing."""

    name: str
    key: str
    table: tuple[int, ...]


class Forgetting:
    """The forgetting of one model."""

    def __init__(self, model: Model, moves: Moves) -> None:
        self.model = model
        self.moves = moves
        self.readers: dict[str, list[Reader]] = {name: [] for name in model.steps}
        for reader, key, leaf in model.leaves:
            self.readers[leaf.step].append(Reader(reader, key, leaf_table(leaf, model.words[leaf.step])))
        self.deps = {name: self._deps(name) for name in model.steps}
        self.fact_readers = {name: self._fact_readers(name) for name in (*model.facts, *(f for own in model.own_facts for f in own))}
        self.bit_readers = {base: {p.step.name for p in model.order for d in p.dates for need in d.needs if need[0] == base} for base in model.bits}
        for step in model.steps.values():
            for name in {name for said in step.gives.values() for name in said} & set(model.bits):
                self.bit_readers[name].add(step.name)
        self.sources = {name: frozenset(model.recorders[name]) for name in self.fact_readers}
        self.canonical = lru_cache(maxsize=None)(self._canonical)

    def _deps(self, name: str) -> frozenset[str]:
        """Every step on which a step's status depends, itself included."""
        found, frontier = set[str](), [name]
        while frontier:
            one = frontier.pop()
            if one not in found and one in self.model.steps:
                found.add(one)
                frontier += [
                    leaf.step for key, condition in conditions_of(self.model.steps[one]) if key in ("after", "until") for leaf in steps_in(condition)
                ]
        return frozenset(found)

    def _fact_readers(self, fact: str) -> tuple[str, ...]:
        found = [
            p.step.name
            for p in self.model.order
            for test in (p.step.only_if, *(d.facts for d in p.step.due))
            for leaf in facts_in(test)
            if leaf.fact == fact
        ]
        return tuple(dict.fromkeys(found))

    def plainest(self, state: State, derived: Derived) -> State:
        """The state with everything forgotten that can no longer matter. `derived`: its statuses."""
        view = _View(self, state, derived)
        plain = tuple(self._plain(at, value, view) for at, value in enumerate(state.plain))
        lists = tuple(None if members is None else self._members(group, view) for group, members in enumerate(state.lists))
        facts = tuple(value if self._fact_matters(self.model.facts[at], view.kind, view) else UNKNOWN for at, value in enumerate(state.facts))
        known = state.known
        for base, bit in self.model.bits.items():
            if all(self.is_over(reader, view.kind(reader), view) for reader in self.bit_readers[base]):
                known |= 1 << bit
        return State(plain, lists, facts, known)

    def is_over(self, reader: str, kind: str, view: _View) -> bool:
        """Whether a step is decided or passed over, and no reset can bring it back."""
        return kind != UNDECIDED and not any(reader in reset for reset in view.active) and (kind == DECIDED or view.stable(reader))

    def _plain(self, at: int, value: int, view: _View) -> int:
        name = self.model.plain[at]
        if not _forgettable(value):
            return value
        return self.canonical(name, value, view.live(name, view.kind), view.could_be_fresh(name))

    def _members(self, group: int, view: _View) -> tuple[Member, ...]:
        names, width = self.model.list_steps[group], self.moves.widths[group]
        found: list[Member] = []
        for n, member in enumerate(view.state.lists[group] or ()):
            kind = view.member_kind(group, n)
            slots = [
                self.canonical(name, member[at], view.live(name, kind), view.could_member_be_fresh(group, n, at))
                if _forgettable(member[at])
                else member[at]
                for at, name in enumerate(names)
            ]
            own = self.model.own_facts[group]
            facts = [v if self._fact_matters(f, kind, view) else UNKNOWN for f, v in zip(own, member[width:-1], strict=True)]
            found.append((*slots, *facts, member[-1]))
        return self.moves.packed_list(group, found)

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

    def _fact_matters(self, fact: str, kind: Callable[[str], str], view: _View) -> bool:
        for reader in self.fact_readers[fact]:
            now = kind(reader)
            if now == UNDECIDED or (now != DECIDED and not view.stable(reader)):
                return True
            if any(reader in reset and not (self.sources[fact] and self.sources[fact] <= reset) for reset in view.active):
                return True
        return False


def _forgettable(value: int) -> bool:
    return value == SKIPPED or is_done(value) or is_passed_over(value)


def _signature(live: frozenset[Reader], recorded: int, standing: int) -> frozenset[tuple[Reader, int]]:
    return frozenset((reader, reader.table[recorded if reader.key in RECORDED else standing]) for reader in live)


class _View:
    """One state, with what is asked of it while forgetting."""

    def __init__(self, forgetting: Forgetting, state: State, derived: Derived) -> None:
        self.of = forgetting
        self.model = forgetting.model
        self.state = state
        self.derived = derived
        self.rec = forgetting.moves.recorded(state)
        self.kinds = {name: self._kind(name) for name in self.model.steps}
        self.active = self._active()
        self.fresh: dict[str, bool] = {}

    def _kind(self, name: str) -> str:
        group, at = self.model.places[name]
        if group < 0:
            return _kind_of([self.derived.plain_status[at]])
        members = self.state.lists[group]
        growing = not self.model.named[group] and self.model.corrections and self.model.definition.facts[self.model.lists[group]].grows
        return UNDECIDED if members is None or growing else _kind_of([status[at] for status in self.derived.list_status[group]])

    def kind(self, name: str) -> str:
        """How a step as a whole stands; ends and `when_changed` are never decided."""
        return self.kinds.get(name, UNDECIDED)

    def member_kind(self, group: int, n: int) -> Callable[[str], str]:
        """How steps stand for one member: its own of that list, the others as a whole."""
        own = {name: _kind_of([self.derived.list_status[group][n][at]]) for at, name in enumerate(self.model.list_steps[group])}
        return lambda name: own.get(name) or self.kind(name)

    def _active(self) -> tuple[frozenset[str], ...]:
        """The resets that can still happen: their decider is undecided, or can be brought back by one that can happen."""
        found = [r for r in self.model.resets if (self.kinds[r.decider] == UNDECIDED if r.decider else not self._stopped(r.until))]
        rest = [r for r in self.model.resets if r not in found]
        while True:
            steps = {name for r in found for name in r.steps}
            more = [r for r in rest if (self.of.deps[r.decider] & steps if r.decider else any(leaf.step in steps for leaf in steps_in(r.until)))]
            if not more:
                return tuple(dict.fromkeys(r.steps for r in found))
            found += more
            rest = [r for r in rest if r not in more]

    def _stopped(self, until: StepCondition | None) -> bool:
        check = self.of.moves.until_check(until)
        return check is not None and check(*self.rec, []) == T

    def stable(self, name: str) -> bool:
        """Whether no reset that can happen touches what the step's status depends on."""
        deps = self.of.deps[name]
        return not any(deps & reset for reset in self.active)

    def live(self, name: str, kind: Callable[[str], str]) -> frozenset[Reader]:
        """The conditions that can still tell what the step came to."""
        return frozenset(reader for reader in self.of.readers[name] if self._reads_on(name, reader, kind))

    def _reads_on(self, name: str, reader: Reader, kind: Callable[[str], str]) -> bool:
        if reader.name not in self.model.steps:
            return True
        if any(reader.name in reset and name not in reset for reset in self.active):
            return True
        now = kind(reader.name)
        if now == DECIDED:
            return self.could_be_fresh(reader.name) and reader.key in ("after", "until")
        return now == UNDECIDED or not self.stable(reader.name) or reader.key == now

    def could_be_fresh(self, name: str) -> bool:
        """Whether the step, had nothing been recorded, would be not needed or overtaken, for good."""
        if name not in self.fresh:
            group, at = self.model.places[name]
            self.fresh[name] = (
                self._could_be_fresh(name, [])
                if group < 0
                else any(self.could_member_be_fresh(group, n, at) for n in range(len(self.state.lists[group] or ())))
            )
        return self.fresh[name]

    def could_member_be_fresh(self, group: int, n: int, at: int) -> bool:
        """The same for one member of a list."""
        rec = (self.rec[1][group] or [])[n]
        return self._could_be_fresh(self.model.list_steps[group][at], rec, self.derived.lists[group][n])

    def _could_be_fresh(self, name: str, rec: list[int], own: list[int] | None = None) -> bool:
        placed = self.model.by_name[name]
        over = placed.until is not None and placed.until(*self.rec, rec) == T
        return (over or placed.after(self.derived.plain, self.derived.lists, own or []) == 0) and self.stable(name)


def _kind_of(statuses: list[int]) -> str:
    if all(status in (DONE_, SKIPPED_) for status in statuses):
        return DECIDED
    if all(status in (DONE_, SKIPPED_, OVERTAKEN) for status in statuses):
        return BY_UNTIL
    return BY_AFTER if all(status in (DONE_, SKIPPED_, NOT_NEEDED) for status in statuses) else UNDECIDED
