"""A lead time: the day by which a local authority asks for a step of ours, where that is before its date. It moves reminders, no date of law."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rules.calendar import SchoolCalendar
from rules.definition import Definition, Step
from rules.due import due_date, rung_date
from rules.due_types import DueDate
from rules.periods import parse_rule
from rules.problems import nearest
from rules.values import Facts

PANEL = " before a panel of "


def panel_rule(papers: str, days: Iterable[date]) -> str:
    """The rule of papers that must be there so long before a panel that meets on these days: the last one before the step's date counts."""
    return f"{papers}{PANEL}{', '.join(day.isoformat() for day in days)}"


def lead_day(by: str, facts: Facts, calendar: SchoolCalendar, due_on: date, opened_on: date | None = None) -> date | None:
    """The day that `by` comes to with what is known, if it lies before `due_on`; else None: an authority cannot put off what the law dates.

    `by` is a rule, or one of `panel_rule`; a panel whose papers had to be there before the step opened is none that they can reach.
    """
    if PANEL in by:
        return _before_panel(by, calendar, due_on, opened_on)

    def known(name: str) -> date | int | None:
        value = facts.get(name)
        return value if isinstance(value, date) else None

    try:
        found = due_date(parse_rule(by), known, opened_on=None, calendar=calendar)
    except (OverflowError, ValueError):  # a fact so far away that no calendar holds the day
        return None
    return found.on if isinstance(found, DueDate) and found.on < due_on else None


def _before_panel(by: str, calendar: SchoolCalendar, due_on: date, opened_on: date | None) -> date | None:
    papers, _, days = by.partition(PANEL)
    met = [date.fromisoformat(day) for day in days.split(", ") if day]
    found = [rung_date(f"{papers} before", day, calendar) for day in met if day <= due_on]
    return max((day for day in found if day < due_on and (opened_on is None or day >= opened_on)), default=None)


def wrong_lead_time(definition: Definition, step: Step, by: str) -> tuple[str, str] | None:
    """Why this step can have no such lead time, and what to write instead; None: it can. `by` empty: it counts from a panel."""
    role = definition.role_of(step, "")
    if step.by and (role is None or not role.ours):
        return f"{definition.process}/{step.name} is not ours to do", "Name a step of the school's or the trust's own."
    if not step.ladder:
        reminded = [one.name for one in definition.steps.values() if one.ladder and (not one.by or _is_ours(definition, one))]
        return f"nobody is reminded of {definition.process}/{step.name}, so nothing can come earlier", nearest(step.name, reminded)
    dates = [name for name, fact in definition.facts.items() if fact.type in ("date", "planned date")]
    for base in parse_rule(by).bases if by else ():
        if base.kind != "name" or base.name not in dates:
            return f"`by: {by}` counts from {base.key!r}, which is no date that a case of {definition.process} knows", nearest(base.name, dates)
    return None


def _is_ours(definition: Definition, step: Step) -> bool:
    role = definition.role_of(step, "")
    return role is not None and role.ours
