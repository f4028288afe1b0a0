"""A lead time: the day by which a local authority asks for a step of ours, where that is before its date. It moves reminders, no date of law."""

from __future__ import annotations

from datetime import date

from rules.calendar import SchoolCalendar
from rules.definition import Definition, Step
from rules.due import due_date
from rules.due_types import DueDate
from rules.periods import parse_rule
from rules.problems import nearest
from rules.values import Facts


def lead_day(by: str, facts: Facts, calendar: SchoolCalendar, due_on: date) -> date | None:
    """The day that `by` comes to with what is known, if it lies before `due_on`; else None: an authority cannot put off what the law dates."""

    def known(name: str) -> date | int | None:
        value = facts.get(name)
        return value if isinstance(value, date) else None

    try:
        found = due_date(parse_rule(by), known, opened_on=None, calendar=calendar)
    except (OverflowError, ValueError):  # a fact so far away that no calendar holds the day
        return None
    return found.on if isinstance(found, DueDate) and found.on < due_on else None


def wrong_lead_time(definition: Definition, step: Step, by: str) -> tuple[str, str] | None:
    """Why this step can have no such lead time, and what to write instead; None: it can."""
    role = definition.role_of(step, "")
    if step.by and (role is None or not role.ours):
        return f"{definition.process}/{step.name} is not ours to do", "Name a step of the school's or the trust's own."
    if not step.ladder:
        reminded = [one.name for one in definition.steps.values() if one.ladder and (not one.by or _is_ours(definition, one))]
        return f"nobody is reminded of {definition.process}/{step.name}, so nothing can come earlier", nearest(step.name, reminded)
    dates = [name for name, fact in definition.facts.items() if fact.type in ("date", "planned date")]
    for base in parse_rule(by).bases:
        if base.kind != "name" or base.name not in dates:
            return f"`by: {by}` counts from {base.key!r}, which is no date that a case of {definition.process} knows", nearest(base.name, dates)
    return None


def _is_ours(definition: Definition, step: Step) -> bool:
    role = definition.role_of(step, "")
    return role is not None and role.ours
