"""What a move to another text owes: word to whom a step opens now for the first time. What was told before is not told again."""

from __future__ import annotations

from typing import Any

import orjson
import psycopg

from db.acts.standing import Standing
from rules.definition import Definition
from rules.owed import held_by, messages
from rules.position_types import Change, Instance, Owed, Position
from rules.reading import position_of, record_of
from rules.record import Draft

_TOLD = "SELECT step, party, round, to_role FROM deliveries WHERE case_id = %s AND moment = 'opened' AND state <> 'superseded'"
_TO_BE_TOLD = "SELECT messages FROM outbox WHERE case_id = %s"
Told = tuple[str, str, int, str]


def owed_by_the_move(connection: psycopg.Connection[Any], standing: Standing, to: Definition, position: Position) -> Change:
    """The change that a move to `to` makes: the steps open there and not before, and the messages that they owe and nobody has had.

    `connection` is inside a transaction that may read the case's school and holds the case's lock.
    """
    now = position_of(to, record_of(position), standing.calendar)
    before = {_key(one) for one in standing.position.open()}
    opened = tuple(one for one in now.open() if _key(one) not in before)
    told = _told(connection, standing.case_id)
    owed = messages(Draft(to, record_of(now)), opened)
    return Change(now, opened=opened, owed=tuple(one for one in owed if _as_told(to, one, now) not in told))


def _key(one: Instance) -> tuple[str, str, int]:
    return one.step, one.party, one.round


def _as_told(definition: Definition, one: Owed, position: Position) -> Told:
    return one.step, one.party, one.round, held_by(definition, one.to, position.facts)


def _told(connection: psycopg.Connection[Any], case_id: int) -> set[Told]:
    """Who has heard, or will hear from the outbox, that a step opened."""
    told: set[Told] = {(row[0], row[1], row[2] or 1, row[3]) for row in connection.execute(_TOLD, (case_id,))}
    for (text,) in connection.execute(_TO_BE_TOLD, (case_id,)):
        told |= {(m["step"], m["party"], m["round"], m["to"]) for m in orjson.loads(text).get("owed", ()) if m["moment"] == "opened"}
    return told
