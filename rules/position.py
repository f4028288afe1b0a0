"""The readable fold: a case's history in, its position out. It is the oracle that the compiled step (`compiled.py`) is proved equal to.

An event changes the record (`acts.py`); everything follows of itself from that (`settling.py`), then statuses, dates and messages are read off.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.acts import act, open_case
from rules.calendar import SchoolCalendar
from rules.changes import change_after
from rules.definition import Definition
from rules.history import Event
from rules.position_text import position_from_text, position_to_text
from rules.position_types import Change, Position
from rules.reading import position_of, record_of
from rules.refusals import refuse

__all__ = ["advance", "fold", "position_from_text", "position_of", "position_to_text", "start"]


def fold(definition: Definition, history: Sequence[Event], calendar: SchoolCalendar) -> Position:
    """Where a case stands after its history, opening first. Raises Refused for an event out of turn."""
    if not history:
        refuse("not_an_opening", "A case begins with its opening. Its history is empty.")
    record = open_case(definition, history[0], calendar).draft.record()
    for event in history[1:]:
        record = act(definition, record, event, calendar).draft.record()
    return position_of(definition, record, calendar)


def start(definition: Definition, event: Event, calendar: SchoolCalendar) -> Change:
    """What opening a case does. Raises Refused."""
    return change_after((), open_case(definition, event, calendar), calendar)


def advance(definition: Definition, position: Position, event: Event, calendar: SchoolCalendar) -> Change:
    """What one more event does to a case. Raises Refused, and then nothing has changed; the position given is never changed."""
    return change_after(position.instances, act(definition, record_of(position), event, calendar), calendar)
