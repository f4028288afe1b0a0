"""Moving a running case to another text of its process, and back: shown first without writing anything, then one event and all that follows.

From that event on the whole history is folded under the other text; so a move back comes, to the byte, to what stood before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg

from db.acts.actor import Actor
from db.acts.before import reading
from db.acts.capacity import capacity_in_which, said_in
from db.acts.content import Sealed, canonical, commitment, digest, seal
from db.acts.errors import CannotMove, KeyReused, NotAllowed, NothingToMove
from db.acts.messages import outbox_text
from db.acts.own_kinds import OWN
from db.acts.parts import Parts
from db.acts.receipt import Receipt
from db.acts.redating import OtherCalendar, redated_first
from db.acts.request import BODY_DIGITS
from db.acts.retry import retried
from db.acts.rows_anew import rows_anew
from db.acts.standing import Standing, read_standing, scope
from db.acts.told_before import owed_by_the_move
from db.acts.versions import CHANGED, Move, last_standing, moves_in, numbered
from db.acts.write import json_or_null
from db.engine import EVERY_READER
from db.permissions import in_words, readers_of, roles_for
from db.queries.definitions_read import definitions_by_hash
from db.roles import APP
from rules.changing_version import Comparison, Past, compare
from rules.definition import Definition
from rules.position_text import position_to_text

_HISTORY = "SELECT content FROM events WHERE case_id = %s ORDER BY seq"
# What the app's role may read, until this transaction's end. That this person may read the case has been asked.
_SCOPE = f"SELECT set_config('app.schools', %s, true), set_config('app.reads', '{{{EVERY_READER}}}', true)"
_OF_KEY = "SELECT seq, recorded_at, actor_id, content FROM events WHERE case_id = %s AND act_key = %s"
_WORDS = "SELECT salt, value FROM private_texts WHERE case_id = %s AND seq = %s AND name = 'because'"
_CHANGE = (
    "SELECT answer, seq, version, recorded_at FROM change_definition(%s, %s, %s, %s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, "
    "%s::jsonb, %s::jsonb, %s, %s)"
)


@dataclass(frozen=True)
class Target:
    """Where a case is to go: to `text`; or, with `undo`, back to the text that its last move left (if that move was to `text`, where given)."""

    text: Definition | None = None
    undo: bool = False


@dataclass(frozen=True)
class Preview:
    """What a move would do to a case at that version. Nothing has been written."""

    case: str
    version: int
    now: Definition
    to: Definition
    comparison: Comparison


@dataclass(frozen=True)
class _Known:
    """A case with its whole record, and where it is to go. `undoes`: the number of the move that is undone, 0 for none."""

    standing: Standing
    history: tuple[Past, ...]
    to: Definition
    undoes: int


def preview_move(parts: Parts, actor: Actor, ref: str, target: Target) -> Preview:
    """What the move would do, without writing anything. Raises NotFound, NotAllowed, CannotMove (ended, already there, nothing to undo)."""
    with parts.engines.act_connection(APP) as connection, connection.transaction():
        standing = read_standing(parts, connection, actor, ref, lock=False)
        _role(actor, standing)
        known = _known(parts, connection, actor, standing, target)
    comparison = compare(standing.definition, known.to, known.history, standing.calendar)
    return Preview(ref, standing.version, standing.definition, known.to, comparison)


def move(parts: Parts, actor: Actor, key: UUID, ref: str, target: Target, because: str) -> Receipt:
    """Move the case in one transaction. Raises NotFound, NotAllowed, CannotMove with what stands in the way, KeyReused, Busy.

    The case is locked first: a decision sent meanwhile waits, and is then judged under the new text. Messages sent before are not repeated.
    """
    if not because.strip():
        raise CannotMove("Say why the case is moved (--reason): it stands in the record.")
    sealed = seal({"because": because})
    receipt = redated_first(parts, ref, lambda: retried(lambda: _attempt(parts, actor, key, ref, target, sealed), parts.kept.clear))
    parts.kept.forget(ref)
    return receipt


def _attempt(parts: Parts, actor: Actor, key: UUID, ref: str, target: Target, sealed: tuple[Sealed, ...]) -> Receipt:
    with parts.engines.act_connection(APP) as connection, connection.transaction():
        standing = read_standing(parts, connection, actor, ref, lock=True)
        role = _role(actor, standing)
        connection.execute(_SCOPE, (scope(actor),))
        if (first := _first(connection, standing, actor, key, target, sealed)) is not None:
            return first
        if standing.recounted and not standing.position.ended:
            raise OtherCalendar([ref])
        known = _known(parts, connection, actor, standing, target)
        comparison = compare(standing.definition, known.to, known.history, standing.calendar)
        if comparison.in_the_way is not None:
            raise CannotMove(f"{ref} cannot move to the text {known.to.hash[:12]}. {comparison.in_the_way.words()}")
        return _written(parts, connection, actor, role, key, known, comparison, sealed)


def _role(actor: Actor, standing: Standing) -> str:
    """The capacity in which a person moves cases. Raises NotAllowed: no software and no link does."""
    allowed = roles_for("change_definition")
    role = None if actor.is_software or actor.link is not None else capacity_in_which(standing.acting, allowed, actor.role)
    if role is None:
        raise NotAllowed(f"Moving a case to another text is for {in_words(standing.definition, allowed)} of this school. Ask them to do it.")
    return role


def _known(parts: Parts, connection: psycopg.Connection[Any], actor: Actor, standing: Standing, target: Target) -> _Known:
    """The case's record as of `standing`, and the text it is to go to. Raises CannotMove."""
    if standing.position.ended:
        raise NothingToMove(f"{standing.ref} has ended. A case that has ended keeps the text it ended under.")
    connection.execute(_SCOPE, (scope(actor),))
    contents = numbered(row[0] for row in connection.execute(_HISTORY, (standing.case_id,)))[: standing.version]
    history = tuple(Past(n, c["event"], parts.calendars.at(c["calendar"])) for n, c in contents if c["event"]["kind"] not in OWN)
    to, undoes = _where_to(parts, actor, standing, moves_in(contents), target)
    if to.hash == standing.definition.hash:
        raise NothingToMove(f"{standing.ref} is on the text {to.hash[:12]} already.")
    return _Known(standing, history, to, undoes)


