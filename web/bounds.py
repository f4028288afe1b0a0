"""What a planned date must lie between, told before anybody types one."""

from __future__ import annotations

from datetime import date

from rules.calendar import SchoolCalendar
from rules.dating import Dating
from rules.definition import Definition, Fact, Step
from rules.due import DueDate, due_date
from rules.explain import in_full
from rules.periods import parse_rule
from rules.position_types import Position
from rules.reading import record_of
from rules.record import Draft
from rules.statuses import derive


def bounds_in_words(definition: Definition, position: Position, calendar: SchoolCalendar, step: str, party: str, today: date) -> dict[str, str]:
    """For each planned date that `step` may record today: the days it must lie between, as far as they are known (London dates)."""
    draft = Draft(definition, record_of(position))
    dating = Dating(draft, derive(draft), calendar)
    dating.deciding = (step, party, today)
    found = definition.steps[step]
    names = {*found.records, *(name for outcome in found.outcomes.values() for name in outcome.records)}
    return {name: words for name in names if (words := _words(dating, definition.facts[name], found, party, today))}


def _words(dating: Dating, fact: Fact, step: Step, party: str, today: date) -> str:
    sooner, later = (_bound(dating, rule, step, party, today) for rule in (fact.no_sooner, fact.no_later))
    if sooner is not None and later is not None:
        if sooner > later:
            return f"No day fits: not before {in_full(sooner)}, and not after {in_full(later)}. Correct what these days count from."
        return f"From {in_full(sooner)} to {in_full(later)}."
    if sooner is not None:
        return f"Not before {in_full(sooner)}."
    return f"Not after {in_full(later)}." if later is not None else ""


def _bound(dating: Dating, rule: str, step: Step, party: str, today: date) -> date | None:
    if not rule:
        return None
    found = due_date(parse_rule(rule), lambda key: dating.known(key, step, party), opened_on=today, calendar=dating.calendar)
    return found.on if isinstance(found, DueDate) else None
