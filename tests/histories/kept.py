"""Kept histories: how cases ran under each released text of a process, and the positions they came to (`faults.md` D9).

One JSON file a process and hash of its definition: the pinned text, the calendar, and for each history its events and, after every event, the
position's text and the dates of its steps. The files are never written again: what a case came to once, it must come to always.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from rules.bank_holidays import Overrides
from rules.calendar import SchoolCalendar, Term, england
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import Event, Refused, event_from_json, event_to_json
from rules.pinned import from_pinned
from rules.position import position_to_text
from rules.position_types import Position
from tests.rules.random_histories import Wanderer

FOLDER = Path(__file__).parent
HISTORIES, EVENTS = 30, 14
TERMS = (
    Term("Autumn 2026", date(2026, 9, 3), date(2026, 12, 18)),
    Term("Spring 2027", date(2027, 1, 4), date(2027, 3, 25)),
    Term("Summer 2027", date(2027, 4, 12), date(2027, 7, 21)),
)
CLOSED_ON = (date(2026, 10, 26), date(2026, 10, 27), date(2026, 10, 28), date(2026, 10, 29), date(2026, 10, 30), date(2027, 2, 15))


@dataclass(frozen=True)
class Kept:
    """One file: a definition as it was pinned, the calendar, and its histories as pairs of events and what stood after each."""

    definition: Definition
    calendar: SchoolCalendar
    histories: tuple[tuple[tuple[Event, ...], tuple[str, ...]], ...]


def file_of(definition: Definition, folder: Path = FOLDER) -> Path:
    """Where the histories of this text are kept."""
    return folder / f"{definition.process}.{definition.hash[:12]}.json"


def after(position: Position) -> str:
    """What is compared, to the byte: the position's text and every date of its steps."""
    dates = [[one.no, str(one.due.on), str(one.due.safe_on)] for one in position.instances if one.due is not None]
    return f"{position_to_text(position)} {json.dumps(dates, separators=(',', ':'))}"


def kept(definition: Definition) -> dict[str, Any]:
    """Thirty histories of this text by their seeds, as JSON."""
    calendar = england(TERMS, CLOSED_ON, Overrides())
    histories = [_history(definition, calendar, Random(seed)) for seed in range(HISTORIES)]
    terms = [[one.name, one.first_on.isoformat(), one.last_on.isoformat()] for one in TERMS]
    return {
        "process": definition.process,
        "hash": definition.hash,
        "calendar": {"terms": terms, "closed_on": [day.isoformat() for day in CLOSED_ON]},
        "pinned": definition.pinned,
        "histories": histories,
    }


def read(file: Path) -> Kept:
    """A kept file. Raises ValueError when its pinned text is not the one it is named after."""
    raw = json.loads(file.read_text(encoding="utf-8"))
    definition = from_pinned(raw["pinned"])
    if definition.hash != raw["hash"] or file_of(definition, file.parent) != file:
        raise ValueError(f"{file.name}: the pinned text is not the one that the file is named after; take the file as it was committed")
    terms = [Term(name, date.fromisoformat(first), date.fromisoformat(last)) for name, first, last in raw["calendar"]["terms"]]
    calendar = england(terms, [date.fromisoformat(day) for day in raw["calendar"]["closed_on"]], Overrides())
    histories = tuple((tuple(event_from_json(one, definition) for one in each["events"]), tuple(each["after"])) for each in raw["histories"])
    return Kept(definition, calendar, histories)


def files() -> Iterator[Path]:
    """Every kept file."""
    yield from sorted(FOLDER.glob("*.json"))


def _history(definition: Definition, calendar: SchoolCalendar, chance: Random) -> dict[str, Any]:
    wanderer, quick = Wanderer(definition, chance), compiled(definition)
    events: list[Event] = []
    stood: list[str] = []
    position: Position | None = None
    for _ in range(EVENTS * 6):
        event = wanderer.opening() if position is None else wanderer.next(position)
        try:
            position = (quick.start(event, calendar) if position is None else quick.advance(position, event, calendar)).position
        except Refused:
            continue
        events.append(event)
        stood.append(after(position))
        if position.ended or len(events) == EVENTS:
            break
    return {"events": [event_to_json(event) for event in events], "after": stood}
