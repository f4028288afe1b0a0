"""Which message each fired rung of a ladder is, to whom, and which rungs a later one takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.definition import Definition, Rung
from rules.owed import held_by
from rules.values import Facts

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Rungs:
    """The rungs `first` to `last` (counted from 1) of one step that came due in one sweep."""

    first: int
    last: int
    no: int
    step: str
    party: str
    round: int
    owner: str
    due_on: date | None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Rungs:
        """From the outbox's JSON (`db/chase.py`)."""
        due_on = date.fromisoformat(raw["due_on"]) if raw["due_on"] else None
        return cls(raw["first"], raw["last"], raw["no"], raw["step"], raw["party"], raw["round"], raw["owner"], due_on)


@dataclass(frozen=True, slots=True)
class Fired:
    """One rung, its number from 1, the role it tells, and whether a later rung to the same role came due with it."""

    number: int
    rung: Rung
    to: str
    superseded: bool


def chase_messages(definition: Definition, fired: Rungs, facts: Facts) -> list[Fired]:
    """The rungs in order. After an outage several may be due at once: each role then hears the last one only (`faults.md` T6).

    A rung that tells the parent tells the young person once the rights have passed to them, as the case's `facts` say.

    A step that software does is owed by nobody: its ladder's `owner` is the SENCO, who must see that the software is late.
    """
    step = definition.steps.get(fired.step)  # none: the case has moved meanwhile to a text without it, and nobody owes it any more
    ladder = definition.ladders.get(step.ladder) if step is not None else None
    due = list(enumerate(ladder.rungs, start=1))[fired.first - 1 : fired.last] if ladder else []
    told = [(number, rung, (fired.owner or "senco") if rung.tells == OWNER else held_by(definition, rung.tells, facts)) for number, rung in due]
    last = {to: number for number, _, to in told}
    return [Fired(number, rung, to, last[to] != number) for number, rung, to in told]
