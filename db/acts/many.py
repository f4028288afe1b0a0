"""Many acts at once: start of term, simulations. The same rules act by act; the database is asked set by set, all or nothing a thousand acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from db.acts.actor import Actor
from db.acts.before import already_decided, receipt_of_key
from db.acts.errors import KeyReused, LedgerError
from db.acts.folded import Folded
from db.acts.following import Done, Following, leads_on
from db.acts.parts import Parts
from db.acts.perform import judge, refuse_future
from db.acts.receipt import Receipt
from db.acts.redating import OtherCalendar, redate_case
from db.acts.request import Request, request
from db.acts.retry import retried
from db.acts.standing import Standing, may_know, no_such_case, scope
from db.acts.write import json_or_null
from db.roles import APP, SCHEDULER
from rules.compiled import compiled
from rules.history import Event, Refused

TOGETHER = 1000  # acts a transaction
_READ = (
    "SELECT ref, case_id, version, school_id, pupil_id, definition_id, calendar_version, calendar_stamp, held, position, head, read_at "
    "FROM cases_for_acts(%s, %s, %s, %s)"
)
_BEFORE = "SELECT case_id, act_key FROM acts_before(%s, %s, %s)"
_AWAITED = "SELECT * FROM awaited_cases(%s)"
_APPLY = "SELECT apply_acts(%s, %s, %s, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb)"


@dataclass(frozen=True)
class Act:
    """One of many acts: its key, the case's reference and the event. The ledger puts the actor in. `private`: personal words by name."""

    key: UUID
    case: str
    event: Event
    round: int | None = None
    private: Mapping[str, str] = field(default_factory=dict)


def apply_many(parts: Parts, actor: Actor, acts: Sequence[Act]) -> list[Receipt]:
    """Do the acts in their order. A thousand at a time are done wholly or not at all; an error carries a note of the act it met.

    Raises what single acts raise; ValueError for a link's act, which is done alone.
    """
    if actor.link is not None:
        raise ValueError("An act by a signed link uses the link up: do it alone.")
    receipts: list[Receipt] = []
    for start in range(0, len(acts), TOGETHER):
        receipts += _counted_first(parts, actor, acts[start : start + TOGETHER])
    return receipts


def _counted_first(parts: Parts, actor: Actor, acts: Sequence[Act]) -> list[Receipt]:
    while True:
        try:
            return retried(partial(_together, parts, actor, acts), parts.kept.clear)
        except OtherCalendar as met:  # nothing was written
            for ref in met.refs:
                redate_case(parts, ref)


def _together(parts: Parts, actor: Actor, acts: Sequence[Act]) -> list[Receipt]:
    today = parts.clock.today()
    receipts: list[Receipt] = []
    with parts.engines.act_connection(SCHEDULER if actor.is_software else APP) as connection, connection.transaction():
        batch = _Batch(parts, connection, actor, today, acts)
        for act in acts:
            try:
                receipts.append(batch.do(act))
            except (Refused, LedgerError) as error:
                error.add_note(f"act {len(receipts) + 1} of {len(acts)}, on {act.case}; none of them was saved")
                raise
        batch.write()
    for folded in batch.cases.values():
        parts.kept.keep(folded.standing, actor, today)
    return receipts


