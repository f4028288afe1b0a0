"""A position as the explorer holds it, and the status of every instance in it: the meaning of `rules/statuses.py` on small tuples.

`tests/rules/test_explore.py` walks at random and compares every status with the readable fold.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from rules.conditions import StepCondition
from rules.explore_conditions import DNA, DONE, NOT, WAIT, Check, Members, Standings, compile_condition
from rules.explore_model import FIRST, OPENED, SKIPPED, Model, PlacedStep
from rules.truth import F, T, U

Member: TypeAlias = tuple[int, ...]  # what one member of a list has recorded, step by step; then its own facts; then its own known dates
WAITING, OPEN, DONE_, SKIPPED_, NOT_NEEDED, OVERTAKEN = range(6)


class State(NamedTuple):
    """A position: what each step without parties has recorded, the members of each list (None: not yet known), facts, dates known."""

    plain: tuple[int, ...]
    lists: tuple[tuple[Member, ...] | None, ...]
    facts: tuple[int, ...]
    known: int


class Derived(NamedTuple):
    """The statuses of a state. `members` run beside `State.lists`; a list not yet known has one nameless member."""

    plain: Standings
    lists: list[Members]
    plain_status: list[int]
    list_status: list[list[list[int]]]


class AtRest(NamedTuple):
    """A state at rest, the ends that hold in it, whether something was reopened, and early arrivals that came to nothing."""

    state: State
    derived: Derived
    ends: tuple[str, ...]
    reopened: bool
    lost: tuple[str, ...]


def recorded(value: int) -> int:
    """The standing of an instance as `until` sees it."""
    return WAIT if value < SKIPPED else DNA if value == SKIPPED else DONE + (value - FIRST) // 3


def is_done(value: int) -> bool:
    """Whether the value says done."""
    return value >= FIRST and (value - FIRST) % 3 == 0


def is_early(value: int) -> bool:
    """Whether the value says recorded early, its turn still to come."""
    return value >= FIRST and (value - FIRST) % 3 == 1


def is_passed_over(value: int) -> bool:
    """Whether the value says recorded early, and then not needed or overtaken."""
    return value >= FIRST and (value - FIRST) % 3 == 2


def standing_of(status: int, value: int) -> int:
    """The standing of an instance by its derived status and what it has recorded."""
    if status == DONE_:
        return DONE + (value - FIRST) // 3
    return DNA if status == SKIPPED_ else NOT if status in (NOT_NEEDED, OVERTAKEN) else WAIT


def put(values: tuple[int, ...], at: int, value: int) -> tuple[int, ...]:
    """The values with one changed."""
    return (*values[:at], value, *values[at + 1 :])


def put_list(lists: tuple[tuple[Member, ...] | None, ...], at: int, members: tuple[Member, ...]) -> tuple[tuple[Member, ...] | None, ...]:
    """The lists with the members of one changed."""
    return (*lists[:at], members, *lists[at + 1 :])


class Statuses:
    """The statuses of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.untils: dict[StepCondition, Check] = {}
        self.widths = [len(names) for names in model.list_steps]
        self.testing = [placed for placed in model.order if placed.only_if is not None]
        changes = {f.name: f.when_changed for f in model.definition.facts.values() if f.when_changed is not None}
        self.reopening = {name: (changed.reopens, self.until_check(changed.until)) for name, changed in changes.items() if changed.reopens}

    def until_check(self, condition: StepCondition | None) -> Check | None:
        """A `when_changed.until`, compiled."""
        if condition is None:
            return None
        if condition not in self.untils:
            self.untils[condition] = compile_condition(condition, -1, self.model.places, self.model.words)
        return self.untils[condition]

    def recorded(self, state: State) -> tuple[Standings, list[Members | None]]:
        """What is recorded, as `until` sees it."""
        lists = [None if ms is None else [[recorded(v) for v in m[: self.widths[g]]] for m in ms] for g, ms in enumerate(state.lists)]
        return [recorded(v) for v in state.plain], lists

    def derive(self, state: State) -> Derived:
        """The status of every instance, in file order."""
        model = self.model
        plain_rec, lists_rec = self.recorded(state)
        plain: Standings = [WAIT] * len(model.plain)
        plain_status = [WAITING] * len(model.plain)
        lists: list[Members] = [[[WAIT] * self.widths[g] for _ in (ms if ms is not None else (None,))] for g, ms in enumerate(state.lists)]
        status = [[[WAITING] * self.widths[g] for _ in ms] for g, ms in enumerate(lists)]
        seen = [ms if state.lists[g] != () else [] for g, ms in enumerate(lists)]
        for placed in model.order:
            group, at = placed.group, placed.at
            if group < 0:
                value = state.plain[at]
                now = self._status(placed, value, state.facts, (plain, seen, ()), (plain_rec, lists_rec, ()))  # type: ignore[arg-type]
                plain_status[at] = now
                plain[at] = standing_of(now, value)
                continue
            members = state.lists[group]
            width = self.widths[group]
            for n, own in enumerate(lists[group] if members != () else ()):
                value = members[n][at] if members is not None else -1
                facts = state.facts + (members[n][width:-1] if members is not None else ())
                rec = lists_rec[group][n] if members is not None else []  # type: ignore[index]
                now = self._status(placed, value, facts, (plain, seen, own), (plain_rec, lists_rec, rec))
                status[group][n][at] = now
                own[at] = standing_of(now, value)
        return Derived(plain, seen, plain_status, status)

    def _status(
        self,
        placed: PlacedStep,
        value: int,
        facts: tuple[int, ...],
        derived: tuple[Standings, list[Members], Standings],
        rec: tuple[Standings, list[Members | None], Standings],
    ) -> int:
        if value == SKIPPED:
            return SKIPPED_
        if is_done(value):
            return DONE_
        after = placed.after(*derived)
        if after == F:
            return NOT_NEEDED
        if placed.until is not None and placed.until(*rec) == T:
            return OVERTAKEN
        if after == U or value < 0:
            return WAITING
        if placed.only_if is None or value == OPENED:
            return OPEN
        applies = placed.only_if(facts)
        return OPEN if applies == T else SKIPPED_ if applies == F else WAITING
