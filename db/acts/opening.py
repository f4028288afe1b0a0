"""Opening a case: by a person, by the sweep of reviews that fall due, by an import, or by what was decided in another case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg

from db.acts.actor import Actor
from db.acts.before import receipt_of_key
from db.acts.errors import KeyReused, NotAllowed, NotFound
from db.acts.messages import outbox_text
from db.acts.parts import Parts
from db.acts.period import natural_key
from db.acts.receipt import Receipt
from db.acts.request import Cause, Request, content_of, request
from db.acts.retry import retried
from db.acts.rows import row_changes
from db.acts.standing import read_standing, scope
from db.acts.who import opening_role
from db.acts.write import json_or_null
from db.roles import APP, SCHEDULER
from rules.compiled import compiled
from rules.history import Event, Refused
from rules.position_text import position_to_text
from rules.position_types import Change
from rules.values import Facts

_PUPIL = "SELECT school_id, calendar_stamp, held FROM pupil_for_opening(%s, %s, %s, %s)"
_OPEN = "SELECT answer, ref, recorded_at FROM apply_opening(%s, %s, %s, %s, %s, %s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, NULL, %s)"


@dataclass(frozen=True)
class Opening:
    """A case to be opened. `cause` is the act on another case that opens it, None otherwise."""

    key: UUID
    process: str
    pupil_id: int
    facts: Facts
    on: date
    cause: Cause | None = None


@dataclass(frozen=True)
class Opened:
    """What `apply_opening` answered (`db/sql/50_apply_opening.sql` explains the words) to `asked`."""

    answer: str | None
    ref: str
    recorded_at: datetime
    asked: Request
    change: Change


def open_case(parts: Parts, actor: Actor, opening: Opening) -> Receipt:
    """Open a case, or answer with the one that is there for this pupil and period (`repeated` is true then).

    Raises NotFound, NotAllowed, KeyReused, Refused by the rules, and NoDefinition where no text of the process is in force.
    """
    today = parts.clock.today()
    if opening.on > today:
        raise Refused("bad_day", f"{opening.on} has not come yet: today is {today}. A case opens on the day it is opened.")
    opened = retried(lambda: _in_its_own_transaction(parts, actor, opening), parts.kept.clear)
    change = opened.change
    if opened.answer == "done":
        return Receipt(opened.ref, 1, 1, opened.recorded_at, change.opened, change.closed, change.position.ended, False)
    if opened.answer == "already open":
        return Receipt(opened.ref, 1, 1, opened.recorded_at, (), (), "", True)
    if opened.answer == "repeated":
        return _first_receipt(parts, actor, opened)
    if opened.answer == "not allowed":
        raise NotAllowed("Your role at this school has ended or changed. Sign in again; if that does not help, ask your SENCO.")
    raise KeyReused("This form was sent before for another pupil or process. Reload the page and send again.")


def write_opening(parts: Parts, connection: psycopg.Connection[Any], actor: Actor, opening: Opening) -> Opened:
    """The opening itself, on a connection that may be inside a transaction (that of the act which causes it)."""
    row = connection.execute(_PUPIL, (scope(actor), opening.pupil_id, actor.person_id, parts.clock.today())).fetchone()
    if row is None:
        raise NotFound("There is no such pupil in your schools. Choose the pupil from the list.")
    calendar = parts.calendars.of(int(row[0]), str(row[1]))
    definition = parts.library.for_new_case(opening.process, opening.on, opening.facts)
    caused = opening.cause is not None
    role = "" if caused else opening_role(actor, row[2], definition)
    event = Event("open", opening.on, None if caused else actor.person_id, facts=opening.facts)
    change = compiled(definition).start(event, calendar)
    asked = request(opening.key, f"{opening.process}/{opening.pupil_id}", event)
    values = (
        scope(actor),
        opening.pupil_id,
        definition.prefix,
        natural_key(definition, opening.pupil_id, opening.facts),
        parts.pinned.pin(connection, definition),
        str(opening.key),
        event.actor,
        role,
        parts.clock.today(),
        None if opening.cause is None else opening.cause.case_id,
        opening.on,
        content_of(asked, actor, role, change, calendar.version, opening.cause),
        position_to_text(change.position),
        change.position.ended,
        calendar.version,
        json_or_null(row_changes(definition, None, change.position, calendar).written),
        outbox_text(definition, change),
    )
    answer = connection.execute(_OPEN, values).fetchone()
    assert answer is not None
    return Opened(answer[0], answer[1], answer[2], asked, change)


def _in_its_own_transaction(parts: Parts, actor: Actor, opening: Opening) -> Opened:
    with parts.engines.act_connection(SCHEDULER if actor.is_software else APP) as connection:
        return write_opening(parts, connection, actor, opening)


def _first_receipt(parts: Parts, actor: Actor, opened: Opened) -> Receipt:
    with parts.engines.act_connection(SCHEDULER if actor.is_software else APP) as connection:
        standing = read_standing(parts, connection, actor, opened.ref, lock=False)
    receipt = receipt_of_key(parts, actor, standing, opened.asked)
    assert receipt is not None, "the opening's event carries the opening key"
    return receipt
