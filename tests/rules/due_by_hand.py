"""A school with its terms, and due dates reckoned in it from days written by hand."""

from __future__ import annotations

from datetime import date, timedelta

from rules.calendar import Term, england
from rules.counting import DOES_NOT_ROLL
from rules.definition import Counting
from rules.due import DueDate, Follows, due_date
from rules.periods import parse_rule

TERMS = [
    Term("Autumn 2026", date(2026, 9, 3), date(2026, 12, 18)),
    Term("Spring 2027", date(2027, 1, 5), date(2027, 3, 25)),
    Term("Summer 2027", date(2027, 4, 12), date(2027, 7, 21)),
]
SCHOOL = england(TERMS, closed_on=[date(2026, 10, 26) + timedelta(days=n) for n in range(5)])


def reckon(rule: str, counting: Counting = DOES_NOT_ROLL, opened_on: str = "", citation: str = "", **known: str | int) -> DueDate | Follows:
    """What `rule` comes to in `SCHOOL`, with the named bases as ISO days (or a year), or what it follows from."""
    days = {name.replace("due_of_", "due of "): day if isinstance(day, int) else date.fromisoformat(day) for name, day in known.items()}
    opened = date.fromisoformat(opened_on) if opened_on else None
    return due_date(parse_rule(rule), days.get, opened_on=opened, calendar=SCHOOL, counting=counting, citation=citation)


def dated(rule: str, counting: Counting = DOES_NOT_ROLL, opened_on: str = "", citation: str = "", **known: str | int) -> DueDate:
    """The same where every base is known."""
    due = reckon(rule, counting, opened_on, citation, **known)
    assert isinstance(due, DueDate)
    return due
