"""A position as canonical JSON text, small enough to be rewritten with every act, and back. Nobody else reads it.

    [[recorded, …newest first], [later instances, newest first], facts, facts of parties, opened on, end, ended on]

- recorded: `[number, state, day, opened, outcome, by, lifted, review, closed]`, trailing nothings left out. `state` counts in STATES
  (`position_numbers.py`), 8 more if recorded early. `day` is when it was done (or recorded early), else when it was
  closed; `closed` only where both are to be told.
- later instances: step and party of each instance that was not there at the opening; the first ones follow from the definition.
- Steps, outcomes, facts, words and exceptions are numbers in the order of the pinned definition; days count from the opening (1 is that very
  day, 0 says nothing, -1 is the day before it); the opening itself is `date.toordinal()`.

Dates that follow (due, target) are not in it: they are counted anew with the calendar of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import orjson

from rules.calendar import SchoolCalendar
from rules.definition import Definition
from rules.position_numbers import Numbers, touched
from rules.position_types import Position
from rules.reading import position_of, record_of
from rules.record import Entry, Record
from rules.values import Value


@dataclass(frozen=True, slots=True)
class Texts:
    """What was written of a record, piece by piece (`Record.texts`), so that the next record of the case writes only what has changed.

    By place: the entry, its mark's text, and its rank (the latest day it tells, then its number), 0 for one left out.
    """

    entries: tuple[Entry, ...]
    marks: list[str]
    ranks: list[int]
    later: str
    known: dict[str, Value]
    facts: str


NOTHING = Texts((), [], [], "[]", {}, "[],[]")
PLACE = (1 << 16) - 1


def position_to_text(position: Position) -> str:
    """The text of a position; the same bytes for the same history in every process."""
    record = record_of(position)
    before = record.texts if isinstance(record.texts, Texts) else NOTHING
    texts = before if before.entries is record.entries and before.known is record.facts else _texts(record, before)
    record.texts = texts
    marks = ",".join([texts.marks[rank & PLACE] for rank in sorted(texts.ranks, reverse=True) if rank])
    end = ""
    if record.ended:
        end = "," + orjson.dumps([record.ended, Numbers(record.definition, record.opened_on).day(record.ended_on)]).decode()[1:-1]
    return f"[[{marks}],{texts.later},{texts.facts},{record.opened_on.toordinal()}{end}]"


def _texts(record: Record, before: Texts) -> Texts:
    """The pieces of a record, of which those that are the same as before are taken over."""
    entries, known = record.entries, len(before.entries)
    names = Numbers(record.definition, record.opened_on)
    marks, ranks = before.marks + [""] * (len(entries) - known), before.ranks + [0] * (len(entries) - known)
    changed = [place for place, (was, now) in enumerate(zip(before.entries, entries, strict=False)) if was is not now]
    for place in (*changed, *range(known, len(entries))):
        entry = entries[place]
        ranks[place] = names.rank(entry) << 16 | place if touched(entry) else 0
        marks[place] = orjson.dumps(names.mark(place + 1, entry)).decode() if ranks[place] else ""
    later, first = before.later, len(names.names.first)
    if len(entries) > max(known, first):
        later = orjson.dumps([part for entry in reversed(entries[first:]) for part in names.instance(entry)]).decode()
    facts = before.facts
    if before.known is not record.facts:
        facts = f"{orjson.dumps(names.facts(record.facts)).decode()},{orjson.dumps(names.party_facts(record.facts)).decode()}"
    return Texts(entries, marks, ranks, later, record.facts, facts)


def position_from_text(text: str, definition: Definition, calendar: SchoolCalendar) -> Position:
    """The position of a text, with the definition it was written by and today's calendar. Raises ValueError for any other text."""
    return position_of(definition, record_from_text(text, definition), calendar)


def record_from_text(text: str, definition: Definition) -> Record:
    """The record inside a text. Raises ValueError for a text that this definition did not write."""
    try:
        marks, later, facts, party_facts, opened, *ended = orjson.loads(text)
        opened_on = date.fromordinal(opened)
        names = Numbers(definition, opened_on)
        entries = names.read_marks(marks, [*names.names.first, *names.read_instances(later)])
        known = names.read_facts(facts) | names.read_party_facts(party_facts)
        return Record(definition, opened_on, known, tuple(entries), ended[0] if ended else "", names.read_day(ended[1]) if ended else None)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"This is no position of {definition.process} ({definition.hash[:8]}): {error}. Fold the case's history anew.") from error
