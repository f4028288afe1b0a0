"""Checks the facts an event brings against the definition: which may and must come, and whether each value is possible on that day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.dating import Dating
from rules.definition import Definition, Fact, Step
from rules.due import DueDate, due_date
from rules.fact_values import FactError, to_json, value_from_json, wanted
from rules.periods import parse_rule
from rules.record import Draft, list_of, party_fact
from rules.refusals import refuse, refuse_unknown
from rules.values import Facts, Value


@dataclass(frozen=True, slots=True)
class Brought:
    """The facts of an event, its day, the step that brings them (None for the opening and for corrections) and the party they belong to."""

    facts: Facts
    on: date
    step: Step | None = None
    party: str = ""


def what_it_records(step: Step, outcome: str) -> tuple[str, ...]:
    """The facts that a step done with that outcome must bring."""
    found = step.brings.get(outcome)
    return step.records if found is None else found


def belongs_to_a_party(definition: Definition, fact: str) -> bool:
    """Whether a step with parties records the fact, so that each party has its own."""
    return any(list_of(step) and any(fact in what_it_records(step, word) for word in step.words) for step in definition.steps.values())


def check_names(definition: Definition, given: Facts, must: Iterable[str], may: Iterable[str], what: str, known: Facts) -> None:
    """Refuse facts that do not belong to the event, and an event without a fact it must bring (those in `known` stand and need not come again)."""
    allowed = [*must, *may]
    for name in given:
        if name not in definition.facts:
            refuse_unknown("unknown_fact", "fact", name, allowed or definition.facts)
        if name not in allowed:
            refuse("unknown_fact", f"{what} does not record {name}. Leave it out; a fact that has changed is corrected, with the reason.")
    for name in must:
        if name not in given and name not in known:
            title = definition.facts[name].title
            refuse("missing_fact", f"{what} must come with {name}{f' ({title})' if title else ''}. Give it and record again.")


def take_in(draft: Draft, brought: Brought, dating: Dating) -> None:
    """Check every value, then put the facts into the draft. Values see each other: a day may be bounded by one that comes with it."""
    for name, value in brought.facts.items():
        fact = draft.definition.facts[name]
        check_value(draft, fact, value, brought)
    for name, value in brought.facts.items():
        draft.learn(party_fact(name, brought.party), value)
    for name, value in brought.facts.items():
        if isinstance(value, date):
            check_bounds(draft.definition.facts[name], value, brought, dating)


def check_value(draft: Draft, fact: Fact, value: Value, brought: Brought) -> None:
    """Refuse a value that its fact cannot hold (and JSON could not bring back), a day that has not come, or a list that lost somebody."""
    if not _plainly_whole(fact, value):
        _check_whole(draft, fact, value)
    if fact.type == "date" and isinstance(value, date) and value > brought.on:
        refuse("bad_fact", f"{fact.name} {value} is after {brought.on}, the day on which it is recorded to have happened. Record it once it has.")
    if isinstance(value, tuple):
        _check_list(draft, fact, value)


def _plainly_whole(fact: Fact, value: Value) -> bool:
    """Whether the value is beyond doubt one that its fact can hold; what is not is looked at again by way of JSON."""
    if fact.type == "date" or fact.type == "planned date":
        return type(value) is date and 1990 <= value.year <= 2100
    if fact.type == "yes or no":
        return type(value) is bool
    return fact.type == "whole number" and type(value) is int and 0 <= value <= 999_999


def _check_whole(draft: Draft, fact: Fact, value: Value) -> None:
    try:
        whole = value_from_json(draft.definition.facts, fact.name, to_json(value)) == value
    except FactError as error:
        refuse("bad_fact", f"{error.message}. {error.cure}")
    if not whole:
        refuse("bad_fact", f"{fact.name} is given as {value!r}. Write {wanted(fact)}.")


def _check_list(draft: Draft, fact: Fact, value: tuple[str, ...]) -> None:
    if len(value) < fact.at_least:
        refuse("bad_fact", f"{fact.name} must name at least {fact.at_least}. It names {len(value)}.")
    before = draft.facts.get(fact.name)
    lost = [party for party in before if party not in value] if fact.grows and isinstance(before, tuple) else []
    if lost:
        refuse("bad_fact", f"{fact.name} may grow and may not lose anybody. Keep “{lost[0]}” in it.")


def check_bounds(fact: Fact, value: date, brought: Brought, dating: Dating) -> None:
    """Refuse a planned date outside its bounds; the message names the date and both bounds as far as they are known."""
    sooner, later = _bound(fact.no_sooner, brought, dating), _bound(fact.no_later, brought, dating)
    if (sooner is None or value >= sooner.on) and (later is None or value <= later.on):
        return
    bounds = [f"not before {sooner.on} ({sooner.why.rule})"] if sooner is not None else []
    bounds += [f"not after {later.on} ({later.why.rule})"] if later is not None else []
    refuse(
        "bad_fact",
        f"{fact.name} {value} does not fit: it must be {' and '.join(bounds)}. Choose a day between, or correct what the bound counts from.",
    )


def _bound(rule: str, brought: Brought, dating: Dating) -> DueDate | None:
    if not rule:
        return None
    found = due_date(parse_rule(rule), lambda key: dating.known(key, brought.step, brought.party), opened_on=brought.on, calendar=dating.calendar)
    return found if isinstance(found, DueDate) else None
