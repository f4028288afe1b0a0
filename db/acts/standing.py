"""A case as it stands in the ledger when an act begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg

from db.acts.actor import Actor
from db.acts.capacity import not_about_themselves, roles_in
from db.acts.errors import NotFound
from db.acts.parts import Parts
from db.acts.statement import Statement
from db.ladders import SHIPPED, Ladders
from db.permissions import may_read
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import Definition
from rules.position_types import Position

_READ = Statement(
    "SELECT case_id::text, version::text, school_id::text, pupil_id::text, definition_id::text, calendar_version, calendar_stamp, "
    "array_to_string(held, ','), position, encode(head, 'hex') FROM case_for_act(%s, %s, %s, %s, %s)"
)


@dataclass(slots=True)
class Standing:  # not frozen: making a frozen one costs an act five times as much
    """`version` is the number of the last event. `recounted`: the stored rows of open steps were counted with another calendar than `calendar`.

    `head`: the last link of its chain. `held`: the capacities that the actor has today at the case's school. `kept`: not read for this act but
    remembered from an earlier one, so the database must check that its `head`, the calendar's `stamp` and the rest are still so. `ladders`: own
    ones that stand for shipped ones in this case; the stamp is of them too.
    """

    case_id: int
    ref: str
    version: int
    school_id: int
    pupil_id: int | None
    definition: Definition
    calendar: SchoolCalendar
    position: Position
    recounted: bool
    held: tuple[str, ...]
    definition_id: int
    stamp: str
    head: bytes
    kept: bool = False
    ladders: Ladders = field(default_factory=lambda: SHIPPED)

    @property
    def acting(self) -> tuple[str, ...]:
        """The capacities in which the actor may act here: of those held, what is left where the case is about somebody."""
        return not_about_themselves(self.held, self.definition.standing_aside(self.position.facts)) if self.definition.stands_aside else self.held


def scope(actor: Actor) -> str | None:
    """The schools as the functions take them, an array's text: null means all, which the database grants to the scheduler alone."""
    return None if actor.is_software else "{" + ",".join(str(int(school)) for school in sorted(actor.schools)) + "}"


def text_of(number: int | None) -> str | None:
    """A number as a statement takes it."""
    return None if number is None else str(number)


def standing_kept(parts: Parts, actor: Actor, ref: str, today: date) -> Standing | None:
    """The case as this process saw it last, if it is in the actor's schools."""
    found = parts.kept.of(actor, ref, today)
    if found is None:
        return None
    one, held = found
    if not may_know(actor, one.definition, one.position, held):
        return None
    return Standing(
        one.case_id, ref, one.version, one.school_id, one.pupil_id, one.definition, one.calendar, one.position, one.recounted, held,
        one.definition_id, one.stamp, one.head, True, one.ladders,
    )  # fmt: skip


def standing_after(was: Standing, version: int, position: Position, head: bytes) -> Standing:
    """The case as an act has left it: its rows were written with the calendar it was judged by."""
    return Standing(
        was.case_id, was.ref, version, was.school_id, was.pupil_id, was.definition, was.calendar, position, False, was.held,
        was.definition_id, was.stamp, head, False, was.ladders,
    )  # fmt: skip


def no_such_case(ref: str) -> NotFound:
    """What somebody is told of a case that is not there, is another school's, or may not be read by them: the same."""
    return NotFound(f"There is no case {ref} in your schools. Check the reference.")


def may_know(actor: Actor, definition: Definition, position: Position, held: tuple[str, ...]) -> bool:
    """Whether the actor may know of the case. A link's holder and software are asked elsewhere, for what they do alone."""
    if not definition.readers or actor.is_software or actor.link is not None:
        return True
    mine = not_about_themselves(held, definition.standing_aside(position.facts))
    return may_read(definition, position.facts, roles_in(mine))


def read_standing(parts: Parts, connection: psycopg.Connection[Any], actor: Actor, ref: str, *, lock: bool) -> Standing:
    """Read a case, with its row locked for the rest of the transaction if `lock`. Raises NotFound outside the actor's schools, and where none of
    the actor's roles may read it.
    """
    today = parts.clock.today()
    row = _READ.row(connection, (scope(actor), ref, text_of(actor.person_id), today.isoformat(), "t" if lock else "f"))
    if row is None:
        raise no_such_case(ref)
    case_id, version, school_id, definition_id = (int(row[place]) for place in (0, 1, 2, 4))
    pupil_id = None if row[3] is None else int(row[3])
    calendar_version, stamp, held, text, head = row[5:]
    definition = parts.pinned.of(definition_id)
    calendar = parts.calendars.of(school_id, stamp)
    position = compiled(definition).read(text, calendar)
    recounted = calendar_version != calendar.version
    roles = tuple(held.split(",")) if held else ()
    if not may_know(actor, definition, position, roles):
        raise no_such_case(ref)
    found = Standing(
        case_id, ref, version, school_id, pupil_id, definition, calendar, position, recounted, roles, definition_id, stamp, bytes.fromhex(head),
        ladders=parts.ladders.of(school_id, stamp, pupil_id),
    )  # fmt: skip
    if not lock and not recounted:
        parts.kept.keep(found, actor, today)
    return found
