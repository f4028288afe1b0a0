"""The cases that would follow from an act, judged before it is written: which can open here, and which cases already open are now in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from db.acts.messages import IN_DOUBT
from db.acts.parts import Parts
from db.acts.standing import Standing
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import Definition
from rules.given import given_by_step, text_for
from rules.history import Event, Refused
from rules.library import NoDefinition
from rules.position_types import Change, Instance, OpensCase, Owed, Position
from rules.record import party_fact
from rules.refusals import step_title
from rules.values import Facts

LOOKS = "senco"  # who is told


def with_what_may_open(parts: Parts, standing: Standing, change: Change, on: date) -> Change:
    """The change with those cases that can be opened here on that day, their facts typed; a sentence for the record says which cannot, and why.

    What was decided has been decided: that a case cannot follow from it by itself is no reason to refuse the record of it. Where the act takes
    back what had opened another case, the record says so and the SENCO is told: nothing is closed by itself.
    """
    definition = standing.definition
    if change.opens:
        change = _openable(parts, change, on, standing.calendar)
    if definition.case_steps:
        change = _noted(change, _not_awaited(parts, standing, change, on))
    if definition.opening_words or definition.case_steps:
        change = _doubted(standing, change)
    return change


def _openable(parts: Parts, change: Change, on: date, calendar: SchoolCalendar) -> Change:
    opens, notes = [], []
    for one in change.opens:
        try:
            opens.append(replace(one, facts=_tried(parts, one, on, calendar)))
        except (Refused, NoDefinition) as error:
            notes.append(_cannot(parts, one.process, error))
    return _noted(replace(change, opens=tuple(opens)), notes)


def _tried(parts: Parts, one: OpensCase, on: date, calendar: SchoolCalendar) -> Facts:
    definition, facts = text_for(parts.library, one.process, on, one.facts)
    compiled(definition).start(Event("open", on, facts=facts), calendar)
    return facts


def _not_awaited(parts: Parts, standing: Standing, change: Change, on: date) -> list[str]:
    """A sentence for each `case` step that opens now and whose case could not be opened."""
    notes = []
    for one in change.opened:
        step = standing.definition.steps[one.step]
        if step.case and one.status == "open":
            given = given_by_step(standing.definition, change.position.facts, one.step, one.party)
            try:
                _tried(parts, OpensCase(step.case, given), on, standing.calendar)
            except (Refused, NoDefinition) as error:
                name = step.case.replace("_", " ")
                notes.append(f"The step waits for a case of “{name}”. None can be opened now: {_why(error)} If none runs, open it by hand.")
    return notes


def _cannot(parts: Parts, process: str, error: Refused | NoDefinition) -> str:
    name = process.replace("_", " ")
    if process not in parts.library.definitions:
        return f"A case of the process “{name}” follows from this, and there is no text for it here: keep it by hand."
    return f"A case of the process “{name}” follows from this and was not opened: {_why(error)} Open it by hand, or keep it by hand."


def _why(error: Refused | NoDefinition) -> str:
    return error.message if isinstance(error, Refused) else str(error)


def _doubted(standing: Standing, change: Change) -> Change:
    doubts = in_doubt(standing, change.position)
    titles = [step_title(standing.definition, one.step, one.party) for one in doubts]
    notes = [f"Another case rests on “{title}”, which was changed. Look at it: correct it, or end it as opened in error." for title in titles]
    owed = tuple(Owed(one.step, one.party, one.round, one.no, IN_DOUBT, LOOKS) for one in doubts)
    return replace(_noted(change, notes), owed=(*change.owed, *owed)) if doubts else change


def in_doubt(standing: Standing, after: Position) -> list[Instance]:
    """The instances that had opened another case, or waited for one, and by this act stand no longer: a new round took their place, or they
    are not needed any more. Also those that gave another case a fact which is corrected now."""
    before, definition = standing.position.instances, standing.definition
    begun = {(one.step, one.party, one.round) for one in after.instances[len(before) :]} if len(after.instances) > len(before) else set()
    changed = _changed(definition, standing.position.facts, after.facts)
    if not (begun or changed or definition.case_steps):
        return []
    found = []
    for was in before:
        opened = was.status == "done" and (was.step, was.outcome) in definition.opening_words
        waited = was.status == "open" and was.step in definition.case_steps
        if opened or waited:
            gone = waited and after.instances[was.no - 1].status in ("not_needed", "overtaken", "closed")
            if gone or (was.step, was.party, was.round + 1) in begun or (changed and _gave(definition, was) & changed):
                found.append(was)
    return found


def _changed(definition: Definition, was: Facts, now: Facts) -> set[str]:
    """The facts given away that were known before and say something else now, under the names by which a position keeps them."""
    if was is now or was.items() <= now.items():
        return set()
    return {name for name in was if name.partition(":")[0] in definition.given_facts and was[name] != now.get(name)}


def _gave(definition: Definition, one: Instance) -> set[str]:
    """The facts of ours that an instance gave another case, under the names by which a position keeps them."""
    step = definition.steps[one.step]
    outcome = step.outcomes.get(one.outcome)
    said = [*step.case_facts.values(), *(value for facts in (outcome.opens.values() if outcome else ()) for value in facts.values())]
    return {*said, *(party_fact(name, one.party) for name in said)}


def _noted(change: Change, notes: list[str]) -> Change:
    return replace(change, breaches=(*change.breaches, *notes)) if notes else change
