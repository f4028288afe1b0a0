"""What a change would move before it is made: a bank holiday, a closure, other terms, or a corrected fact. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.moved_words import Hearer, who_hears
from db.queries.definitions_read import definitions_by_hash
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import Event
from rules.moved_dates import MovedDate, moved_dates
from rules.position_text import position_from_text
from rules.position_types import Position
from rules.refusals import step_title

BATCH = 500
_CASES = text("""
    SELECT c.id, c.ref, c.school_id, c.position, d.hash, s.name AS school FROM cases c
    JOIN definitions d ON d.id = c.definition_id JOIN schools s ON s.id = c.school_id
    WHERE c.ended = '' AND c.school_id = ANY(:schools) AND (CAST(:refs AS text[]) IS NULL OR c.ref = ANY(:refs)) AND c.id > :after
    ORDER BY c.id LIMIT :limit
""")
_RUNNING = text("SELECT ref FROM cases WHERE ended = '' AND school_id = ANY(:schools)")
_STORED = text("SELECT case_id, no, COALESCE(due_on, target_on) AS day FROM steps WHERE case_id = ANY(:cases) AND closed_seq IS NULL")


@dataclass(frozen=True, slots=True)
class WouldMove:
    """One date that would move, of which step of which case; `tells`: who was told the old date and would be told the new one."""

    case: str
    school: str
    step: str
    party: str
    title: str
    was_on: date
    now_on: date | None
    tells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    """An open case as it is stored, and its dates as they would be."""

    row: Any
    definition: Definition
    moved: tuple[MovedDate, ...]


def running_cases(session: Session, schools: Iterable[int]) -> list[str]:
    """The references of the running cases of these schools that the session may read."""
    return list(session.scalars(_RUNNING, {"schools": list(schools)}))


def would_move(session: Session, today: date, calendars: Mapping[int, SchoolCalendar], refs: Sequence[str] | None = None) -> Iterator[WouldMove]:
    """The dates that move when each of these schools has that calendar, case by case; of these cases alone, if `refs` names some: those that whoever
    asks may read.

    Needs a scheduler session, of which no row is written.
    """
    after = 0
    values = {"schools": list(calendars), "refs": list(refs) if refs is not None else None, "limit": BATCH}
    while rows := session.execute(_CASES, values | {"after": after}).all():
        after = rows[-1].id
        definitions = definitions_by_hash(session, {row.hash for row in rows})
        read = ((row, definitions[row.hash]) for row in rows)
        yield from _told(session, today, [(row, d, position_from_text(row.position, d, calendars[row.school_id])) for row, d in read])


def would_move_by(session: Session, today: date, schools: Iterable[int], ref: str, event: Event) -> list[WouldMove] | None:
    """The dates that move when this event (a correction) is recorded in the case; None: there is no such running case in these schools.

    Raises Refused as the act itself would.
    """
    row = session.execute(_CASES, {"schools": list(schools), "refs": [ref], "after": 0, "limit": 1}).one_or_none()
    if row is None:
        return None
    definition, calendar = definitions_by_hash(session, [row.hash])[row.hash], calendar_of(session, row.school_id)
    step = compiled(definition)
    after = step.advance(step.read(row.position, calendar), event, calendar).position
    return list(_told(session, today, [(row, definition, after)]))


def _told(session: Session, today: date, cases: Sequence[tuple[Any, Definition, Position]]) -> Iterator[WouldMove]:
    stored: dict[int, dict[int, date | None]] = defaultdict(dict)
    for step in session.execute(_STORED, {"cases": [row.id for row, _, _ in cases]}):
        stored[step.case_id][step.no] = step.day
    found = [_Open(row, definition, moved_dates(stored[row.id], after)) for row, definition, after in cases]
    moving = [one for one in found if one.moved]
    then = {one.row.id: {(m.step, m.party, m.round): m.now_on for m in one.moved} for one in moving}
    hearers: dict[int, list[Hearer]] = defaultdict(list)
    for hearer in who_hears(session, {case: set(dates) for case, dates in then.items()}, today, then):
        hearers[hearer.case_id].append(hearer)
    for one in moving:
        yield from (_line(one, moved, hearers[one.row.id]) for moved in one.moved)


def _line(one: _Open, moved: MovedDate, hearers: Iterable[Hearer]) -> WouldMove:
    key = (moved.step, moved.party, moved.round)
    tells = [hearer.name for hearer in hearers if any((line.step, line.party, line.round) == key for line in hearer.lines)]
    title = step_title(one.definition, moved.step, moved.party)
    return WouldMove(one.row.ref, one.row.school, moved.step, moved.party, title, moved.was_on, moved.now_on, tuple(dict.fromkeys(tells)))
