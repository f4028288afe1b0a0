"""What the definitions say of an LA's duties that its ledger must know: which fact holds the date on the LA's letter, and what of ours comes first.

The LA keeps its time by sending. The day on which a school records what came is later, and is no measure of the LA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rules.condition_text import steps_in
from rules.conditions import Done
from rules.definition import Definition, Step
from rules.library import Library


class LetterDay(NamedTuple):
    """The fact (`decision_on`) that holds the day on which this outcome of an LA's step was done."""

    process: str
    step: str
    outcome: str
    fact: str


class LaDuty(NamedTuple):
    """A step with a date of law that an LA owes. `ours_first`: steps of ours, parted by commas, without which the LA cannot do it yet."""

    process: str
    step: str
    citation: str
    ours_first: str


@dataclass(frozen=True, slots=True)
class LaSteps:
    """Of all texts of a process the newest speaks."""

    duties: tuple[LaDuty, ...]
    letters: tuple[LetterDay, ...]


def la_steps(library: Library) -> LaSteps:
    """Every LA's duty in the library, and for each outcome of one the first plain date that it records. An outcome that records none is not in
    `letters`: there the day of the act itself counts."""
    duties: dict[tuple[str, str], LaDuty] = {}
    letters: dict[tuple[str, str, str], LetterDay] = {}
    for definition in library.all():
        for duty in duties_of(definition):
            duties[definition.process, duty.step] = duty
            letters.update({day[:3]: day for day in _letter_days(definition, definition.steps[duty.step])})
    return LaSteps(tuple(duties.values()), tuple(letters.values()))


def duties_of(definition: Definition) -> list[LaDuty]:
    """An LA's duties by one text."""
    return [_duty(definition, step) for step in definition.steps.values() if step.by == "la" and step.due]


def _duty(definition: Definition, step: Step) -> LaDuty:
    """An LA may go on as soon as `may_come_early` allows. It waits for what must be done, not for what only has to be settled."""
    early = step.may_come_early
    leaves = steps_in(step.after if isinstance(early, bool) else early)
    first = dict.fromkeys(leaf.step for leaf in leaves if isinstance(leaf, Done) and _is_ours(definition, definition.steps[leaf.step]))
    return LaDuty(definition.process, step.name, step.citation, ",".join(first))


def _is_ours(definition: Definition, step: Step) -> bool:
    role = definition.roles.get(step.by)
    return bool(step.does) or (role is not None and role.ours)


def _letter_days(definition: Definition, step: Step) -> list[LetterDay]:
    words = (*(step.outcomes or ("done",)), *step.answers)
    return [LetterDay(definition.process, step.name, word, fact) for word in words if (fact := _letter_fact(definition, step, word))]


def _letter_fact(definition: Definition, step: Step, outcome: str) -> str:
    said = step.outcomes[outcome].records if outcome in step.outcomes else ()
    return next((name for name in (*step.records, *said) if definition.facts[name].type == "date"), "")
