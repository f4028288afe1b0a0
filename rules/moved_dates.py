"""Which dates of open steps are other than they were: after a correction, or counted with another school calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules.position_types import Instance, Position


@dataclass(frozen=True, slots=True)
class MovedDate:
    """One open step whose date moved. `now_on` None: what it counts from is not known any more, and it has no date."""

    no: int
    step: str
    party: str
    round: int
    was_on: date
    now_on: date | None


def date_of(one: Instance) -> date | None:
    """The day a step is chased by: its date of law, else the trust's own target."""
    due = one.due or one.target
    return due.on if due is not None else None


def moved_dates(was: Mapping[int, date | None], after: Position) -> tuple[MovedDate, ...]:
    """The steps of `after` that were open before with another date. `was`: the dates that they had, by the step's number in the case.

    A step that had no date before has been given its first one: that is no move.
    """
    days = ((one, was.get(one.no), date_of(one)) for one in after.tracked())
    return tuple(MovedDate(one.no, one.step, one.party, one.round, before, now) for one, before, now in days if before is not None and before != now)
