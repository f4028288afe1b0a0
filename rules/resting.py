"""Whether a case still rests on what opened it: the outcome or step of another case stands, and the facts given are the same in both."""

from __future__ import annotations

from rules.definition import Definition
from rules.given import given, typed_for
from rules.history import Refused
from rules.position_types import Instance, Position
from rules.record import party_fact
from rules.values import Value


def why_in_doubt(cause: Definition, stands: Position, about: tuple[str, str, int], other: Definition, opened: Position) -> str:
    """What speaks against a running case, in a sentence; empty if nothing does. `about`: the step, party and round that opened it or waits for it.

    `cause` and `stands`: the text of the case that opened it, and where that stands now; `other` and `opened`: the case itself.
    """
    step, party, of_round = about
    if opened.ended or step not in cause.steps:
        return ""
    instances = [one for one in stands.instances if one.step == step and one.party == party]
    one = next((one for one in instances if one.round == of_round), None)
    if one is None or (len(instances) > 1 and instances[-1].round != of_round) or one.status not in ("open", "done"):
        return "What opened this case has been changed since. If it was opened in error, end it so."
    differ = sorted(name for name, value in _given(cause, stands, one, other).items() if name in opened.facts and opened.facts[name] != value)
    titles = [other.facts[name].title or name.replace("_", " ") for name in differ]
    return f"The case that opened this one says otherwise by now: {', '.join(titles)}. Correct it here if it is wrong here." if titles else ""


def _given(cause: Definition, stands: Position, one: Instance, other: Definition) -> dict[str, Value]:
    step = cause.steps[one.step]
    outcome = step.outcomes.get(one.outcome)
    said = outcome.opens.get(other.process) if outcome is not None else step.case_facts
    if not said:
        return {}

    def find(name: str) -> Value | None:
        return stands.facts.get(party_fact(name, one.party), stands.facts.get(name))

    try:
        return typed_for(other, given(cause, said, find, one.party))
    except Refused:
        return {}
