"""What a letter says of something that has been put right: what it is, by its title, and what it says now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rules.definition import ADULT, Definition, Fact
from rules.explain import in_full
from rules.fact_values import facts_from_json
from rules.refusals import step_title
from rules.values import Value


def corrected_values(definition: Definition, details: Mapping[str, object]) -> dict[str, str] | None:
    """`what` and `now`, from what the act said with the message; None if nothing was put right."""
    given = details.get("corrected")
    if not isinstance(given, Mapping):
        return None
    name = str(given.get("step", ""))
    if name:
        outcome = str(given["outcome"])
        found = definition.steps[name].outcomes.get(outcome)
        return {"what": step_title(definition, name, str(given.get("party", ""))), "now": found.title if found else _in_words(outcome)}
    facts = facts_from_json(definition.facts, given["facts"])
    return {
        "what": "; ".join(definition.facts[fact].title for fact in facts),
        "now": "; ".join(_said(definition.facts[fact], value) for fact, value in facts.items()),
    }


def _said(fact: Fact, value: Value) -> str:
    return "another person than before" if fact.type == ADULT else _in_words(value)


def _in_words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return in_full(value)
    return (", ".join(value) if isinstance(value, tuple) else str(value)).replace("_", " ")
