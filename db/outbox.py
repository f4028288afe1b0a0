"""Spreads the outbox: what an act owes becomes one delivery a recipient, and a wake that the case wants. In one transaction a batch.

Rows are taken by SKIP LOCKED, never by "number greater than": a small number may be committed late (`faults.md` D4).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.chase_messages import Rungs, chase_messages, own_ladders_of
from db.complaints_to_la import TO_LA, told_of_complaint
from db.held import Message, Timetable
from db.la_profile.routing import LA, LaRoutes, la_routes
from db.ladders import OwnLadder
from db.models import Delivery, Mailing
from db.moved_words import moved_rows
from db.queries.definitions_read import definitions_by_hash
from db.queries.people import Recipient, Wanted, recipients
from db.redirect import NOBODY
from db.redirect_plan import routed
from db.rung_marks import rename_marks
from db.said import PASSED, Instance, at_rest, lay_aside_reminders, reminds, told_of_it
from rules.calendar import today_in_london
from rules.definition import Definition, Role
from rules.position_text import record_from_text

_TAKE = text("""
    SELECT o.id, o.case_id, o.seq, o.school_id, o.messages, c.ref, c.position, d.hash, COALESCE(p.authority_id, s.authority_id) AS authority_id
    FROM outbox o JOIN cases c ON c.id = o.case_id JOIN definitions d ON d.id = c.definition_id
    JOIN schools s ON s.id = c.school_id LEFT JOIN pupils p ON p.id = c.pupil_id
    ORDER BY o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED
""")
# Cases of one batch are wanted in the order in which their acts stand in the outbox.
_WAKE = text("""
    INSERT INTO wakes (case_id, school_id, wanted, wanted_at)
    SELECT case_id, min(school_id), count(*), now() + row_number() OVER (ORDER BY min(id)) * interval '1 microsecond'
    FROM outbox WHERE id = ANY(:ids) GROUP BY case_id ORDER BY case_id
    ON CONFLICT (case_id) DO UPDATE SET wanted = wakes.wanted + excluded.wanted, parked_at = NULL, failures = 0,
        wanted_at = CASE WHEN wakes.wanted > wakes.served THEN wakes.wanted_at ELSE excluded.wanted_at END
    RETURNING case_id
