"""A stored history folded again: each event judged by the school calendar that it was judged by when it was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from db.acts.own_kinds import OWN
from db.acts.parts import Parts
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import event_from_json
from rules.position import fold
from rules.position_types import Change, Position


def contents_of(texts: Sequence[str]) -> list[Mapping[str, Any]]:
    """Stored contents, read. That words were erased, dates counted anew or the case moved to another text is an event that no text folds."""
    return [content for content in map(orjson.loads, texts) if content["event"]["kind"] not in OWN]


def last_change(parts: Parts, definition: Definition, contents: Sequence[Mapping[str, Any]]) -> Change:
    """What the last event of a history changed, as it did then. Raises what the rules raise for a history that is not one."""
    step = compiled(definition)
    change: Change | None = None
    for content in contents:
        event, calendar = event_from_json(content["event"], definition), parts.calendars.at(content["calendar"])
        change = step.start(event, calendar) if change is None else step.advance(change.position, event, calendar)
    if change is None:
        raise ValueError("a history begins with its opening; this one is empty")
    return change


def final_position(parts: Parts, definition: Definition, contents: Sequence[Mapping[str, Any]]) -> Position:
    """Where a history ends, by the readable fold where one calendar judged it all, else by the compiled step with each event's own."""
    versions = {content["calendar"] for content in contents}
    if len(versions) == 1:
        return fold(definition, [event_from_json(content["event"], definition) for content in contents], parts.calendars.at(versions.pop()))
    return last_change(parts, definition, contents).position
