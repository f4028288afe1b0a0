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

from datetime import date

import orjson

from rules.calendar import SchoolCalendar
from rules.definition import Definition
from rules.position_numbers import Numbers
from rules.position_types import Position
from rules.reading import position_of, record_of
from rules.record import Record


def position_to_text(position: Position) -> str:
    """The text of a position; the same bytes for the same history in every process."""
    record = record_of(position)
    names = Numbers(record.definition, record.opened_on)
    first = len(names.names.first)
    written = [
        names.marks(record.entries),
        [part for entry in reversed(record.entries[first:]) for part in names.instance(entry)],
        names.facts(record.facts),
        names.party_facts(record.facts),
        record.opened_on.toordinal(),
    ]
    ended = [record.ended, names.day(record.ended_on)] if record.ended else []
    return orjson.dumps(written + ended).decode()


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