def _where_to(parts: Parts, actor: Actor, standing: Standing, moves: list[Move], target: Target) -> tuple[Definition, int]:
    if not target.undo:
        assert target.text is not None, "a target names a text, or undoes"
        return target.text, 0
    last = last_standing(moves)
    if last is None or (target.text is not None and last.to_hash != target.text.hash):
        of = f" to the text {target.text.hash[:12]}" if target.text is not None else ""
        raise NothingToMove(f"{standing.ref} has no move{of} that could be undone.")
    with reading(parts, actor) as session:
        return definitions_by_hash(session, [last.from_hash])[last.from_hash], last.seq


def _said(actor: Actor, on: str, now: Definition, to: Definition, undoes: int) -> dict[str, Any]:
    return {"kind": CHANGED, "on": on, "actor": actor.person_id, "from": now.hash, "to": to.hash} | ({"undoes": undoes} if undoes else {})


def _written(
    parts: Parts, connection: psycopg.Connection[Any], actor: Actor, role: str, key: UUID, known: _Known, comparison: Comparison,
    sealed: tuple[Sealed, ...],
) -> Receipt:  # fmt: skip
    """Write the event, the position, all rows, and what the move owes."""
    standing, to, changes = known.standing, known.to, comparison.changes
    said = _said(actor, parts.clock.today().isoformat(), standing.definition, to, known.undoes)
    body = digest({"case": standing.ref, "event": said, "round": None})[:BODY_DIGITS]
    content = {
        "form": 1, "key": str(key), "event": said, "via": actor.via, **said_in(role), "body": body, "calendar": standing.calendar.version,
        "private": {one.name: one.commitment for one in sealed},
    }  # fmt: skip
    judged = [(past.number, past.calendar, change) for past, change in zip(known.history, changes, strict=True)]
    rows = rows_anew(to, judged, standing.calendar, standing.case_id, standing.school_id, standing.ladders)
    owed = owed_by_the_move(connection, standing, to, changes[-1].position)
    values = (
        scope(actor), standing.case_id, standing.version, str(key), actor.person_id, role, parts.clock.today(), canonical(content).decode(),
        position_to_text(changes[-1].position), standing.calendar.version, standing.definition_id, parts.pinned.pin(connection, to),
        json_or_null(rows), orjson.dumps([{"name": one.name, "salt": one.salt.hex(), "value": one.value} for one in sealed]).decode(),
        outbox_text(to, owed, left=standing.definition), readers_of(to, changes[-1].position.facts),
    )  # fmt: skip
    row = connection.execute(_CHANGE, values).fetchone()
    if row is None or row[0] != "done":
        raise NotAllowed("Your role at this school has ended or changed. Sign in again; if that does not help, ask your SENCO.")
    _, seq, version, recorded_at = row
    return Receipt(standing.ref, seq, version, recorded_at, owed.opened, (), "", False)


def _first(
    connection: psycopg.Connection[Any], standing: Standing, actor: Actor, key: UUID, target: Target, sealed: tuple[Sealed, ...]
) -> Receipt | None:
    """The first receipt of this key; None if the case has no such act. Raises KeyReused if the key belongs to another act."""
    row = connection.execute(_OF_KEY, (standing.case_id, key)).fetchone()
    if row is None:
        return None
    seq, recorded_at, actor_id, text = row
    content: Mapping[str, Any] = orjson.loads(text)
    kept = connection.execute(_WORDS, (standing.case_id, seq)).fetchone()
    words_differ = kept is not None and (
        kept[1] != sealed[0].value or commitment(bytes(kept[0]), kept[1]) != content.get("private", {}).get("because")
    )
    if actor_id != actor.person_id or words_differ or not _same_move(content["event"], target):
        raise KeyReused("This was sent before with other contents, and the first one stands. Look at what is recorded, and send again.")
    return Receipt(standing.ref, seq, seq, recorded_at, (), (), standing.position.ended, True)


def _same_move(said: Mapping[str, Any], target: Target) -> bool:
    if said["kind"] != CHANGED or bool(said.get("undoes")) != target.undo:
        return False
    return target.undo or (target.text is not None and said["to"] == target.text.hash)
