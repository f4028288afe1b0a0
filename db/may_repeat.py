"""What a restored or copied database may do a second time: it has forgotten what was sent after its moment (faults.md O1, "snapshot tales")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

CLOSE = timedelta(hours=24)
_LAST = text("SELECT max(recorded_at) FROM events")
_WAITING = text("""
    SELECT d.reference, c.ref AS case_ref, d.template, d.to_role, d.state FROM deliveries d JOIN cases c ON c.id = d.case_id
    LEFT JOIN mailings g ON g.id = d.mailing_id AND d.state = 'listed'
    WHERE (d.state IN ('owed', 'held', 'claimed', 'handed_over') OR g.state IN ('owed', 'claimed', 'handed_over'))
      AND d.created_at <= :moment ORDER BY d.id
""")
_UNSPREAD = text("SELECT c.ref, o.seq FROM outbox o JOIN cases c ON c.id = o.case_id ORDER BY o.id")
_CLOSE = text("""
    SELECT c.ref, count(*) AS acts, max(e.recorded_at) AS last_at FROM events e JOIN cases c ON c.id = e.case_id
    WHERE e.recorded_at > :since AND e.recorded_at <= :moment GROUP BY c.ref ORDER BY max(e.recorded_at) DESC
""")
_MARK = text("""
    UPDATE deliveries d SET may_be_twice = true WHERE state IN ('owed', 'held', 'claimed', 'handed_over') AND (created_at <= :moment
      OR EXISTS (SELECT FROM events e WHERE e.case_id = d.case_id AND e.seq = d.seq AND d.rung IS NULL AND e.recorded_at <= :moment))
    RETURNING id
""")
_MARK_LISTS = text("UPDATE mailings SET may_be_twice = true WHERE state IN ('owed', 'claimed', 'handed_over') AND created_at <= :moment RETURNING id")


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message that was waiting or handed over at the moment; `case` and `template` name it, no person."""

    reference: str
    case: str
    template: str
    to_role: str
    state: str


@dataclass(frozen=True, slots=True)
class BusyCase:
    """A case with acts in the last day before the moment: whoever decided then may have decided more since."""

    case: str
    acts: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class MayRepeat:
    """`moment` (UTC): when the backup was taken, else the last act of the copy. `unspread`: acts (case, number) whose messages were not made yet."""

    moment: datetime | None
    messages: list[WaitingMessage]
    unspread: list[tuple[str, int]]
    cases: list[BusyCase]


def may_repeat(session: Session, taken_at: datetime | None) -> MayRepeat:
    """The list for a person who is to confirm. `taken_at`: the backup's moment if it is known. A scheduler session."""
    moment = taken_at or session.scalar(_LAST)
    if moment is None:
        return MayRepeat(None, [], [], [])
    waiting = [WaitingMessage(*row) for row in session.execute(_WAITING, {"moment": moment})]
    busy = [BusyCase(*row) for row in session.execute(_CLOSE, {"since": moment - CLOSE, "moment": moment})]
    return MayRepeat(moment, waiting, [(ref, seq) for ref, seq in session.execute(_UNSPREAD)], busy)


def mark_may_be_twice(session: Session, moment: datetime) -> int:
    """Let every message that was waiting at the moment, or came of an act before it, say that it may have come before.

    Spread the outbox first. Returns how many. A scheduler session.
    """
    lists = session.scalars(_MARK_LISTS, {"moment": moment}).all()
    return len(lists) + len(session.scalars(_MARK, {"moment": moment}).all())
