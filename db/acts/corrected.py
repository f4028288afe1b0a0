"""Who is told that something recorded has been put right: whom the definition names, and whoever had said it by their own link."""

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
from rules.owed import readers
from rules.position_types import Change, Owed

SPEAKER = "parent"  # whom a case with a fact `speaks` means by it (`db/acts/speaking.py`)
_SAID_BY_LINK = "SELECT content FROM events WHERE case_id = %s AND kind = 'decide' AND content LIKE '%%\"via\":\"link\"%%'"


def with_correction_told(parts: Parts, actor: Actor, standing: Standing, change: Change, event: Event) -> Change:
    """The change with a message to each of them, if the event is a correction. Nobody's own word is turned without their hearing of it."""
    if event.kind != "correct":
        return change
    named = readers(standing.definition, standing.definition.corrections_tell, event.party, dict(change.position.facts))
    told = dict.fromkeys((*named, *_who_said_it(parts, actor, standing, event)))
    owed = tuple(Owed(event.step or CORRECTED, event.party, 0, 0, CORRECTED, role) for role in told)
    owed += tuple(_asked_anew(standing, change, event))
    return replace(change, owed=(*change.owed, *owed)) if owed else change


def _asked_anew(standing: Standing, change: Change, event: Event) -> Iterator[Owed]:
    """Whoever speaks in the case by now has what another was asked: the message of each open step that asks the parent, with its link."""
    definition = standing.definition
    if not definition.speaks or definition.speaks not in event.facts:
        return
    for one in change.position.open():
        if SPEAKER in readers(definition, definition.steps[one.step].tells_opened, one.party, dict(change.position.facts)):
            yield Owed(one.step, one.party, one.round, one.no, "opened", SPEAKER)


def _who_said_it(parts: Parts, actor: Actor, standing: Standing, event: Event) -> Iterator[str]:
    """The roles that said by link what is corrected: this step's outcome, or one of these facts."""
    with reading(parts, actor) as session:
        contents = session.connection().exec_driver_sql(_SAID_BY_LINK, (standing.case_id,)).scalars().all()
    for content in map(orjson.loads, contents):
        said = content["event"]
        same = said.get("party", "") == event.party
        if same and (said["step"] == event.step or not set(said.get("facts", ())).isdisjoint(event.facts)):
            yield content["role"]
