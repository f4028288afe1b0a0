"""The cases that an act opens beside what it records: judged before anything is written, opened in the act's own transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import psycopg

from db.acts.actor import Actor
from db.acts.before import child_key
from db.acts.opening import Opening, write_opening
from db.acts.parts import Parts
from db.acts.request import Cause, Request
from db.acts.standing import Standing
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.given import text_for
from rules.history import Event, Refused
from rules.library import NoDefinition
from rules.position_types import Change, OpensCase


def with_what_may_open(parts: Parts, change: Change, on: date, calendar: SchoolCalendar) -> Change:
    """The change with those cases that can be opened here on that day, their facts typed; a sentence for the record says which cannot, and why.

    What was decided has been decided: that a case cannot follow from it by itself is no reason to refuse the record of it.
    """
    if not change.opens:
        return change
    opens, notes = [], []
    for one in change.opens:
        try:
            opens.append(_openable(parts, one, on, calendar))
        except (Refused, NoDefinition) as error:
            notes.append(_cannot(parts, one, error))
    return replace(change, opens=tuple(opens), breaches=(*change.breaches, *notes))


def open_children(
    parts: Parts, connection: psycopg.Connection[Any], actor: Actor, standing: Standing, asked: Request, change: Change, seq: int
) -> tuple[str, ...]:
    """Open the cases that an act just written as number `seq` opens, in its transaction.

    Returns their references; one already open is named, not doubled.
    """
    references = []
    for child in change.opens:
        cause = Cause(standing.case_id, standing.ref, seq, child.step, child.party, child.round)
        opening = Opening(child_key(asked.key, child), child.process, standing.pupil_id, child.facts, asked.event.on, cause)
        references.append(write_opening(parts, connection, actor, opening).ref)
    return tuple(references)


def _openable(parts: Parts, one: OpensCase, on: date, calendar: SchoolCalendar) -> OpensCase:
    definition, facts = text_for(parts.library, one.process, on, one.facts)
    compiled(definition).start(Event("open", on, facts=facts), calendar)
    return replace(one, facts=facts)


def _cannot(parts: Parts, one: OpensCase, error: Refused | NoDefinition) -> str:
    name = one.process.replace("_", " ")
    if one.process not in parts.library.definitions:
        return f"A case of the process “{name}” follows from this, and there is no text for it here: keep it by hand."
    why = error.message if isinstance(error, Refused) else str(error)
    return f"A case of the process “{name}” follows from this and was not opened: {why} Open it by hand, or keep it by hand."
