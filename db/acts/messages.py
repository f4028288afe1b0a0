"""What an act owes, as the text of its outbox row. `db/outbox.py` reads it back."""

from __future__ import annotations

from typing import Any

import orjson

from rules.complaining import COMPLAIN
from rules.definition import Definition
from rules.fact_values import facts_to_json
from rules.history import Event
from rules.owed import held_by, owner_of
from rules.position_types import Change, GivenRight, Instance, Owed

IN_DOUBT = "case_in_doubt"  # the moment of the message that a case which another opened must be looked at
CORRECTED = "corrected"  # and of the one that something recorded has been put right


def outbox_text(definition: Definition, change: Change, event: Event | None = None, left: Definition | None = None) -> str:
    """Canonical JSON: the messages owed (step, party, round, number, moment, role), each with the right that its decision gives. Of an `event` that
    says by when a step will be done: what was said, for whoever chases it; of a formal complaint, what it is about. `left`: the text from which the
    case has moved to this one.

    Every act has a row, also without messages: the row is the wake that the case wants.
    """
    rights = {right.step: right for right in change.gives}
    owed = [{**_message(definition, one, rights.get(one.step), change), **_put_right(one, event)} for one in change.owed]
    said = {} if event is None or event.kind != "say" else {"said": _said(definition, change, event)}
    complained = {} if event is None or event.kind != COMPLAIN else {"complained": _complained(definition, change, event)}
    texts = {} if left is None else {"texts": [left.hash, definition.hash]}
    return orjson.dumps({"owed": owed, **said, **complained, **texts}, option=orjson.OPT_SORT_KEYS).decode()


def _put_right(owed: Owed, event: Event | None) -> dict[str, Any]:
    """What a correction says, for whoever is told of it: the outcome, or the facts."""
    if owed.moment != CORRECTED or event is None:
        return {}
    said = {"outcome": event.outcome} if event.step else {"facts": facts_to_json(event.facts)}
    return {"corrected": {"step": event.step, "party": event.party, **said}}


def _about(event: Event, instance: Instance) -> dict[str, Any]:
    return {"step": event.step, "party": event.party, "round": instance.round, "no": instance.no}


def _said(definition: Definition, change: Change, event: Event) -> dict[str, Any]:
    instance = change.position.instance(event.step, event.party)
    due = instance.due or instance.target
    assert event.review_on is not None, "the rules ask for it"
    return {
        **_about(event, instance),
        "word": event.name,
        "until": event.review_on.isoformat(),
        "to": owner_of(definition, event.step, event.party, change.position.facts),
        "due_on": due.on.isoformat() if due else None,
    }


def _complained(definition: Definition, change: Change, event: Event) -> dict[str, Any]:
    instance = change.position.instance(event.step, event.party)
    assert instance.due is not None, "there is no complaint without a date of law"
    return {
        **_about(event, instance),
        "due_on": instance.due.on.isoformat(),
        "family": held_by(definition, "parent", change.position.facts),
        "by": event.actor,
    }


def _message(definition: Definition, owed: Owed, right: GivenRight | None, change: Change) -> dict[str, Any]:
    message: dict[str, Any] = {
        "template": f"shared/{owed.moment}" if owed.moment in (IN_DOUBT, CORRECTED) else f"{definition.process}/{owed.step}.{owed.moment}",
        "step": owed.step,
        "party": owed.party,
        "round": owed.round,
        "no": owed.no,
        "moment": owed.moment,
        "to": held_by(definition, owed.to, change.position.facts),
    }
    due = next((one.due or one.target for one in change.position.instances if one.no == owed.no), None)
    if due is not None:
        message["due_on"] = due.on.isoformat()
    if right is not None and owed.moment in definition.steps[owed.step].outcomes:
        last = right.last_day
        message["right"] = {"name": right.right, "holder": right.holder, "last_on": last.on.isoformat() if last else None}
    return message