class _Batch:
    """The locked cases of one transaction, and the acts on them."""

    def __init__(self, parts: Parts, connection: psycopg.Connection[Any], actor: Actor, today: date, acts: Sequence[Act]) -> None:
        self.parts, self.connection, self.actor, self.today = parts, connection, actor, today
        refs = sorted({act.case for act in acts})
        rows = connection.execute(_READ, (scope(actor), refs, actor.person_id, today)).fetchall()
        self.at: datetime = max((row[-1] for row in rows), default=parts.clock.now())
        self.cases = {row[0]: self._folded(*row[:-1]) for row in rows}
        if counted := [ref for ref, one in self.cases.items() if one.standing.recounted]:
            raise OtherCalendar(counted)
        pairs = [(self.cases[act.case].standing.case_id, str(act.key)) for act in acts if act.case in self.cases]
        before = connection.execute(_BEFORE, (scope(actor), [case for case, _ in pairs], [key for _, key in pairs]))
        self.seen: set[tuple[int, UUID]] = {(row[0], row[1]) for row in before}
        self.awaited = self._awaited()
        self.done: dict[tuple[int, UUID], tuple[Act, Receipt]] = {}

    def do(self, act: Act) -> Receipt:
        """The act's receipt; the first one's if this key was here before, also among these acts. Raises KeyReused, nothing saved."""
        refuse_future(act.event.on, self.today)
        folded = self.cases.get(act.case)
        if folded is None or not may_know(self.actor, folded.standing.definition, folded.standing.position, folded.standing.held):
            raise no_such_case(act.case)
        mark = (folded.standing.case_id, act.key)
        asked = request(act.key, act.case, replace(act.event, actor=self.actor.person_id), round=act.round, private=act.private)
        if mark in self.done:
            return _again(act, *self.done[mark])
        if mark in self.seen:
            found = receipt_of_key(self.parts, self.actor, folded.standing, asked)
            assert found is not None, "the key was found before"
            return found
        receipt = self._take(folded, asked)
        self.done[mark] = (act, receipt)
        return receipt

    def _take(self, folded: Folded, asked: Request) -> Receipt:
        try:
            judged = judge(self.parts, self.actor, folded.standing, asked)
        except Refused as refusal:
            raise self._refused(folded, asked, refusal) from refusal
        change, standing = judged.change, folded.standing
        rows = folded.rows_of(change)
        if not folded.folds(rows):
            self.write()
        seq = folded.take(self.actor, judged.role, asked, change, rows, self.at)
        if any(one.no in folded.tracked for one in change.moved):
            self.write()  # the database notes which act moved a date: the last one that is written
        also: tuple[str, ...] = ()
        if leads_on(self.parts, standing.definition, change, awaited=standing.case_id in self.awaited):
            self.write()  # what follows rests on its cause's event
            also = self._followed(Done(standing.case_id, asked.ref, standing.pupil_id, standing.definition, asked.key, asked.event.on, seq, change))
        return Receipt(asked.ref, seq, seq, self.at, change.opened, change.closed, change.position.ended, False, also)

    def _awaited(self) -> set[int]:
        """The cases of this batch that another waits for. They are locked: no wait for them begins before it ends."""
        cases = [one.standing.case_id for one in self.cases.values() if one.standing.definition.process in self.parts.library.awaited]
        return {row[0] for row in self.connection.execute(_AWAITED, (cases,))} if cases else set()

    def _followed(self, done: Done) -> tuple[str, ...]:
        """What follows in other cases. Those of this batch in which something was recorded are read again: nothing of them is unwritten."""
        following = Following(self.parts, self.connection, self.actor)
        following.after(done)
        self.awaited |= following.awaited
        for ref in following.touched:
            self.parts.kept.forget(ref)
        refs = sorted(following.touched & set(self.cases))
        for row in self.connection.execute(_READ, (scope(self.actor), refs, self.actor.person_id, self.today)).fetchall() if refs else ():
            self.cases[row[0]], self.at = self._folded(*row[:-1]), row[-1]
        return tuple(following.opened)

    def _refused(self, folded: Folded, asked: Request, refusal: Refused) -> Refused:
        """The refusal, as a single act gives it: who decided the step first, and when, unless it was one of these acts."""
        event = asked.event
        same = ((act.case, act.event.step, act.event.party) == (asked.ref, event.step, event.party) for act, _ in self.done.values())
        if refusal.code != "already_decided" or any(same):
            return refusal
        return already_decided(self.parts, self.actor, folded.standing, event) or refusal

    def write(self) -> None:
        """Write all that is folded."""
        cases = [folded for folded in self.cases.values() if folded.events]
        if not cases:
            return
        values = (
            json_or_null([one.row() for one in cases]),
            json_or_null([row for one in cases for row in one.events]),
            json_or_null([row for one in cases for row in one.private]),
            json_or_null([row for one in cases for row in one.closed.values()]),
            json_or_null([row for one in cases for row in one.written.values()]),
        )
        self.connection.execute(_APPLY, (scope(self.actor), self.actor.person_id, self.today, self.at, *values))
        for one in cases:
            one.settled()

    def _folded(self, ref: str, case_id: int, version: int, school_id: int, pupil_id: int | None, definition_id: int, *rest: Any) -> Folded:
        calendar_version, stamp, held, text, head = rest
        definition = self.parts.pinned.of(definition_id)
        calendar = self.parts.calendars.of(school_id, stamp)
        kept = self.parts.kept.of(self.actor, ref, self.today)
        same = kept is not None and (kept[0].head, kept[0].definition_id, kept[0].stamp) == (bytes.fromhex(head), definition_id, stamp)
        position = kept[0].position if kept is not None and same else compiled(definition).read(text, calendar)
        recounted = calendar_version != calendar.version
        link = bytes.fromhex(head)
        standing = Standing(
            case_id, ref, version, school_id, pupil_id, definition, calendar, position, recounted, tuple(held), definition_id, stamp, link,
            ladders=self.parts.ladders.of(school_id, stamp, pupil_id),
        )  # fmt: skip
        return Folded(standing, link)


def _again(act: Act, first: Act, receipt: Receipt) -> Receipt:
    """The receipt of an act that came twice in one batch."""
    if act != first:
        raise KeyReused("Two of these acts bear one key and say different things. Give each its own key, and send them again.")
    return replace(receipt, repeated=True)
