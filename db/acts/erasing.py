"""Erasing the personal words of a case (UK GDPR art 17) while its record stays provable. That it was done, by whom and when, is an event."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from db.acts.actor import Actor
from db.acts.capacity import capacity_in_which, said_in
from db.acts.content import canonical
from db.acts.errors import KeyReused, NotAllowed
from db.acts.own_kinds import ERASED
from db.acts.parts import Parts
from db.acts.redating import OtherCalendar, redated_first
from db.acts.retry import retried
from db.acts.standing import Standing, read_standing, scope, text_of
from db.acts.write import APPLY
from db.engine import EVERY_READER
from db.permissions import in_words, roles_for
from db.roles import APP
from rules.position_text import position_to_text

_OF_KEY = "SELECT kind, actor_id FROM events WHERE case_id = %s AND act_key = %s"
NOTHING_OWED = '{"owed":[]}'


def erase_private(parts: Parts, actor: Actor, key: UUID, ref: str, on: date) -> int:
    """Delete the salts and words of every event of the case; the commitments in the chain stay, and say nothing without their salts.

    Returns how many there were; 0 for the same key again. Raises NotFound, NotAllowed (a person of the case's school does this, no software),
    KeyReused when the key is another act's: then nothing is erased.
    """
    return redated_first(parts, ref, lambda: retried(lambda: _erased(parts, actor, key, ref, on), parts.kept.clear))


def _erased(parts: Parts, actor: Actor, key: UUID, ref: str, on: date) -> int:
    with parts.engines.act_connection(APP) as connection, connection.transaction():
        standing = read_standing(parts, connection, actor, ref, lock=True)
        if standing.recounted:
            raise OtherCalendar([ref])
        written = APPLY.row(connection, _values(parts, actor, key, standing, on))
        answer = written[0] if written else "absent"
        if answer == "repeated":
            _refuse_other_act(parts, actor, key, standing)
            return 0
        if answer != "done":
            raise NotAllowed("Your role at this school has ended or changed. Sign in again; if that does not help, ask your SENCO.")
        row = connection.execute("SELECT erase_private(%s, %s)", (scope(actor), standing.case_id)).fetchone()
    assert row is not None
    return int(row[0])


def _refuse_other_act(parts: Parts, actor: Actor, key: UUID, standing: Standing) -> None:
    """Raise KeyReused unless the act of this key is an erasing by this person: words are never erased without an event that says so."""
    with parts.engines.app(dict.fromkeys(actor.schools, (EVERY_READER,))) as session:
        row = session.connection().exec_driver_sql(_OF_KEY, (standing.case_id, key)).one()
    if (row.kind, row.actor_id) != (ERASED, actor.person_id):
        raise KeyReused("This key is another act's on this case. Nothing has been erased. Send it again with a key of its own.")


def _values(parts: Parts, actor: Actor, key: UUID, standing: Standing, on: date) -> tuple[str | None, ...]:
    """The event: who erased, in which role, on which day."""
    allowed = roles_for("correct_fact")
    role = capacity_in_which(standing.acting, allowed, actor.role)
    if role is None:
        raise NotAllowed(f"Erasing is for {in_words(standing.definition, allowed)} at this school. Ask them to do it.")
    event = {"kind": ERASED, "on": on.isoformat(), "actor": actor.person_id}
    content = {"form": 1, "key": str(key), "event": event, "via": actor.via, **said_in(role), "body": "", "calendar": standing.calendar.version}
    who = (str(key), text_of(actor.person_id), role, parts.clock.today().isoformat(), None)
    case = (scope(actor), str(standing.case_id), str(standing.version), *who, ERASED, "", "", "0")
    position = (canonical(content).decode(), position_to_text(standing.position), standing.position.ended, "kept", standing.calendar.version)
    return (*case, *position, None, None, None, NOTHING_OWED, None, None, None)  # read under lock: nothing kept to be checked
