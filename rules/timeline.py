"""Every statutory date of a process from stated facts alone: no case, no database, no clock.

Behind `sendflow timeline PROCESS --fact request_received_on=2026-03-03`. A row whose base is not stated says what it follows from, and a row that
holds only in some cases says in which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from rules.calendar import SchoolCalendar
from rules.condition_words import fact_words, step_words
from rules.definition import Counting, DatedBy, Definition, Right, Step, Total
from rules.due import DueDate, due_date
from rules.periods import parse_rule, within
from rules.truth import F, T, fact_truth
from rules.values import Facts

Kind = Literal["earliest day", "duty", "outer limit", "right"]


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One date of law or guidance. `due` is None while `follows` (a fact, a step or `due of STEP`) is not known.

    `kind`: the first lawful day of a step (`not_before`), its own date, an outer limit across steps (`totals`), or the last day of a right
    that the step's decision gives.
    `only_if`: in words, what must hold for the row to apply, where the stated facts do not settle it; else empty.
    """

    step: str
    title: str
    whose: str
    due: DueDate | None
    follows: str
    citation: str
    kind: Kind = "duty"
    only_if: str = ""


class UnknownFact(ValueError):
    """A stated fact that the definition does not have; the message names those it has."""


def timeline(definition: Definition, facts: Facts, calendar: SchoolCalendar) -> list[TimelineRow]:
    """The rows in the order of the definition, each step's outer limits and rights behind it. Raises UnknownFact."""
    for name in facts:
        if name not in definition.facts:
            known = ", ".join(sorted(definition.facts))
            raise UnknownFact(f"{definition.process} has no fact {name!r}. Name one of: {known}.")
    rows = _Rows(definition, facts, calendar)
    return [row for step in definition.steps.values() for row in rows.of(step)]


def titles_of(definition: Definition) -> dict[str, str]:
    """What people call each fact and step of a definition, for `explain`; those without a title are left out."""
    steps = {name: _spoken(step) for name, step in definition.steps.items()}
    return steps | {name: fact.title for name, fact in definition.facts.items() if fact.title}


def _spoken(step: Step) -> str:
    return step.title.replace("the {party}", "{party}").replace("{party}", "each party")


class _Rows:
    """The rows of one definition under the stated facts."""

    def __init__(self, definition: Definition, facts: Facts, calendar: SchoolCalendar) -> None:
        self.definition = definition
        self.facts = facts
        self.calendar = calendar
        self.titles = titles_of(definition)
        self.asked: set[str] = set()  # steps whose date is being asked for, so that two dates that wait for each other stay unknown

    def of(self, step: Step) -> Iterator[TimelineRow]:
        applies = T if step.only_if is None else fact_truth(step.only_if, self.facts.get)
        if applies == F:
            return
        only_if = "" if applies == T or step.only_if is None else fact_words(step.only_if, self.titles)
        if step.not_before and (step.law or step.guidance):
            yield self._row(step, step.not_before, step.counting, step.citation, "earliest day", only_if)
        for dated, when in self._ways(step):
            joined = " and ".join(part for part in (only_if, when) if part)
            yield self._row(step, dated.rule, step.counting, step.citation, "duty", joined)
        for total in self.definition.totals:
            if total.to == step.name and not _says_it_again(total, step):
                yield self._row(step, total_rule(total), total.counting, total.law, "outer limit", only_if)
        for right, outcomes in self._rights(step):
            yield self._row(step, right.last_day, right.counting, right.law, "right", f"the decision is {' or '.join(outcomes)}", right)

    def _ways(self, step: Step) -> Iterator[tuple[DatedBy, str]]:
        """Each way to date a step that the stated facts leave open, with what must hold for it, in words."""
        for dated in step.due:
            by_facts = T if dated.facts is None else fact_truth(dated.facts, self.facts.get)
            if by_facts == F:
                continue
            words = [fact_words(dated.facts, self.titles)] if dated.facts is not None and by_facts != T else []
            words += [step_words(dated.steps, self.titles)] if dated.steps is not None else []
            yield dated, " and ".join(words)
            if not words:
                return

    def _rights(self, step: Step) -> list[tuple[Right, list[str]]]:
        given: dict[str, list[str]] = {}
        for outcome in step.outcomes.values():
            if outcome.gives:
                given.setdefault(outcome.gives, []).append(outcome.title or outcome.name.replace("_", " "))
        return [(self.definition.rights[name], outcomes) for name, outcomes in given.items()]

    def _row(self, step: Step, rule: str, counting: Counting, citation: str, kind: Kind, only_if: str, right: Right | None = None) -> TimelineRow:
        found = due_date(parse_rule(rule), self._known, opened_on=None, calendar=self.calendar, counting=counting, citation=citation)
        title = self.titles[step.name] if right is None else f"Last day of the right: {right.name.replace('_', ' ')}"
        whose = self._whose(step) if right is None else ""
        due, follows = (found, "") if isinstance(found, DueDate) else (None, found.base)
        if due is not None and kind == "earliest day":
            due = replace(due, safe_on=None)
        return TimelineRow(step.name, title, whose, due, follows, citation, kind, only_if)

    def _known(self, key: str) -> date | int | None:
        if key.startswith("due of "):
            return self._due_of(key.removeprefix("due of "))
        value = self.facts.get(key)
        return value if isinstance(value, date) or type(value) is int else None

    def _due_of(self, name: str) -> date | None:
        """The date of another step's own rule, where the stated facts settle which rule that is."""
        step = self.definition.steps.get(name)
        ways = list(self._ways(step)) if step is not None and name not in self.asked else []
        if step is None or len(ways) != 1 or ways[0][1]:
            return None
        self.asked.add(name)
        row = self._row(step, ways[0][0].rule, step.counting, step.citation, "duty", "")
        self.asked.discard(name)
        return row.due.on if row.due else None

    def _whose(self, step: Step) -> str:
        if step.by == "party":
            parties = self.definition.parties.get(step.each, ())
            return ", ".join(self._role(party) for party in parties) or "each party"
        return self._role(step.by) if step.by else "Sendflow" if step.does else "the calendar" if step.wait else "another case"

    def _role(self, name: str) -> str:
        role = self.definition.roles.get(name)
        return role.title if role else name.replace("_", " ")


def _says_it_again(total: Total, step: Step) -> bool:
    """Whether an outer limit is only the step's own period told a second time, for `check` to compare."""
    return total.law == step.citation and [dated.rule for dated in step.due] == [total_rule(total)]


def total_rule(total: Total) -> str:
    """The rule of an outer limit, with the fact it runs from."""
    named = any(base.name == total.start for base in parse_rule(total.rule).bases) if total.start in total.rule else False
    return total.rule if named else within(total.rule, total.start).text
