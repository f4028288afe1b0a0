"""A date by itself: `sendflow date "6 weeks after 2026-03-03"`. Every day in the words is written out; nothing is asked of a case or a clock."""

from __future__ import annotations

from rules.calendar import SchoolCalendar
from rules.counting import DOES_NOT_ROLL
from rules.definition import Counting
from rules.due import DueDate, due_date
from rules.periods import RuleError, parse_rule


def date_of(words: str, calendar: SchoolCalendar, counting: Counting = DOES_NOT_ROLL) -> DueDate:
    """What the words come to, by `counting`'s convention for a last day (`counting_named` in `rules/counting.py`).

    Raises RuleError naming the column, for words that are no rule, and for a base that is no day written out.
    """
    text = " ".join(words.split())
    rule = parse_rule(text)
    for base in rule.bases:
        if base.kind != "day":
            column = text.index(base.key) + 1
            raise RuleError(
                text, column, f"{base.key!r} is no day", "Write the day out, such as 2026-03-03; facts and steps have days only in a case"
            )
    due = due_date(rule, lambda key: None, opened_on=None, calendar=calendar, counting=counting)
    assert isinstance(due, DueDate), "a rule of written days never waits for anything"
    return due
