"""The opening of a case, worked out and written: on a connection of its own, or in the transaction of the act that causes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg

from db.acts.actor import Actor
from db.acts.errors import NotFound
from db.acts.messages import outbox_text
from db.acts.parts import Parts
from db.acts.period import natural_key
from db.acts.request import Cause, Request, content_of, request
from db.acts.rows import row_changes
from db.acts.speaking import with_who_speaks
from db.acts.standing import scope
from db.acts.who import opening_role
from db.acts.write import json_or_null
from db.ladders import Ladders
from db.permissions import readers_of
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import Event, Refused
from rules.position_text import position_to_text
from rules.position_types import Change
from rules.values import Facts

_PUPIL = "SELECT school_id, calendar_stamp, held FROM pupil_for_opening(%s, %s, %s, %s)"
_SCHOOL = "SELECT school_id, calendar_stamp, held FROM school_for_opening(%s, %s, %s, %s)"
_OPEN = (
    "SELECT answer, ref, case_id, recorded_at FROM apply_opening(%s, %s, %s, %s, %s, %s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
    "%s::jsonb, NULL, %s"
)


@dataclass(frozen=True)
class Opening:
    """A case to be opened: about a pupil, or, where `pupil_id` is None, about the school `school_id`. `cause` is the act on another case that
    opens it, None otherwise."""

    key: UUID
    process: str
    pupil_id: int | None
    facts: Facts
    on: date
    cause: Cause | None = None
    school_id: int | None = None

    @property
    def subject(self) -> str:
        """Whom or what the case is about, as it stands in keys: a pupil's number, or `school` and its number."""
        return f"school {self.school_id}" if self.pupil_id is None else str(self.pupil_id)


@dataclass(frozen=True)
class Prepared:
    """An opening that the rules allow: on which text, by whom in which role, and what it changes."""

    opening: Opening
    actor: Actor
    role: str
    definition: Definition
    calendar: SchoolCalendar
    ladders: Ladders
    asked: Request
    change: Change


@dataclass(frozen=True)
class Opened:
    """What `apply_opening` answered (`db/sql/50_apply_opening.sql` explains the words) to `asked`."""

    answer: str | None
    ref: str
    case_id: int
    recorded_at: datetime
    asked: Request
    change: Change
    definition: Definition


def prepared(parts: Parts, connection: psycopg.Connection[Any], actor: Actor, opening: Opening) -> Prepared:
    """Read the pupil or the school and ask the rules; nothing is written. Raises NotFound, NotAllowed, Refused, NoDefinition."""
    row = _read_subject(connection, actor, opening, parts.clock.today())
    calendar = parts.calendars.of(int(row[0]), str(row[1]))
    definition = parts.library.for_new_case(opening.process, opening.on, opening.facts)
    refuse_other_subject(definition, opening)
    opening = with_who_speaks(parts, actor, definition, opening)
    caused = opening.cause is not None
    role = "" if caused else opening_role(actor, row[2], definition, opening.facts)
    event = Event("open", opening.on, None if caused else actor.person_id, facts=opening.facts)
    change = compiled(definition).start(event, calendar)
    asked = request(opening.key, f"{opening.process}/{opening.subject}", event)
    ladders = parts.ladders.of(int(row[0]), str(row[1]), opening.pupil_id)
    return Prepared(opening, actor, role, definition, calendar, ladders, asked, change)


def refuse_other_subject(definition: Definition, opening: Opening) -> None:
    """Refuse to open a pupil's process about a school, or a school's about a pupil. Raises Refused, saying which it is."""
    if definition.about_school and opening.pupil_id is not None:
        raise Refused("wrong_subject", f"{definition.title} is about a school, not about one pupil. Name the school.")
    if not definition.about_school and opening.pupil_id is None:
        raise Refused("wrong_subject", f"{definition.title} is about one pupil. Name the pupil, not the school.")


def _read_subject(connection: psycopg.Connection[Any], actor: Actor, opening: Opening, today: date) -> Any:
    if opening.pupil_id is not None:
        row = connection.execute(_PUPIL, (scope(actor), opening.pupil_id, actor.person_id, today)).fetchone()
        missing = "There is no such pupil in your schools. Choose the pupil from the list."
    else:
        row = connection.execute(_SCHOOL, (scope(actor), opening.school_id, actor.person_id, today)).fetchone()
        missing = "There is no such school among yours. Choose the school from the list."
    if row is None:
        raise NotFound(missing)
    return row


def write_prepared(parts: Parts, connection: psycopg.Connection[Any], ready: Prepared) -> Opened:
    """Write an opening, on a connection that may be inside a transaction (that of the act which causes it)."""
    opening, definition, change, asked = ready.opening, ready.definition, ready.change, ready.asked
    values = (
        scope(ready.actor),
        opening.pupil_id,
        definition.prefix,
        natural_key(definition, opening.subject, opening.facts),
        parts.pinned.pin(connection, definition),
        str(opening.key),
        asked.event.actor,
        ready.role,
        parts.clock.today(),
        None if opening.cause is None else opening.cause.case_id,
        opening.on,
        content_of(asked, ready.actor, ready.role, change, ready.calendar.version, opening.cause),
        position_to_text(change.position),
        change.position.ended,
        ready.calendar.version,
        json_or_null(row_changes(definition, None, change.position, ready.calendar, ready.ladders).written),
        outbox_text(definition, change),
    )
    more = {"p_school": opening.school_id if opening.pupil_id is None else None, "p_readers": readers_of(definition, change.position.facts)}
    said = {name: value for name, value in more.items() if value is not None}  # left out they are null
    statement = _OPEN + "".join(f", {name} := %s" for name in said) + ")"
    answer = connection.execute(statement, (*values, *said.values())).fetchone()
    assert answer is not None
    return Opened(answer[0], answer[1], answer[2], answer[3], asked, change, definition)


def write_opening(parts: Parts, connection: psycopg.Connection[Any], actor: Actor, opening: Opening) -> Opened:
    """Work out an opening and write it."""
    return write_prepared(parts, connection, prepared(parts, connection, actor, opening))
