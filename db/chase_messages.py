"""Which message each fired rung of a ladder is, to whom, and which rungs a later one takes over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from db.ladders import OwnLadder, ladders_by_id
from rules.definition import Definition, Ladder, Rung
from rules.owed import held_by
from rules.values import Facts

OWNER = "owner"
BREACH = "breach"


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
    ladder_id: int | None = None  # the own ladder that the step is chased by

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Rungs:
        """From the outbox's JSON (`db/chase.py`)."""
        due_on = date.fromisoformat(raw["due_on"]) if raw["due_on"] else None
        return cls(raw["first"], raw["last"], raw["no"], raw["step"], raw["party"], raw["round"], raw["owner"], due_on, raw.get("ladder_id"))


@dataclass(frozen=True, slots=True)
class Fired:
    """One rung, its number from 1, the role it tells, and whether a later rung to the same role came due with it.

    `mark` is what the rung is known by, that it fire once: its number in the ladder of the case's text, in whichever ladder it stands; a rung that
    is not in that ladder, all it says. `breach`: which of the ladder's rungs of a breach to that role it is, from 1; 0 for another rung.
    """

    number: int
    rung: Rung
    to: str
    superseded: bool
    mark: str
    breach: int = 0


def chase_messages(definition: Definition, fired: Rungs, facts: Facts, own: OwnLadder | None = None) -> list[Fired]:
    """The rungs in order, of the `own` ladder that the step is chased by where there is one.

    After an outage several may be due at once: each role then hears the last one only (`faults.md` T6). A rung that tells the parent tells the
    young person once the rights have passed to them, as the case's `facts` say.

    A step that software does is owed by nobody: its ladder's `owner` is the SENCO, who must see that the software is late.
    """
    step = definition.steps.get(fired.step)  # none: the case has moved meanwhile to a text without it, and nobody owes it any more
    shipped = definition.ladders.get(step.ladder) if step is not None else None
    ladder = own.ladder if own is not None and shipped is not None else shipped

    def told(ladder: Ladder | None) -> list[tuple[int, Rung, str]]:
        rungs = enumerate(ladder.rungs, start=1) if ladder is not None else ()
        return [(number, rung, (fired.owner or "senco") if rung.tells == OWNER else held_by(definition, rung.tells, facts)) for number, rung in rungs]

    marks = {said_of(rung, to): str(number) for number, rung, to in reversed(told(shipped))} if own is not None else {}
    rungs = told(ladder)
    due = rungs[fired.first - 1 : fired.last]
    last = {to: number for number, _, to in due}
    found = [
        Fired(n, rung, to, last[to] != n, marks.get(said_of(rung, to), str(n) if own is None else said_of(rung, to)), _breach(rungs[:n], rung, to))
        for n, rung, to in due
    ]
    # A rung to the owner and the same to a role are one where the owner has that role: the first must not be known as the message of both.
    told_now = {one.mark for one in found if not one.superseded}
    return [one for one in found if not (one.superseded and one.mark in told_now)]


def _breach(so_far: Sequence[tuple[int, Rung, str]], rung: Rung, to: str) -> int:
    return sum(one.severity == BREACH and reader == to for _, one, reader in so_far) if rung.severity == BREACH else 0


def said_of(rung: Rung, to: str) -> str:
    """What a rung that tells the role `to` says, by which it is known where it has no number."""
    return f"{rung.when}, {rung.severity}, {rung.template}, {to}"


def own_ladders_of(connection: Connection, messages: Iterable[str]) -> dict[int, OwnLadder]:
    """The own ladders by which rungs in these texts of the outbox were fired."""
    rungs = (json.loads(text).get("rungs", {}) for text in messages if '"ladder_id"' in text)
    return ladders_by_id(connection, (one["ladder_id"] for one in rungs if one.get("ladder_id") is not None))