""")
_DONE = text("DELETE FROM outbox WHERE id = ANY(:ids)")
_OWED = insert(Delivery)
# A reminder that was laid aside unsent because its date moved is owed again when the date moves back; one that is still unsent when its step gets
# another ladder goes by its number there. Any other message is owed once.
_WAITS_NOW = (_OWED.excluded.state == "owed") | (_OWED.excluded.state == "held")
_LAID_ASIDE = (Delivery.state == "superseded") & Delivery.settled_at.is_not(None) & (Delivery.error_code == "") & _WAITS_NOW
_WAITED = (Delivery.state == "owed") | (Delivery.state == "held")
# A line of a list that has not left stays in it: it has its reader's message of the day, and only its number is another.
_IN_UNSENT_LIST = (Delivery.state == "listed") & select(Mailing.id).where(Mailing.id == Delivery.mailing_id, Mailing.state == "owed").exists()
_UNSENT = (_WAITED | _IN_UNSENT_LIST) & (Delivery.attempts == 0) & (Delivery.rung != _OWED.excluded.rung)
_ANEW = ("rung", "next_try_at", "held_for", "owed_on")
_KEEP = _OWED.on_conflict_do_update(
    index_elements=["once_key"],
    set_={
        **{name: _OWED.excluded[name] for name in _ANEW},
        "state": case((Delivery.state == "listed", "listed"), else_=_OWED.excluded.state),
        "mailing_id": case((Delivery.state == "listed", Delivery.mailing_id), else_=None),
        "settled_at": None,
    },
    where=Delivery.rung.is_not(None) & (_LAID_ASIDE | _UNSENT),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """What one batch came to: outbox rows read, deliveries made, cases that want a wake. `rows` 0: nothing is left."""

    rows: int
    messages: int
    wakes: int


@dataclass(frozen=True, slots=True)
class OwedMessage:
    """A message of one act to one role, before it is known who that is. `state` is owed, or superseded for a rung that a later one took over.

    `once`: what it is known by, where it is no act's own (`db/unowned.py`, `db/rights_told.py`).
    """

    case_id: int
    ref: str
    seq: int
    school_id: int
    outbox_id: int
    place: int
    template: str
    moment: str
    to: str
    step: str = ""
    party: str = ""
    round: int | None = None
    no: int | None = None
    rung: int | None = None
    mark: str = ""
    breach: int = 0
    severity: str = ""
    due_on: date | None = None
    state: str = "owed"
    details: str = "{}"
    role: Role | None = None
    by_law: bool = False
    once: str = ""
    morning: bool = False  # it waits for its reader's morning though it has a `once`
    not_before: date | None = None  # held at least until that day
    rests: bool = False  # who owes the step has named a day: only those to whom a breach rises are told


def spread(session: Session, now: datetime, limit: int = 200, *, at_any_hour: bool = False) -> Spread:
    """Spread at most `limit` outbox rows in the session's transaction (scheduler). The London day of `now` decides who holds a role.

    What reminds, and what staff need not know at once, is held for the reader's list or morning (`db/held.py`); `at_any_hour`: a demo's.
    A message to a role that nobody holds becomes a failed delivery at once: a person sees it, nothing is dropped.
    """
    taken = session.execute(_TAKE, {"limit": limit}).all()
    if not taken:
        return Spread(0, 0, 0)
    definitions = definitions_by_hash(session, {row.hash for row in taken})
    for row in taken:
        if '"texts"' in row.messages and (texts := json.loads(row.messages).get("texts")):
            rename_marks(session, row.case_id, *texts)
    own = own_ladders_of(session.connection(), (row.messages for row in taken))
    messages = [one for row in taken for one in _messages_of(row, definitions[row.hash], own)]
    messages = _as_was_said(session, messages, today_in_london(now))
    wanted: dict[Wanted, None] = {(one.case_id, one.to): None for one in messages}
    readers = recipients(session, wanted, today_in_london(now)) if wanted else {}
    routes = la_routes(session, (one.case_id for one in messages if one.to == LA), today_in_london(now))
    timetable = Timetable(session, now, at_any_hour=at_any_hour)
    rows = _once_a_reader([row for one in messages for row in _delivery_rows(one, _read_by(one, readers, routes), timetable)])
    rows += moved_rows(session, taken, timetable)
    if rows:
        session.execute(_KEEP, rows)
    ids = [row.id for row in taken]
    wakes = len(session.execute(_WAKE, {"ids": ids}).all())
    session.execute(_DONE, {"ids": ids})
    return Spread(len(taken), len(rows), wakes)


def _messages_of(row: Any, definition: Definition, own: Mapping[int, OwnLadder]) -> Iterable[OwedMessage]:
    said = json.loads(row.messages)
    common = {"case_id": row.case_id, "ref": row.ref, "seq": row.seq, "school_id": row.school_id, "outbox_id": row.id}
    for place, one in enumerate(said.get("owed", ())):
        details = {name: one[name] for name in ("right", "corrected") if name in one}
        due_on = date.fromisoformat(one["due_on"]) if one.get("due_on") else None
        about = {name: one[name] for name in ("template", "moment", "to", "step", "party")}
        # The end of a case is about no instance: its number and round are 0 in the rules, null here.
        yield OwedMessage(
            **common,
            **about,
            place=place,
            round=one["round"] or None,
            no=one["no"] or None,
            due_on=due_on,
            details=json.dumps(details, sort_keys=True),
            role=definition.roles.get(one["to"]),
            by_law=_is_by_law(definition, one["step"], one["moment"]),
            once=one.get("once", ""),
            morning=one.get("morning", False),
        )
    if "said" in said:
        for place, one in enumerate(told_of_it(said["said"])):
            yield OwedMessage(**common, **one, place=place, role=definition.roles.get(one["to"]))
    if "complained" in said:
        for place, one in enumerate(told_of_complaint(said["complained"], row.authority_id)):
            yield OwedMessage(**common, **one, place=place, role=definition.roles.get(one["to"]))
    if "rungs" in said:
        yield from _fired(common, Rungs.read(said["rungs"]), definition, row.position, own)


def _fired(common: dict[str, Any], rungs: Rungs, definition: Definition, position: str, own: Mapping[int, OwnLadder]) -> Iterable[OwedMessage]:
    facts = record_from_text(position, definition).facts
    for place, fired in enumerate(chase_messages(definition, rungs, facts, own.get(rungs.ladder_id or 0))):
        yield OwedMessage(
            **common,
            place=place,
            template=f"ladders/{fired.rung.template}",
            moment=fired.rung.severity,
            to=fired.to,
            step=rungs.step,
            party=rungs.party,
            round=rungs.round,
            no=rungs.no,
            rung=fired.number,
            mark=fired.mark,
            breach=fired.breach,
            details=json.dumps({"breach": fired.breach} if fired.breach and fired.to == LA else {}),  # for who reads it on the day it leaves
            severity=fired.rung.severity,
            due_on=rungs.due_on,
            state="superseded" if fired.superseded else "owed",
            role=definition.roles.get(fired.to),
        )


def _is_by_law(definition: Definition, name: str, moment: str) -> bool:
    """Whether the law lays down what this message must say: such a notice is a letter of its own and never a line."""
    step = definition.steps.get(name)
    if step is None or moment == "opened":
        return False
    return bool(step.contains or (moment in step.outcomes and step.outcomes[moment].contains))


def _as_was_said(session: Session, messages: list[OwedMessage], today: date) -> list[OwedMessage]:
    """A step's owner who named a day is not reminded before it has passed, also where the reminder is spread together with their word. Of two words
    the last counts."""
    last = {_about(one): one for one in sorted(messages, key=lambda one: one.seq) if one.template == PASSED}
    messages = [replace(one, state="superseded") if one.template == PASSED and last[_about(one)] is not one else one for one in messages]
    said = list(last.values())
    for one in said:
        lay_aside_reminders(session, _about(one))
    rungs = [one.case_id for one in messages if one.rung is not None]
    resting = at_rest(session, rungs, today) if rungs else frozenset()
    resting |= {_about(one) for one in said if one.not_before is not None and one.not_before > today}
    return [replace(one, rests=True) if one.rung is not None and _about(one) in resting else one for one in messages]


def _about(message: OwedMessage) -> Instance:
    return message.case_id, message.step, message.party, message.round, message.to


def _once_a_reader(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One act tells a person the same thing once, although they are told in two roles (a young person who is also the pupil)."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        nobody = row["person_id"] is None and row["authority_id"] is None
        about = ("case_id", "seq", "template", "step", "party", "no", "rung", "due_on", "state", "person_id", "authority_id")
        found.setdefault(row["once_key"] if nobody else tuple(row[name] for name in about), row)
    return list(found.values())


def _read_by(message: OwedMessage, readers: Mapping[Wanted, Sequence[Recipient]], routes: LaRoutes) -> Sequence[Recipient]:
    found = readers[message.case_id, message.to]
    if message.to != LA:
        return found
    if message.template == TO_LA:
        return routes.complained_to(message.case_id, found)
    return routes.readers(message.case_id, message.step, found, reminds=reminds(message.rung, message.template), breach=message.breach)


def _delivery_rows(message: OwedMessage, readers: Sequence[Recipient], timetable: Timetable) -> list[dict[str, Any]]:
    if not readers:
        nobody = _delivery_row(message, None, 0, timetable)
        return [{**nobody, "state": "failed", "error_code": NOBODY}] if nobody["state"] == "owed" else [nobody]
    rows = [_delivery_row(message, reader, place, timetable) for place, reader in enumerate(readers)]
    return [{**row, **_when_it_goes(message, one, timetable)} if row["state"] == "owed" else row for row, one in zip(rows, readers, strict=True)]


def _when_it_goes(message: OwedMessage, reader: Recipient, timetable: Timetable) -> dict[str, Any]:
    at_once = message.by_law or (bool(message.once) and not message.morning)  # that nobody can act is told the same day, and waits for no morning
    goes = timetable.goes(Message(message.role, reader.kind, message.school_id, reminds(message.rung, message.template), at_once, message.due_on))
    if goes.held_for:
        return {"state": "held", "held_for": goes.held_for, "owed_on": max(timetable.today, message.not_before or timetable.today)}
    return {"next_try_at": timetable.moment + goes.wait}


def _delivery_row(message: OwedMessage, reader: Recipient | None, place: int, timetable: Timetable) -> dict[str, Any]:
    """A row of `deliveries`. `once_key` is the same whenever the same message to the same reader is spread again."""
    who = "nobody" if reader is None else f"person {reader.person_id}" if reader.person_id is not None else f"authority {reader.authority_id}"
    if message.once:
        once = f"{message.case_id}/{message.once}/{message.to}/{who}"
    elif message.rung is None:
        once = f"{message.case_id}/{message.seq}/{message.place}/{who}"
    else:
        once = f"{message.case_id}/{message.step}/{message.party}/{message.round}/rung {message.mark}/{message.due_on}/{message.to}/{who}"
    return {
        "case_id": message.case_id,
        "person_id": reader.person_id if reader else None,
        "authority_id": reader.authority_id if reader else None,
        "seq": message.seq,
        "school_id": message.school_id,
        "due_on": message.due_on,
        **timetable.at_once(),
        "no": message.no,
        "round": message.round,
        "rung": message.rung,
        "step": message.step,
        "party": message.party,
        "moment": message.moment,
        "template": message.template,
        "to_role": message.to,
        "severity": message.severity,
        "state": "superseded" if message.rests and not (reader and reader.raised) else message.state,
        "error_code": "",
        "reference": f"{message.ref}/{message.outbox_id}.{message.place}.{place}",
        "once_key": once,
        "details": routed(message.details, reader) if reader is not None else message.details,
    }
