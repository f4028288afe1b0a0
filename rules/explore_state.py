"""A position as the explorer holds it, in small tuples: what is recorded, and the status of every instance in it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from rules.explore_conditions import DNA, DONE, NOT, WAIT, Members, Standings
from rules.explore_model import FIRST, SKIPPED

Member: TypeAlias = tuple[int, ...]  # what one member of a list has recorded, step by step; then its own facts; then its own known dates
WAITING, OPEN, DONE_, SKIPPED_, NOT_NEEDED, OVERTAKEN = range(6)


class State(NamedTuple):
    """A position: what each step without parties has recorded, the members of each list (None: not yet known), facts, dates known."""

    plain: tuple[int, ...]
    lists: tuple[tuple[Member, ...] | None, ...]
    facts: tuple[int, ...]
    known: int


class Derived(NamedTuple):
    """The statuses of a state. `members` run beside `State.lists`; a list not yet known has one nameless member.

    `looks`: of each step without parties, its kind and whether it would be passed over had nothing been recorded (`explore_statuses.look`);
    `list_passed`: whether so would each member's.
    """

    plain: Standings
    lists: list[Members]
    plain_status: list[int]
    list_status: list[list[list[int]]]
    looks: list[int]
    list_passed: list[list[list[bool]]]


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
