"""What rules come to in one calendar, remembered: ring T asks for the same rule from the same days again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeAlias

from rules.calendar import SchoolCalendar
from rules.definition import Counting
from rules.due import due_on
from rules.periods import parse_rule

PLAIN = Counting()
Known: TypeAlias = Callable[[str], date | int | None]


class ReckonedRule:
    """One rule, counted one way in one calendar."""

    def __init__(self, text: str, counting: Counting, calendar: SchoolCalendar) -> None:
        self.rule = parse_rule(text)
        self.counting = counting
        self.calendar = calendar
        self.keys = tuple(base.key for base in self.rule.bases)
        kinds = {base.kind for base in self.rule.bases}
        self.opening_counts, self.opening_alone = "it opens" in kinds, kinds == {"it opens"}
        self.found: dict[tuple[date | int | None, ...], date | None] = {}

    def on(self, known: Known, opened_on: date) -> date | None:
        """The day that the rule comes to, as `rules.due` works it out; None while a base is unknown."""
        asked = (opened_on,) if self.opening_alone else (opened_on if self.opening_counts else None, *map(known, self.keys))
        if asked not in self.found:
            self.found[asked] = due_on(self.rule, known, opened_on=opened_on, calendar=self.calendar, counting=self.counting)
        return self.found[asked]


class Reckoner:
    """The rules of a definition in one calendar, each once."""

    def __init__(self, calendar: SchoolCalendar) -> None:
        self.calendar = calendar
        self.rules: dict[tuple[str, Counting], ReckonedRule] = {}

    def rule(self, text: str, counting: Counting = PLAIN) -> ReckonedRule | None:
        """A rule by its text; None for no rule."""
        if text and (text, counting) not in self.rules:
            self.rules[text, counting] = ReckonedRule(text, counting, self.calendar)
        return self.rules[text, counting] if text else None
