"""Who of a family is the parent in a case whose text asks (`adult of the family`): known where there is one, else said; no stranger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from db.acts.actor import Actor
from db.acts.before import reading
from db.acts.parts import Parts
from db.queries.adults import NOT_KNOWN, Adult, adults_of
from rules.definition import Definition
from rules.history import Event, Refused

if TYPE_CHECKING:
    from db.acts.opening import Opening


def with_who_speaks(parts: Parts, actor: Actor, definition: Definition, opening: Opening) -> Opening:
    """The opening with the one adult whom the family has, or nobody whom the school knows, where it names none. Raises Refused if there are several,
    and for a person who is none of them."""
    fact = definition.speaks
    if not fact:
        return opening
    adults = _adults(parts, actor, opening.pupil_id)
    if fact in opening.facts:
        _refuse_stranger(definition, opening.facts[fact], adults)
        return opening
    if len(adults) > 1:
        raise Refused("missing_fact", f"Say {definition.facts[fact].title} ({fact}): {_choices(adults)}.")
    return replace(opening, facts={**opening.facts, fact: adults[0].person_id if adults else NOT_KNOWN})


def refuse_stranger(parts: Parts, actor: Actor, definition: Definition, pupil_id: int | None, event: Event) -> None:
    """Refuse a correction that names as the parent somebody who is no adult of the family. Raises Refused `bad_fact`."""
    if event.kind == "correct" and definition.speaks and definition.speaks in event.facts:
        _refuse_stranger(definition, event.facts[definition.speaks], _adults(parts, actor, pupil_id))


def _adults(parts: Parts, actor: Actor, pupil_id: int | None) -> list[Adult]:
    with reading(parts, actor) as session:
        return adults_of(session, pupil_id)


def _refuse_stranger(definition: Definition, person: object, adults: list[Adult]) -> None:
    if person != NOT_KNOWN and person not in {one.person_id for one in adults}:
        said = definition.facts[definition.speaks].title
        raise Refused("bad_fact", f"{said[:1].upper()}{said[1:]}: this is nobody of the family whom the school may write to. {_choices(adults)}.")


def _choices(adults: list[Adult]) -> str:
    return ", ".join([*(f"{one.person_id} ({one.relationship})" for one in adults), f"{NOT_KNOWN} (somebody whom the school does not know)"])
