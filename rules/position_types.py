"""Where a case stands, and what one event changes: the values that `position.py` and `compiled.py` return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from rules.due import DueDate
from rules.values import Facts

Status = Literal["waiting", "open", "done", "does_not_apply", "not_needed", "overtaken", "closed"]


class Instance(NamedTuple):
    """A step, for a party, in a round. `no` is its number in the case, given once and kept.

    `due` is the date of law or guidance, also while waiting once its base is known; `follows` names the unknown base otherwise.
    `wakes_on` is the day on which the calendar itself acts (a `wait` step's day; the day after `due` for `lapses_as`).
    `lifted` is the exception that lifts the date; it is looked at again on `lifted_review_on`. `due` is still told then, and does not bind.
    `early`: recorded, waiting for its turn. A step that opens again, or comes back after it had ended, does so in a new round with a new number.
    """

    no: int
    step: str
    party: str
    round: int
    status: Status
    outcome: str = ""
    opened_on: date | None = None
    closed_on: date | None = None
    done_by: int | None = None
    due: DueDate | None = None
    follows: str = ""
    target: DueDate | None = None
    not_before: date | None = None
    wakes_on: date | None = None
    lifted: str = ""
    lifted_review_on: date | None = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class TotalDate:
    """An outer limit across steps, shown as a date of its step `to`."""

    to: str
    due: DueDate


class Owed(NamedTuple):
    """A message the law or the definition owes. `to` is a role (or `invited`-like party list already spread into roles).

    `moment`: `opened`, `done` or an outcome. For the case's end `step` is `ended` and `moment` the end's name; for an interrupt `step` is
    `interrupted` and `moment` its name (no party, round 0, number 0).
    """

    step: str
    party: str
    round: int
    no: int
    moment: str
    to: str


@dataclass(frozen=True, slots=True)
class GivenRight:
    """A right that a decision gave, its holder and its last day, to stand in the notice."""

    right: str
    step: str
    holder: str
    last_day: DueDate | None


@dataclass(frozen=True, slots=True)
class OpensCase:
    """A case that this event opens: its process, what it is given, and the step, party and round whose outcome opens it."""

    process: str
    facts: Facts
    step: str = ""
    party: str = ""
    round: int = 1


@dataclass(slots=True)  # not frozen: making a frozen one costs ten times as much, and every act makes one
class Position:
    """The whole derived state of a case; a pure fold of its history. Instances in the order of their numbers. Nobody changes one."""

    facts: Facts
    instances: tuple[Instance, ...]
    ended: str = ""
    ended_on: date | None = None
    totals: tuple[TotalDate, ...] = ()
    record: object = None  # what the engine needs to go on; opaque to everybody else

    def open(self) -> tuple[Instance, ...]:
        """Steps that somebody can do now."""
        return tuple(i for i in self.instances if i.status == "open")

    def tracked(self) -> tuple[Instance, ...]:
        """Open steps, and waiting ones whose date of law already runs: what the ledger keeps rows and chases for."""
        if self.ended:
            return ()
        return tuple(i for i in self.instances if i.status == "open" or (i.status == "waiting" and i.due is not None))

    def instance(self, step: str, party: str = "") -> Instance:
        """The latest round of that step and party. Raises KeyError if the definition has no such instance."""
        found = [i for i in self.instances if i.step == step and i.party == party]
        if not found:
            raise KeyError(f"no step {step!r}" + (f" for {party!r}" if party else ""))
        return max(found, key=lambda i: i.round)


@dataclass(slots=True)  # not frozen, as Position
class Change:
    """What one event did, each instance as it stands afterwards. Nobody changes one.

    `opened`: now open and not so before, or newly tracked while waiting (its number may be known already: a tracked one that opens).
    `closed`: was tracked and no longer is, with how it ended; and whatever this event made done, even if it was never tracked.
    `moved`: tracked before and after, but a date changed, or what is recorded early. `breaches`: plain sentences for the record.
    """

    position: Position
    opened: tuple[Instance, ...] = ()
    closed: tuple[Instance, ...] = ()
    moved: tuple[Instance, ...] = ()
    owed: tuple[Owed, ...] = ()
    gives: tuple[GivenRight, ...] = ()
    opens: tuple[OpensCase, ...] = ()
    breaches: tuple[str, ...] = ()
