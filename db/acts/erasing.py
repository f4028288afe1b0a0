"""Erasing the personal words of a case (UK GDPR art 17) while its record stays provable. That it was done, by whom and when, is an event."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from db.acts.actor import Actor
from db.acts.content import canonical
from db.acts.errors import NotAllowed
from db.acts.parts import Parts
from db.acts.retry import retried
from db.acts.rows import RowChanges, row_changes
from db.acts.standing import Standing, read_standing, scope
from db.acts.write import APPLY, json_or_null
from db.permissions import in_words, role_in_which, roles_for
from db.roles import APP
from rules.position_text import position_to_text

ERASED = "erase"  # a kind of the ledger's own: nothing happens to the position, and no history folds it
NOTHING_OWED = '{"owed":[]}'


def erase_private(parts: Parts, actor: Actor, key: UUID, ref: str, on: date) -> int:
    """Delete the salts and words of every event of the case; the commitments in the chain stay, and say nothing without their salts.

    Returns how many there were; 0 for the same key again. Raises NotFound, NotAllowed (a person of the case's school does this, no software).
    """
    return retried(lambda: _erased(parts, actor, key, ref, on), parts.kept.clear)


def _erased(parts: Parts, actor: Actor, key: UUID, ref: str, on: date) -> int:
    with parts.engines.act_connection(APP) as connection, connection.transaction():
        standing = read_standing(parts, connection, actor, ref, lock=True)
        answer = connection.execute(APPLY, _values(parts, actor, key, standing, on)).fetchone()
        if answer is None or answer[0] not in ("done", "repeated"):
            raise NotAllowed("Your role at this school has ended or changed. Sign in again; if that does not help, ask your SENCO.")
        row = connection.execute("SELECT erase_private(%s, %s)", (scope(actor), standing.case_id)).fetchone()
    assert row is not None
    return int(row[0])


def _values(parts: Parts, actor: Actor, key: UUID, standing: Standing, on: date) -> tuple[object, ...]:
    """The event: who erased, in which role, on which day."""
    allowed = roles_for("correct_fact")
    role = role_in_which(standing.held, allowed, actor.role)
    if role is None:
        raise NotAllowed(f"Erasing is for {in_words(standing.definition, allowed)} at this school. Ask them to do it.")
    event = {"kind": ERASED, "on": on.isoformat(), "actor": actor.person_id}
    content = {"form": 1, "key": str(key), "event": event, "via": actor.via, "role": role, "body": "", "calendar": standing.calendar.version}
    rows = row_changes(standing.definition, None, standing.position, standing.calendar) if standing.recounted else RowChanges([], [])
    written = (json_or_null(rows.closed), json_or_null(rows.written))  # else nobody would see that they were counted with another calendar
    case = (scope(actor), standing.case_id, standing.version, str(key), actor.person_id, role, parts.clock.today(), None, ERASED, "", "", 0)
    position = (canonical(content).decode(), position_to_text(standing.position), standing.position.ended, "kept", standing.calendar.version)
    return (*case, *position, *written, None, NOTHING_OWED, None, None)  # read under lock: nothing kept to be checked
