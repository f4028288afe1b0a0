"""A case as it stands in the ledger when an act begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import psycopg

from db.acts.actor import Actor
from db.acts.errors import NotFound
from db.acts.parts import Parts
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import Definition
from rules.position_types import Position

_READ = (
    "SELECT case_id, version, school_id, pupil_id, definition_id, calendar_version, calendar_stamp, held, position "
    "FROM case_for_act(%s, %s, %s, %s, %s)"
)


@dataclass(slots=True)
class Standing:  # not frozen: copying a frozen one costs an act five times as much
    """`version` is the number of the last event. `recounted`: the stored rows of open steps were counted with another calendar than `calendar`.

    `held`: the roles that the actor holds today at the case's school. `kept`: not read for this act but remembered from an earlier one, so
    the database must check that the calendar's `stamp` and the rest are still so.
    """

    case_id: int
    ref: str
    version: int
    school_id: int
    pupil_id: int
    definition: Definition
    calendar: SchoolCalendar
    position: Position
    recounted: bool
    held: tuple[str, ...]
    definition_id: int
    stamp: str
    kept: bool = False


def scope(actor: Actor) -> str | None:
    """The schools as the functions take them, an array's text: null means all, which the database grants to the scheduler alone."""
    return None if actor.is_software else "{" + ",".join(str(int(school)) for school in sorted(actor.schools)) + "}"


def standing_kept(parts: Parts, actor: Actor, ref: str, today: date) -> Standing | None:
    """The case as this process saw it last, if it is in the actor's schools."""
    found = parts.kept.of(actor, ref, today)
    if found is None:
        return None
    return replace(found[0], held=found[1], kept=True)


def standing_after(standing: Standing, version: int, position: Position) -> Standing:
    """The case as an act has left it: its rows were written with the calendar it was judged by."""
    return replace(standing, version=version, position=position, recounted=False, kept=False)


def read_standing(parts: Parts, connection: psycopg.Connection[Any], actor: Actor, ref: str, *, lock: bool) -> Standing:
    """Read a case, with its row locked for the rest of the transaction if `lock`. Raises NotFound outside the actor's schools."""
    today = parts.clock.today()
    row = connection.execute(_READ, (scope(actor), ref, actor.person_id, today, lock)).fetchone()
    if row is None:
        raise NotFound(f"There is no case {ref} in your schools. Check the reference.")
    case_id, version, school_id, pupil_id, definition_id, calendar_version, stamp, held, text = row
    definition = parts.pinned.of(definition_id)
    calendar = parts.calendars.of(school_id, stamp)
    position = compiled(definition).read(text, calendar)
    recounted = calendar_version != calendar.version
    found = Standing(case_id, ref, version, school_id, pupil_id, definition, calendar, position, recounted, tuple(held), definition_id, stamp)
    if not lock and not recounted:
        parts.kept.keep(found, actor, today)
    return found
