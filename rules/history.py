"""Events of a case's history, and the refusal of an event that is out of turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from rules.definition import Definition
from rules.fact_values import facts_from_json, facts_to_json
from rules.values import Facts

EventKind = Literal["open", "decide", "correct", "except", "interrupt", "say", "complain"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `on` is the day a person says it happened (London); the ledger adds when it was recorded.

    `actor` is a person's id and opaque here; None means the calendar or software. `outcome` is an outcome, an answer word or `done`.
    `facts`: what the opener states, what the step records, or the one fact corrected. `name`: which exception or interrupt, or what was said.
    `review_on`: when an exception is looked at again, or the day by which somebody said that the step will be done.
    """

    kind: EventKind
    on: date
    actor: int | None = None
    step: str = ""
    party: str = ""
    outcome: str = ""
    facts: Facts = field(default_factory=dict)
    name: str = ""
    review_on: date | None = None


class Refused(Exception):
    """An event the rules do not allow now. `message` is plain English and says what to do; nothing has changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as JSON values, without what it leaves unsaid: dates as 2027-09-01, facts as `facts_to_json` writes them."""
    written: dict[str, Any] = {"kind": event.kind, "on": event.on.isoformat()}
    for name in ("actor", "step", "party", "outcome", "name"):
        if (value := getattr(event, name)) not in (None, ""):
            written[name] = value
    if event.facts:
        written["facts"] = facts_to_json(event.facts)
    if event.review_on is not None:
        written["review_on"] = event.review_on.isoformat()
    return written


def event_from_json(raw: Mapping[str, Any], definition: Definition) -> Event:
    """The inverse of `event_to_json`. Raises FactError for a fact that the definition does not have, ValueError for anything else amiss."""
    unknown = set(raw) - {"kind", "on", "actor", "step", "party", "outcome", "name", "facts", "review_on"}
    if unknown or raw.get("kind") not in get_args(EventKind) or "on" not in raw:
        raise ValueError(f"No event: kind {raw.get('kind')!r}, on {raw.get('on')!r}, unknown keys {sorted(unknown)}.")
    return Event(
        kind=raw["kind"],
        on=date.fromisoformat(raw["on"]),
        actor=raw.get("actor"),
        step=raw.get("step", ""),
        party=raw.get("party", ""),
        outcome=raw.get("outcome", ""),
        facts=facts_from_json(definition.facts, raw.get("facts", {})),
        name=raw.get("name", ""),
        review_on=date.fromisoformat(raw["review_on"]) if "review_on" in raw else None,
    )
