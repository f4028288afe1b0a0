"""What one case gives another when it opens it: by an outcome's `opens`, or by a `case` step's `with`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from rules.definition import Definition
from rules.fact_values import FactError, to_json, value_from_json
from rules.history import Refused
from rules.library import Library, NoDefinition
from rules.record import party_fact
from rules.values import Facts, Value

PARTY = "party"  # the instance's own party, by its name
Find = Callable[[str], Value | None]


def given(definition: Definition, said: Mapping[str, str], find: Find, party: str) -> dict[str, Value]:
    """The facts that are given: a value that names a fact of ours is that fact's value, `party` the instance's own, any other a plain word.

    A fact of ours that is not known yet gives nothing: the other case says then that it is missing.
    """
    found: dict[str, Value] = {}
    for name, value in said.items():
        if value in definition.facts:
            known = find(value)
            if known is not None:
                found[name] = known
        else:
            found[name] = party if value == PARTY and party else value
    return found


def given_by_step(definition: Definition, facts: Facts, step: str, party: str) -> dict[str, Value]:
    """What a `case` step gives the case it waits for, from the facts of our case as they stand."""

    def find(name: str) -> Value | None:
        own = facts.get(party_fact(name, party))
        return facts.get(name) if own is None else own

    return given(definition, definition.steps[step].case_facts, find, party)


def typed_for(other: Definition, facts: Facts) -> dict[str, Value]:
    """The facts given as the other process types them. Raises Refused `bad_fact` for a value that its fact cannot hold."""
    found: dict[str, Value] = {}
    for name, value in facts.items():
        if name not in other.opens_with:
            raise Refused("unknown_fact", f"“{other.title}” is not opened with {name}. Leave it out.")
        try:
            found[name] = value_from_json(other.facts, name, to_json(value))
        except FactError as error:
            raise Refused("bad_fact", f"{error.message}. {error.cure}") from None
    return found


def text_for(library: Library, process: str, on: date, facts: Facts) -> tuple[Definition, dict[str, Value]]:
    """The text that a case opened with what it is given gets, and the facts as that text types them.

    Raises NoDefinition where none is in force, and Refused where a value cannot be held by any of them.
    """
    refusal: Refused | None = None
    for text in library.definitions.get(process, ()):
        try:
            typed = typed_for(text, facts)
            if library.for_new_case(process, on, typed) is text:
                return text, typed
        except Refused as error:
            refusal = refusal or error
        except NoDefinition:
            continue
    if refusal is not None:
        raise refusal
    return library.for_new_case(process, on, facts), dict(facts)
