"""A case has ended: the steps of other cases that waited for it, and the record of its end in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from db.acts.actor import CALENDAR
from db.acts.children import with_what_may_open
from db.acts.messages import outbox_text
from db.acts.parts import Parts
from db.acts.period import after_end
from db.acts.request import Cause, content_of, request
from db.acts.rows import row_changes
from db.acts.standing import Standing
from db.acts.write import json_or_null
from rules.compiled import compiled
from rules.definition import INTERRUPTED, Definition
from rules.history import Event, Refused
from rules.position_text import position_to_text
from rules.position_types import Change

_WAITING = (
    "SELECT case_id, ref, version, school_id, pupil_id, definition_id, calendar_version, calendar_stamp, position, head, step, party, round "
    "FROM waiting_for(%s)"
)
_APPLY = "SELECT answer, seq FROM apply_case_end(%s, %s, %s, %s::uuid, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s)"


@dataclass(frozen=True, slots=True)
class Ended:
    """A case that has ended: its id, reference, the number of its last event, the end's name, and the day."""

    case_id: int
    ref: str
    seq: int
    end: str
    on: date


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open step that waits for that case, and its own case as it stands, locked."""

    standing: Standing
    step: str
    party: str
    round: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """The end was recorded in the waiting case, on that day, as that number."""

    on: date
    seq: int
    change: Change


def waiting_for(parts: Parts, connection: psycopg.Connection[Any], ended: Ended, texts: Mapping[int, Definition]) -> list[Waiting]:
    """The open steps that wait for the case, their cases locked. `texts`: definitions of cases that this transaction wrote."""
    found = []
    for row in connection.execute(_WAITING, (ended.case_id,)).fetchall():
        case_id, ref, version, school_id, pupil_id, definition_id, calendar_version, stamp, text, head, step, party, of_round = row
        definition = texts.get(case_id) or parts.pinned.of(definition_id)
        calendar = parts.calendars.of(school_id, stamp)
        position = compiled(definition).read(text, calendar)
        recounted = calendar_version != calendar.version
        standing = Standing(
            case_id, ref, version, school_id, pupil_id, definition, calendar, position, recounted, (), definition_id, stamp, bytes(head),
            ladders=parts.ladders.of(school_id, stamp, pupil_id),
        )  # fmt: skip
        found.append(Waiting(standing, step, party, of_round))
    return found


def record_end(parts: Parts, connection: psycopg.Connection[Any], waiting: Waiting, ended: Ended, key: UUID) -> Recorded | None:
    """Record the end in the waiting step, as the calendar does. None if it is recorded already, or the rules do not allow it now.

    An end that the waiting case's text does not know (it was pinned before) is recorded as `interrupted`: somebody must look.
    """
    standing = waiting.standing
    word = ended.end if ended.end in standing.definition.steps[waiting.step].words else INTERRUPTED
    opened_on = standing.position.instance(waiting.step, waiting.party).opened_on
    on = max(ended.on, opened_on) if opened_on is not None else ended.on
    event = Event("decide", on, None, waiting.step, waiting.party, word)
    try:
        change = compiled(standing.definition).advance(standing.position, event, standing.calendar)
    except Refused:
        return None  # the step has moved on meanwhile; where it still waits, the sweep says so (db/acts/case_steps_run.py)
    change = with_what_may_open(parts, standing, change, on)
    seq = _write(connection, standing, waiting, ended, key, event, change)
    return None if seq is None else Recorded(on, seq, change)


def _write(
    connection: psycopg.Connection[Any], standing: Standing, waiting: Waiting, ended: Ended, key: UUID, event: Event, change: Change
) -> int | None:
    asked = request(key, standing.ref, event, round=waiting.round)
    rows = row_changes(standing.definition, None if standing.recounted else standing.position, change.position, standing.calendar, standing.ladders)
    values = (
        ended.case_id,
        standing.case_id,
        standing.version,
        str(key),
        content_of(asked, CALENDAR, "", change, standing.calendar.version, Cause(ended.case_id, ended.ref, ended.seq)),
        position_to_text(change.position),
        change.position.ended,
        after_end(standing.definition, change.position),
        standing.calendar.version,
        json_or_null(rows.closed),
        json_or_null(rows.written),
        outbox_text(standing.definition, change),
    )
    row = connection.execute(_APPLY, values).fetchone()
    assert row is not None and row[0] in ("done", "repeated"), f"the case {standing.ref} is locked, and moved"
    return int(row[1]) if row[0] == "done" else None
