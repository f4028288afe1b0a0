"""One act from beginning to end: read, ask the rules, write. Optimistic first; the second try locks the case before it reads."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import psycopg

from db.acts.actor import Actor
from db.acts.before import already_decided, receipt_of_key
from db.acts.children import with_what_may_open
from db.acts.corrected import with_correction_told
from db.acts.documents import keep_documents
from db.acts.errors import NotAllowed, NotFound
from db.acts.following import Done, Following, leads_on
from db.acts.parts import Parts
from db.acts.receipt import Receipt
from db.acts.redating import OtherCalendar, redate_case
from db.acts.request import Request
from db.acts.retry import retried
from db.acts.speaking import refuse_stranger
from db.acts.standing import Standing, read_standing, standing_after, standing_kept
from db.acts.who import role_for
from db.acts.write import Written, write_act
from db.complaints_to_la import refuse_anothers
from db.roles import APP, SCHEDULER
from rules.compiled import compiled
from rules.complaining import COMPLAIN, refuse_no_cause
from rules.history import Refused
from rules.position_types import Change
from rules.refusals import step_title
from rules.saying import refuse_too_late


class Moved(Exception):
    """Somebody else acted on the case between our reading and writing. Never leaves this module."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules made of an act: the case as it stood, the actor's role, the round it is about, and what changes."""

    standing: Standing
    role: str
    round: int
    change: Change


def perform(parts: Parts, actor: Actor, asked: Request) -> Receipt:
    """Do one act on an existing case. Raises NotFound, NotAllowed, LinkUsed, KeyReused, AlreadyDecided, or Refused by the rules."""
    today = parts.clock.today()
    refuse_future(asked.event.on, today)
    lock = bool(asked.documents)  # they are kept in the act's own transaction
    while True:
        try:
            return retried(partial(_attempt, parts, actor, asked, today, lock=lock), parts.kept.clear)
        except OtherCalendar:
            redate_case(parts, asked.ref)
        except Moved:
            if lock:
                raise
        lock = True


def refuse_future(on: date, today: date) -> None:
    """What has not happened yet is not recorded. Raises Refused `bad_day`."""
    if on > today:
        raise Refused("bad_day", f"{on} has not come yet: today is {today}. Record what has happened, on the day it happened.")


def _attempt(parts: Parts, actor: Actor, asked: Request, today: date, *, lock: bool) -> Receipt:
    with (
        parts.engines.act_connection(SCHEDULER if actor.is_software else APP) as connection,
        connection.transaction() if lock else nullcontext(),
    ):
        return attempt_on(parts, connection, actor, asked, today, lock=lock)


def attempt_on(parts: Parts, connection: psycopg.Connection[Any], actor: Actor, asked: Request, today: date, *, lock: bool) -> Receipt:
    """One try of an act on this connection. With `lock` the caller has begun a transaction, which holds the case until its end."""
    judged = None if lock else _judged_as_kept(parts, actor, asked, today)
    if judged is None:
        standing = read_standing(parts, connection, actor, asked.ref, lock=lock)
        if standing.recounted:
            raise OtherCalendar([asked.ref])
        try:
            judged = judge(parts, actor, standing, asked)
        except Refused as refusal:
            return _refused(parts, actor, standing, asked, refusal)
    standing, change = judged.standing, judged.change
    following: Following | None = None
    if not leads_on(parts, standing.definition, change):
        written = write_act(connection, actor, judged.role, today, standing, asked, change, judged.round)
    else:
        with nullcontext() if lock else connection.transaction():
            written = write_act(connection, actor, judged.role, today, standing, asked, change, judged.round)
            if written.answer == "done":
                following = Following(parts, connection, actor)
                following.after(_done(standing, asked, change, written))
    for ref in following.touched if following else ():
        parts.kept.forget(ref)
    if written.answer == "done" and not (following and asked.ref in following.touched):
        parts.kept.keep(standing_after(standing, written.version, change.position, written.head), actor, today)
    elif standing.kept:
        parts.kept.forget(asked.ref)
    receipt = _receipt(parts, actor, standing, asked, change, written, tuple(following.opened) if following else ())
    if written.answer == "done":  # one that is sent again brings no erased file back
        keep_documents(connection, actor, standing.ref, receipt.seq, asked.documents)
    return receipt


def _done(standing: Standing, asked: Request, change: Change, written: Written) -> Done:
    return Done(standing.case_id, standing.ref, standing.pupil_id, standing.definition, asked.key, asked.event.on, written.seq, change)


def _judged_as_kept(parts: Parts, actor: Actor, asked: Request, today: date) -> Judged | None:
    """What the rules make of the act on the case as this process saw it last; None if it is not kept. What they refuse there is asked again."""
    standing = standing_kept(parts, actor, asked.ref, today)
    if standing is None:
        return None
    try:
        return judge(parts, actor, standing, asked)
    except (Refused, NotAllowed):
        return None


def judge(parts: Parts, actor: Actor, standing: Standing, asked: Request) -> Judged:
    """Who does it, on which round, and what changes. Raises NotAllowed or Refused."""
    role = role_for(actor, standing, asked.event)
    seen = _round(standing, asked)
    change = compiled(standing.definition).advance(standing.position, asked.event, standing.calendar)
    refuse_too_late(standing.definition, standing.position, asked.event)
    refuse_no_cause(standing.definition, standing.position, asked.event)
    if asked.event.kind == COMPLAIN:
        with parts.engines.scheduler() as session:
            refuse_anothers(session, standing.ref, standing.definition.process, asked.event.step)
    refuse_stranger(parts, actor, standing.definition, standing.pupil_id, asked.event)
    change = with_what_may_open(parts, standing, change, asked.event.on)
    return Judged(standing, role, seen, with_correction_told(parts, actor, standing, change, asked.event))


def _round(standing: Standing, asked: Request) -> int:
    """The round that the act is about. Raises Refused `old_round` if the person saw another than the current one (an old tab or link)."""
    event = asked.event
    current = next((one for one in reversed(standing.position.instances) if one.step == event.step and one.party == event.party), None)
    if current is None:
        return 0
    if asked.round is not None and asked.round != current.round:
        title = step_title(standing.definition, event.step, event.party)
        raise Refused(
            "old_round",
            f"“{title}” has been opened anew since this page was made (round {current.round}, yours was {asked.round}). "
            "Nothing has been saved. Look at the case and answer the new round.",
        )
    return current.round


def _refused(parts: Parts, actor: Actor, standing: Standing, asked: Request, refusal: Refused) -> Receipt:
    """A refusal is final only once the key is not found: the first sending of the same act may be why the rules refuse the second."""
    repeated = receipt_of_key(parts, actor, standing, asked)
    if repeated is not None:
        return repeated
    if refusal.code == "already_decided":
        decided = already_decided(parts, actor, standing, asked.event)
        if decided is not None:
            raise decided from refusal
    raise refusal


def _receipt(parts: Parts, actor: Actor, standing: Standing, asked: Request, change: Change, written: Written, also: tuple[str, ...]) -> Receipt:
    if written.answer == "done":
        ended = change.position.ended
        return Receipt(standing.ref, written.seq, written.version, written.recorded_at, change.opened, change.closed, ended, False, also)
    if written.answer == "moved":
        raise Moved
    if written.answer == "repeated":
        first = receipt_of_key(parts, actor, standing, asked)
        if first is not None:
            return first
    if written.answer == "not allowed":
        raise NotAllowed("Your role at this school has ended or changed. Sign in again; if that does not help, ask your SENCO.")
    raise NotFound(f"There is no case {standing.ref} in your schools. Check the reference.")
