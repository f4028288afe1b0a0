"""Who is told that something recorded has been put right: whom the definition names, and whoever had said it by their own link. Where a correction
says that somebody else speaks, or holds the rights, they are asked what was asked before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import orjson

from db.acts.actor import Actor
from db.acts.before import reading
from db.acts.messages import CORRECTED
from db.acts.parts import Parts
from db.acts.standing import Standing
from rules.history import Event
from rules.owed import held_by, holder_of_rights, readers
from rules.position_types import Change, Owed

SPEAKER = "parent"  # whom a case with a fact `speaks` means by it (`db/acts/speaking.py`)
_HAS_HAD = "SELECT step, party, round FROM deliveries WHERE case_id = %s AND to_role = %s AND moment = 'opened' AND state <> 'superseded'"
_SAID_BY_LINK = "SELECT content FROM events WHERE case_id = %s AND kind = 'decide' AND content LIKE '%%\"via\":\"link\"%%'"


def with_correction_told(parts: Parts, actor: Actor, standing: Standing, change: Change, event: Event) -> Change:
    """The change with a message to each of them, if the event is a correction. Nobody's own word is turned without their hearing of it."""
    if event.kind != "correct":
        return change
    named = readers(standing.definition, standing.definition.corrections_tell, event.party, dict(change.position.facts))
    told = dict.fromkeys((*named, *_who_said_it(parts, actor, standing, event)))
    owed = tuple(Owed(event.step or CORRECTED, event.party, 0, 0, CORRECTED, role) for role in told)
    owed += (*_asked_anew(standing, change, event), *_asked_as_holder(parts, actor, standing, change))
    return replace(change, owed=(*change.owed, *owed)) if owed else change


def _asked_anew(standing: Standing, change: Change, event: Event) -> Iterator[Owed]:
    """Whoever speaks in the case by now has what another was asked: the message of each open step that asks the parent, with its link."""
    definition = standing.definition
    if not definition.speaks or definition.speaks not in event.facts:
        return
    for one in change.position.open():
        if SPEAKER in readers(definition, definition.steps[one.step].tells_opened, one.party, dict(change.position.facts)):
            yield Owed(one.step, one.party, one.round, one.no, "opened", SPEAKER)


def _asked_as_holder(parts: Parts, actor: Actor, standing: Standing, change: Change) -> Iterator[Owed]:
    """Whoever holds the rights by now has, of each open step, what the one before them was asked or told: a right runs on, and its last day does not
    wait for the next reminder. What they have had already is not said again."""
    definition, facts = standing.definition, dict(change.position.facts)
    before, holder = holder_of_rights(dict(standing.position.facts)), holder_of_rights(facts)
    if before == holder:
        return
    with reading(parts, actor) as session:
        rows = session.connection().exec_driver_sql(_HAS_HAD, (standing.case_id, holder)).all()
    had = {(row.step, row.party, row.round) for row in rows}
    for one in change.position.open():
        for role in readers(definition, definition.steps[one.step].tells_opened, one.party, facts):
            if role != holder and held_by(definition, role, facts) == holder and (one.step, one.party, one.round) not in had:
                yield Owed(one.step, one.party, one.round, one.no, "opened", role)


def _who_said_it(parts: Parts, actor: Actor, standing: Standing, event: Event) -> Iterator[str]:
    """The roles that said by link what is corrected: this step's outcome, or one of these facts."""
    with reading(parts, actor) as session:
        contents = session.connection().exec_driver_sql(_SAID_BY_LINK, (standing.case_id,)).scalars().all()
    for content in map(orjson.loads, contents):
        said = content["event"]
        same = said.get("party", "") == event.party
        if same and (said["step"] == event.step or not set(said.get("facts", ())).isdisjoint(event.facts)):
            yield content["role"]
