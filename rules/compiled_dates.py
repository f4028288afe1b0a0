"""Dates for the compiled step: every rule read once, every date that was ever counted with a calendar remembered.

What a date depends on is known beforehand (`DependsOn`), so that an instance that an event did not touch keeps its dates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from rules.calendar import SchoolCalendar
from rules.condition_text import facts_in, steps_in
from rules.dating import PLAIN, Dating
from rules.definition import Counting, Definition, Step, Total
from rules.due import DueDate, Follows, due_date
from rules.periods import Rule, parse_rule, within
from rules.position_types import TotalDate
from rules.record import Draft, Entry
from rules.statuses import Derived

REMEMBERED = 20_000  # dates a definition remembers before it forgets them all
Known = Callable[[str], date | int | None]
Remembered = dict[tuple[object, ...], DueDate | Follows]


class Dates:
    """The remembered dates of one definition, apart for each calendar."""

    def __init__(self) -> None:
        self.by_calendar: dict[str, Remembered] = {}

    def of(self, calendar: SchoolCalendar) -> Remembered:
        """The dates counted with this calendar so far."""
        found = self.by_calendar.setdefault(calendar.version, {})
        if len(found) > REMEMBERED:
            found.clear()
        return found


class FastDating(Dating):
    """`Dating` that counts no date twice."""

    def __init__(self, draft: Draft, derived: Derived, calendar: SchoolCalendar, remembered: Remembered) -> None:
        super().__init__(draft, derived, calendar)
        self.remembered = remembered

    def work_out(self, rule: str, step: Step, entry: Entry, counting: Counting = PLAIN, citation: str = "") -> DueDate | Follows:
        """As `Dating.work_out`."""
        return self._counted(parse_rule(rule), partial(self.known, step=step, party=entry.party), entry.opened_on, counting, citation)

    def _counted(
        self, rule: Rule, known: Callable[[str], date | int | None], opened_on: date | None, counting: Counting, citation: str
    ) -> DueDate | Follows:
        days = [opened_on if base.kind == "it opens" else known(base.key) if base.kind != "day" else None for base in rule.bases]
        key = (rule.text, citation, counting.name, counting.rolls, counting.leaves_out, *days)
        found = self.remembered.get(key)
        if found is None:
            found = due_date(rule, known, opened_on=opened_on, calendar=self.calendar, counting=counting, citation=citation)
            self.remembered[key] = found
        return found

    def total(self, total: Total) -> DueDate | None:
        """As `Dating.total`."""
        if self.known(total.start, None, "") is None:
            return None
        rule = parse_rule(total.rule) if total.start in total.rule else within(total.rule, total.start)
        found = self._counted(rule, partial(self.known, step=None, party=""), None, total.counting, total.law)
        return found if isinstance(found, DueDate) else None

    def totals(self) -> tuple[TotalDate, ...]:
        """As `Dating.totals`."""
        found = []
        for total in self.draft.definition.totals:
            if any(not self.draft.entries[self.draft.latest[total.to, party]].state for party in self.draft.parties(total.to) or ()):
                due = self.total(total)
                if due is not None:
                    found.append(TotalDate(total.to, due))
        return tuple(found)


class DependsOn:
    """Which steps' dates change with a fact or with another step, worked out once a definition."""

    def __init__(self, definition: Definition) -> None:
        reads = {name: _read_by(definition, step) for name, step in definition.steps.items()}
        for total in definition.totals:
            reads[total.to] |= {total.start: None}
        changed = True
        while changed:  # `due of` reads what the due date of that step reads
            changed = False
            for name in reads:
                more = {deep: None for key in reads[name] if key.startswith("due of ") for deep in reads.get(key[7:], {})}
                if not more.keys() <= reads[name].keys():
                    reads[name] |= more
                    changed = True
        self.readers = {key: frozenset(name for name, keys in reads.items() if key in keys) for keys in reads.values() for key in keys}

    def on(self, changed: set[str]) -> set[str]:
        """The steps whose dates read one of these facts and steps."""
        return {reader for name in changed for reader in self.readers.get(name, ())}


def _read_by(definition: Definition, step: Step) -> dict[str, None]:
    rules = [*(dated.rule for dated in step.due), step.target, step.again, step.not_before, step.wait]
    keys = dict.fromkeys(base.key for rule in rules if rule for base in parse_rule(rule).bases)
    for dated in step.due:
        keys |= {test.fact: None for test in facts_in(dated.facts)} | {leaf.step: None for leaf in steps_in(dated.steps)}
    for key in list(keys):
        named = definition.steps.get(key.removeprefix("due of "))
        if named is not None:
            keys |= {named.name: None} | ({named.each_of_fact: None} if named.each_of_fact else {})
    return keys
