"""Acts that were here before: the first receipt again, or who decided."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy.orm import Session

from db.acts.actor import Actor
from db.acts.content import commitment
from db.acts.errors import AlreadyDecided, KeyReused
from db.acts.parts import Parts
from db.acts.receipt import Receipt
from db.acts.replay import contents_of, last_change
from db.acts.request import Request
from db.acts.standing import Standing
from db.acts.versions import definition_at
from db.engine import EVERY_READER
from rules.definition import Definition
from rules.history import Event
from rules.position_types import Instance, OpensCase
from rules.refusals import step_title

CASE_STEPS = UUID("7c0d4f6e-2f0a-5e35-9a0a-3e6a4d1c9b42")  # the namespace of the opening keys of cases that a `case` step opens
_HISTORY = "SELECT content FROM events WHERE case_id = %s AND seq <= %s ORDER BY seq"
_OF_KEY = "SELECT seq, recorded_at, actor_id, content FROM events WHERE case_id = %s AND act_key = %s"
_PRIVATE = "SELECT name, salt, value FROM private_texts WHERE case_id = %s AND seq = %s"
_ALSO = "SELECT ref FROM cases WHERE opened_from = %s AND opening_key = ANY(%s) ORDER BY id"
_DECIDED = "SELECT recorded_at, actor_id, content FROM events WHERE case_id = %s AND kind IN ('decide', 'correct') ORDER BY seq DESC"
_STAFF_NAME = "SELECT concat_ws(' ', NULLIF(title, ''), given_name, family_name) FROM persons WHERE id = %s AND kind = 'staff'"


def reading(parts: Parts, actor: Actor) -> AbstractContextManager[Session]:
    """A session that sees what is in the actor's schools. That they may read the case has been asked (`db/acts/standing.py`)."""
    return parts.engines.scheduler() if actor.is_software else parts.engines.app(dict.fromkeys(actor.schools, (EVERY_READER,)))


def receipt_of_key(parts: Parts, actor: Actor, standing: Standing, asked: Request) -> Receipt | None:
    """The first receipt of this key; None if the case has no such act. Raises KeyReused if the key belongs to another act."""
    with reading(parts, actor) as session:
        query = session.connection().exec_driver_sql
        row = query(_OF_KEY, (standing.case_id, asked.key)).one_or_none()
        if row is None:
            return None
        kept = {name: (bytes(salt), str(value)) for name, salt, value in query(_PRIVATE, (standing.case_id, row.seq))}
        check_same(orjson.loads(row.content), row.actor_id, kept, actor, asked)
        contents = query(_HISTORY, (standing.case_id, row.seq)).scalars().all()
        definition = definition_at(session, standing.case_id, row.seq, standing.definition)
        change = last_change(parts, definition, contents_of(contents))
        keys = [child_key(asked.key, one) for one in change.opens]
        keys += [case_step_key(standing.ref, one) for one in change.opened if one.step in definition.case_steps]
        also = query(_ALSO, (standing.case_id, keys)).scalars().all()
    return Receipt(standing.ref, row.seq, row.seq, row.recorded_at, change.opened, change.closed, change.position.ended, True, tuple(also))


def check_same(content: dict[str, Any], actor_id: int | None, kept: dict[str, tuple[bytes, str]], actor: Actor, asked: Request) -> None:
    """Raise KeyReused unless the stored event is this very request by this very actor. Erased personal words cannot be compared."""
    given = {one.name: one.value for one in asked.private}
    committed = content.get("private", {})
    same_words = set(given) == set(committed) and all(given[name] == value for name, (_, value) in kept.items())
    whole = all(commitment(salt, value) == committed.get(name) for name, (salt, value) in kept.items())
    if not asked.is_in(content) or actor_id != actor.person_id or not same_words or not whole:
        raise KeyReused(
            "This form was sent before with other contents, and the first one stands. Reload the page, look at what is recorded, and send again."
        )


def child_key(key: UUID, opens: OpensCase) -> UUID:
    """The opening key of the case that an act opens: the same each time the act is sent."""
    return uuid5(key, f"{opens.process}/{opens.party}" if opens.party else opens.process)


def case_step_key(ref: str, one: Instance) -> UUID:
    """The opening key of the case that a `case` step opens: the same whether its own act opens it or the sweep does."""
    return uuid5(CASE_STEPS, f"{ref}/{one.step}/{one.party}/{one.round}")


def already_decided(parts: Parts, actor: Actor, standing: Standing, event: Event) -> AlreadyDecided | None:
    """Who decided the step, when and how; None if no event says so (it lapsed before this version of the ledger, say)."""
    with reading(parts, actor) as session:
        query = session.connection().exec_driver_sql
        for recorded_at, actor_id, text in query(_DECIDED, (standing.case_id,)):
            content = orjson.loads(text)
            said = content["event"]
            if said.get("step") == event.step and said.get("party", "") == event.party:
                name = query(_STAFF_NAME, (actor_id,)).scalar_one_or_none() if actor_id is not None else None
                by = str(name) if name else _role_title(standing.definition, str(content["role"]))
                title = step_title(standing.definition, event.step, event.party)
                return AlreadyDecided(by, recorded_at, str(said.get("outcome", "done")), event.step, title)
    return None


def _role_title(definition: Definition, role: str) -> str:
    found = definition.roles.get(role)
    return found.title if found else "the calendar"
