"""What whoever opens a case is told before it opens. A warning never blocks: the law bars nobody whom it only does not oblige to be answered."""

from __future__ import annotations

from datetime import date

from rules.calendar import SchoolCalendar
from rules.definition import Definition
from rules.due import DueDate, due_date
from rules.periods import parse_rule
from rules.values import Facts


def warnings_at(definition: Definition, facts: Facts, on: date, calendar: SchoolCalendar) -> list[str]:
    """The words of each warning that holds for a case opened on that London day with these facts, each with the law or policy it rests on.

    A warning whose day cannot be told (a fact it counts from is not stated) does not hold.
    """

    def day(fact: str) -> date | None:
        value = facts.get(fact)
        return value if isinstance(value, date) else None

    found = []
    for warning in definition.warns.values():
        due = due_date(parse_rule(warning.until), day, opened_on=None, calendar=calendar)
        if isinstance(due, DueDate) and on <= due.on:
            rests_on = " and ".join(filter(None, (warning.law, f"the policy, section {warning.policy}" if warning.policy else "")))
            found.append(f"{warning.title} ({rests_on})")
    return found
