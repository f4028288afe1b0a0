"""A case whose school's calendar has become another: its dates counted anew, each that moved said in one event with who did it and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid5

import psycopg

from db.acts.actor import CALENDAR, Actor
from db.acts.capacity import capacity_in_which, said_in
from db.acts.content import Sealed, canonical, seal
from db.acts.errors import NotAllowed
from db.acts.own_kinds import REDATED
from db.acts.parts import Parts
from db.acts.retry import retried
from db.acts.rows import RowChanges, row_changes
from db.acts.standing import Standing, read_standing, scope, text_of
from db.acts.who import SOFTWARE
from db.acts.write import APPLY, json_or_null
from db.permissions import in_words, roles_for
from db.roles import SCHEDULER
from rules.moved_dates import MovedDate, moved_dates
from rules.position_text import position_to_text

T = TypeVar("T")
REDATINGS = UUID("0d3f6a52-6a1c-5b0e-8f6e-51c1f6f0a9d4")  # the namespace of these acts' keys: one case, version and calendar is one act
NOTHING_OWED = '{"owed":[]}'  # whoever was told an old date is found when the outbox is spread (db/moved_words.py)
STORED = "SELECT no, COALESCE(due_on, target_on) FROM steps WHERE case_id = %s AND closed_seq IS NULL"
_COUNTED_WITH = "SELECT calendar_version FROM cases WHERE id = %s"
_REWRITE = "SELECT rewrite_steps(%s, %s, %s, %s::jsonb, %s::jsonb)"


class OtherCalendar(Exception):
    """An act met rows of these cases that were counted with another calendar than their school's is now: they are redated
    first, for what moves by that is no doing of the act's. Never leaves the acts."""

    def __init__(self, refs: Iterable[str]) -> None:
        super().__init__("counted with another calendar")
        self.refs = tuple(refs)


@dataclass(frozen=True, slots=True)
class Redated:
    """A case that was counted anew, and the dates of open steps that moved; none: only its explanations or the days of its reminders did."""

    case: str
    moved: tuple[MovedDate, ...] = ()


def redated_first(parts: Parts, ref: str, act: Callable[[], T]) -> T:
    """What an act answers. One that meets rows of another calendar has its case redated and is tried again."""
    while True:
        try:
            return act()
        except OtherCalendar:
            redate_case(parts, ref)


def redate_case(parts: Parts, ref: str, actor: Actor = CALENDAR, because: str = "") -> Redated:
    """Count the open steps of one case anew with its school's calendar as it is now, in one transaction.

    Done again, or where the rows were counted with this calendar already, it changes nothing. Raises NotFound, NotAllowed, Busy.
    """
    sealed = seal({"because": because.strip()})
    done = retried(lambda: _attempt(parts, ref, actor, sealed), parts.kept.clear)
    parts.kept.forget(ref)
    return done


def _attempt(parts: Parts, ref: str, actor: Actor, sealed: tuple[Sealed, ...]) -> Redated:
    with parts.engines.act_connection(SCHEDULER) as connection, connection.transaction():
        standing = read_standing(parts, connection, actor, ref, lock=True)
        role = _role(actor, standing)
        if not standing.recounted:
            return Redated(ref)
        stored: dict[int, date | None] = dict(connection.execute(STORED, (standing.case_id,)).fetchall())
        moved = moved_dates(stored, standing.position)
        rows = row_changes(standing.definition, None, standing.position, standing.calendar, standing.ladders)
        if moved:
            _write_act(parts, connection, actor, role, standing, rows, moved, sealed)
        else:
            shown = (standing.case_id, standing.version, standing.calendar.version, json_or_null(rows.closed), json_or_null(rows.written))
            connection.execute(_REWRITE, shown)
    return Redated(ref, moved)


def _role(actor: Actor, standing: Standing) -> str:
    """The capacity in which a person counts dates anew, empty for the calendar. Raises NotAllowed."""
    if actor.is_software:
        return SOFTWARE
    allowed = roles_for("redate")
    role = None if actor.link is not None else capacity_in_which(standing.acting, allowed, actor.role)
    if role is None:
        raise NotAllowed(f"Counting dates anew is for {in_words(standing.definition, allowed)} of this school. Ask them to do it.")
    return role


def _write_act(
    parts: Parts, connection: psycopg.Connection[Any], actor: Actor, role: str, standing: Standing, rows: RowChanges,
    moved: tuple[MovedDate, ...], sealed: tuple[Sealed, ...],
) -> None:  # fmt: skip
    """The event, and the rows of the open steps. The position stays: it holds no dates."""
    today = parts.clock.today().isoformat()
    key = uuid5(REDATINGS, f"{standing.ref}/{standing.version}/{standing.calendar.version}")
    was = connection.execute(_COUNTED_WITH, (standing.case_id,)).fetchone()
    assert was is not None, "the case is locked"
    event = {"kind": REDATED, "on": today, "actor": actor.person_id, "from": was[0], "to": standing.calendar.version, "moved": _said(moved)}
    said = {"form": 1, "key": str(key), "event": event, "via": actor.via, **said_in(role), "body": ""}
    content: dict[str, Any] = said | {"calendar": standing.calendar.version}
    if sealed:
        content["private"] = {one.name: one.commitment for one in sealed}
    words = json_or_null([{"name": one.name, "salt": one.salt.hex(), "value": one.value} for one in sealed])
    values = (
        scope(actor), str(standing.case_id), str(standing.version), str(key), text_of(actor.person_id), role, today, None, REDATED, "", "", "0",
        canonical(content).decode(), position_to_text(standing.position), standing.position.ended, "kept", standing.calendar.version,
        json_or_null(rows.closed), json_or_null(rows.written), words, NOTHING_OWED, None, None, None,
    )  # fmt: skip
    row = APPLY.row(connection, values)
    if row is None or row[0] != "done":
        raise NotAllowed("Your role at this school has ended or changed. Sign in again; if that does not help, ask your SENCO.")


def _said(moved: tuple[MovedDate, ...]) -> list[dict[str, Any]]:
    return [
        {"step": one.step, "party": one.party, "round": one.round, "no": one.no, "was": one.was_on.isoformat(),
         "now": one.now_on.isoformat() if one.now_on else None} for one in moved
    ]  # fmt: skip
