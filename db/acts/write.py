"""The one statement that writes an act, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import orjson
import psycopg

from db.acts.actor import Actor
from db.acts.errors import LinkUsed
from db.acts.messages import outbox_text
from db.acts.period import after_end
from db.acts.request import Request, content_of, private_rows
from db.acts.rows import row_changes
from db.acts.standing import Standing, scope
from db.acts.statement import Statement
from db.chain import EPOCH, next_link
from rules.position_text import position_to_text
from rules.position_types import Change

LINK_USED = "SF001"
_LINK_USED = "This link has been used, has expired or was withdrawn, or what it asked for is with somebody else now. Ask the school."
APPLY = Statement(
    "SELECT answer, seq::text, version::text, recorded_at::text FROM apply_act(%s, %s, %s, %s::uuid, %s, %s, %s, %s::uuid, %s, %s, %s, %s, %s, %s, "
    "%s, %s, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s, %s, %s, %s)"
)


@dataclass(frozen=True, slots=True)
class Written:
    """What `apply_act` answered; the words are explained in `db/sql/40_apply_act.sql`. `head`: the new last link, of an act that is done."""

    answer: Literal["done", "repeated", "moved", "absent", "not allowed"]
    seq: int = 0
    version: int = 0
    recorded_at: datetime = EPOCH
    head: bytes = b""


def write_act(
    connection: psycopg.Connection[Any], actor: Actor, role: str, today: date, standing: Standing, asked: Request, change: Change, round: int
) -> Written:
    """Write an act whose `change` the rules have worked out from `standing`. Raises LinkUsed; every other answer is a value."""
    rows = row_changes(standing.definition, None if standing.recounted else standing.position, change.position, standing.calendar, standing.ladders)
    private = private_rows(asked)
    content = content_of(asked, actor, role, change, standing.calendar.version)
    values = (
        scope(actor),
        str(standing.case_id),  # texts throughout: the function's own types read them, and psycopg need not look at each value
        str(standing.version),
        str(asked.key),
        None if actor.person_id is None else str(actor.person_id),
        role,
        today.isoformat(),
        None if actor.link is None else str(actor.link),
        asked.event.kind,
        asked.event.step,
        asked.event.party,
        str(round),
        content,
        position_to_text(change.position),
        change.position.ended,
        after_end(standing.definition, change.position),
        standing.calendar.version,
        json_or_null(rows.closed),
        json_or_null(rows.written),
        json_or_null(private),
        outbox_text(standing.definition, change, asked.event),
        standing.stamp if standing.kept else None,
        str(standing.definition_id) if standing.kept else None,
        "\\x" + standing.head.hex() if standing.kept else None,
    )
    try:
        row = APPLY.row(connection, values)
    except psycopg.Error as error:
        if error.sqlstate == LINK_USED:
            raise LinkUsed(_LINK_USED) from None
        raise
    return written(row, standing, content)


def written(row: tuple[Any, ...] | None, standing: Standing, content: str) -> Written:
    """The row that `APPLY` answers with."""
    assert row is not None, "the function answers always"
    answer, seq, version, recorded_at = row
    if seq is None:
        return Written(answer)
    at = datetime.fromisoformat(recorded_at)
    return Written(answer, int(seq), int(version), at, next_link(standing.head, at, content) if answer == "done" else b"")


def json_or_null(rows: list[Any]) -> str | None:
    """Rows as JSON text for `jsonb_to_recordset`; null for none."""
    return orjson.dumps(rows).decode() if rows else None
