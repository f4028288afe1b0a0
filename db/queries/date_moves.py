"""Dates that moved, in words: of which step, from when to when, because of what, by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.acts.own_kinds import REDATED
from db.acts.versions import CHANGED
from db.queries.definitions_read import definitions_by_hash
from db.queries.timeline import fact_title
from rules.definition import Definition
from rules.refusals import step_title

CALENDAR_CHANGED = "the days on which the school is open have changed"
PUT_RIGHT = "the date that stood here was wrong and has been put right"
_NAME = "concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name)"
_MOVES = text(f"""
    SELECT m.seq, m.moved_at, m.step, m.party, m.round, m.no, m.was_on, m.now_on, m.put_right, e.kind, e.content, d.hash, {_NAME} AS actor
    FROM date_moves m JOIN cases c ON c.id = m.case_id JOIN definitions d ON d.id = c.definition_id
    JOIN events e ON e.case_id = m.case_id AND e.seq = m.seq LEFT JOIN persons p ON p.id = e.actor_id
    WHERE c.ref = :case ORDER BY m.id
""")  # noqa: S608  our own columns
_CAUSES = text(f"""
    SELECT e.seq, e.kind, e.content, {_NAME} AS actor FROM events e LEFT JOIN persons p ON p.id = e.actor_id AND p.kind = 'staff'
    WHERE e.case_id = :case_id AND e.seq = ANY(:acts) ORDER BY e.seq
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class DateMove:
    """One date that moved. `seq`: the act that moved it. `because` completes "because …"; `by`: a name, or `Sendflow` for the calendar and software.

    `now_on` None: the step has had no date since.
    """

    seq: int
    moved_at: datetime
    step: str
    party: str
    round: int
    no: int
    title: str
    was_on: date
    now_on: date | None
    because: str
    by: str
    put_right: bool


def date_moves(session: Session, ref: str) -> list[DateMove]:
    """Every move of a date in the case, oldest first; empty when none moved, or another school has the case."""
    rows = session.execute(_MOVES, {"case": ref}).all()
    definitions = definitions_by_hash(session, {row.hash for row in rows})
    return [_move(row, definitions[row.hash]) for row in rows]


def causes_of(session: Session, definition: Definition, case_id: int, acts: Iterable[int]) -> list[tuple[str, str]]:
    """Why dates moved by these acts of a case, and which member of staff did each (empty: nobody of the staff)."""
    rows = session.execute(_CAUSES, {"case_id": case_id, "acts": list(acts)}).all()
    return list(dict.fromkeys((cause_in_words(definition, row.kind, orjson.loads(row.content)["event"]), row.actor) for row in rows))


def cause_in_words(definition: Definition, kind: str, event: Mapping[str, Any]) -> str:
    """What an act did that moved dates, to stand after "because". No personal words and no values."""
    if kind == REDATED:
        return CALENDAR_CHANGED
    if kind == CHANGED:
        return "the case was moved to another text of its process"
    if kind == "correct" and not event.get("step"):
        return " and ".join(f"“{fact_title(definition, name)}” was corrected" for name in event.get("facts", {}))
    if event.get("step") in definition.steps:
        what = step_title(definition, str(event["step"]), str(event.get("party", "")))
        return f"the outcome of “{what}” was corrected" if kind == "correct" else f"“{what}” was recorded"
    return "of what was recorded in the case"


def _move(row: Any, definition: Definition) -> DateMove:
    title = step_title(definition, row.step, row.party) if row.step in definition.steps else row.step.replace("_", " ")
    because = PUT_RIGHT if row.put_right else cause_in_words(definition, row.kind, orjson.loads(row.content)["event"])
    by = "Sendflow" if row.put_right or not row.actor else row.actor
    return DateMove(row.seq, row.moved_at, row.step, row.party, row.round, row.no, title, row.was_on, row.now_on, because, by, row.put_right)
