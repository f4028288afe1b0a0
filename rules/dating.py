"""The dates of a case: due, target, earliest day, the day the calendar acts, totals. All of them follow from the record and the calendar.

A date of law runs from when its base is known, so waiting instances have one too (`docs/definitions.md`, Dates).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from rules.calendar import SchoolCalendar
from rules.condition_text import facts_in, steps_in
from rules.definition import Counting, DatedBy, Step, Total
from rules.due import DueDate, Follows, due_date
from rules.periods import parse_rule, within
from rules.position_types import TotalDate
from rules.record import Draft, Entry, list_of
from rules.statuses import Derived
from rules.truth import F, T, U, fact_truth, truth

PLAIN = Counting()
ONE_DAY = timedelta(days=1)


class Dates(NamedTuple):
    """The dates of one live instance; `Instance` says what each is."""

    due: DueDate | None = None
    follows: str = ""
    target: DueDate | None = None
    not_before: date | None = None
    wakes_on: date | None = None


class Dating:
    """Answers for dates in one state of a case. `derived` holds its statuses. `deciding`: a step and party just being recorded, with its day."""

    def __init__(self, draft: Draft, derived: Derived, calendar: SchoolCalendar) -> None:
        self.draft = draft
        self.derived = derived
        self.calendar = calendar
        self.deciding: tuple[str, str, date] | None = None

    def known(self, key: str, step: Step | None, party: str) -> date | int | None:
        """The day (or year) of a base as one party's step sees it: a fact, a step's day, or `due of STEP`; None while unknown."""
        if key.startswith("due of "):
            return self._due_of(key.removeprefix("due of "), step, party)
        if key in self.draft.definition.facts:
            value = self.draft.fact(key, party)
            return value if isinstance(value, date | int) else None
        return self._done_on(key, step, party)

    def _parties(self, name: str, step: Step | None, party: str) -> tuple[str, ...]:
        named = self.draft.definition.steps.get(name)
        if named is None:
            return ()
        if step is not None and list_of(named) and list_of(named) == list_of(step):
            return (party,)
        return self.draft.parties(name) or ()

    def _done_on(self, name: str, step: Step | None, party: str) -> date | None:
        """The day a step was done, its latest done round (a day stands until recorded anew); for parties the last of them, once all are done."""
        days = [self._party_done_on(name, one) for one in self._parties(name, step, party)]
        known = [day for day in days if day is not None]
        return max(known) if known and len(known) == len(days) else None

    def _party_done_on(self, name: str, party: str) -> date | None:
        if self.deciding is not None and self.deciding[:2] == (name, party):
            return self.deciding[2]
        current = self.draft.current(name, party)
        if current is None or current.state == "done":
            return None if current is None else current.done_on
        earlier = [entry.done_on for entry in self.draft.entries if entry.key == (name, party) and entry.state == "done"] if current.round > 1 else []
        return earlier[-1] if earlier else None

    def _due_of(self, name: str, step: Step | None, party: str) -> date | None:
        parties = self._parties(name, step, party)
        found = [self.own_due(entry) for one in parties if (entry := self.draft.current(name, one)) is not None]
        days = [due.on for due in found if isinstance(due, DueDate)]
        return max(days) if days and len(days) == len(parties) else None

    def work_out(self, rule: str, step: Step, entry: Entry, counting: Counting = PLAIN, citation: str = "") -> DueDate | Follows:
        """What a rule of a step comes to for one instance."""
        return due_date(
            parse_rule(rule),
            lambda key: self.known(key, step, entry.party),
            opened_on=entry.opened_on,
            calendar=self.calendar,
            counting=counting,
            citation=citation,
        )

    def own_due(self, entry: Entry) -> DueDate | Follows | None:
        """The date of law or guidance by the step's own rule, totals left aside; what it follows from while unknown; None without a rule."""
        step = self.draft.definition.steps[entry.step]
        for dated in step.due:
            holds, missing = self.chosen(dated, step, entry.party)
            if holds == U:
                return Follows(missing)
            if holds == T:
                return self.work_out(dated.rule, step, entry, step.counting, step.law or step.guidance)
        return None

    def chosen(self, dated: DatedBy, step: Step, party: str) -> tuple[int, str]:
        """Whether this way to date the step is the one, and what is missing to know it."""
        by_facts = T if dated.facts is None else fact_truth(dated.facts, lambda name: self.draft.fact(name, party))
        if by_facts == U:
            return U, next(test.fact for test in facts_in(dated.facts) if self.draft.fact(test.fact, party) is None)
        by_steps = T if dated.steps is None else truth(dated.steps, list_of(step), party, self.derived)
        if by_facts == T and by_steps == U:
            return U, next(leaf.step for leaf in steps_in(dated.steps) if truth(leaf, list_of(step), party, self.derived) == U)
        return (T if by_facts == T and by_steps == T else F), ""

    def after(self, period: str, day: date) -> date:
        """The day some period after a day, such as an exception's review."""
        found = due_date(within(period, "it opens"), lambda key: None, opened_on=day, calendar=self.calendar)
        assert isinstance(found, DueDate), "the day it counts from is given"
        return found.on

    def total(self, total: Total) -> DueDate | None:
        """An outer limit's date, once the fact it runs from is known."""
        day = self.known(total.start, None, "")
        if day is None:
            return None
        rule = parse_rule(total.rule) if total.start in total.rule else within(total.rule, total.start)
        found = due_date(
            rule, lambda key: self.known(key, None, ""), opened_on=None, calendar=self.calendar, counting=total.counting, citation=total.law
        )
        return found if isinstance(found, DueDate) else None

    def totals(self) -> tuple[TotalDate, ...]:
        """Every total that still runs: its fact is known and an instance of its step is not settled."""
        running = {entry.step for entry in self.draft.live() if not entry.state}
        found = [(total.to, self.total(total)) for total in self.draft.definition.totals if total.to in running]
        return tuple(TotalDate(to, due) for to, due in found if due is not None)

    def dates(self, entry: Entry, totals: tuple[TotalDate, ...]) -> Dates:
        """All dates of a live instance. Its `due` is the earlier of its own and the totals on its step.

        A lifted date is still told, since nothing replaces it; `Instance.lifted` says that it does not bind, and nothing lapses on it.
        """
        step = self.draft.definition.steps[entry.step]
        own = self.own_due(entry)
        on_step = [own] if isinstance(own, DueDate) else []
        on_step += [total.due for total in totals if total.to == step.name]
        due = min(on_step, key=lambda one: one.on) if on_step else None
        follows = own.base if isinstance(own, Follows) and due is None else ""
        return Dates(due, follows, self._target(step, entry, due), self.not_before(entry), self._wakes_on(step, entry, own))

    def _target(self, step: Step, entry: Entry, due: DueDate | None) -> DueDate | None:
        """The trust's own date, of open instances; in later rounds by `again`; never after the date of law."""
        rule = step.again if step.again and entry.round > 1 else step.target
        if not rule or entry.opened_on is None:
            return None
        found = self.work_out(rule, step, entry, citation=f"policy section {step.policy}" if step.policy else "")
        if not isinstance(found, DueDate):
            return None
        return replace(found, on=due.on, safe_on=due.safe_on) if due is not None and due.on < found.on else found

    def not_before(self, entry: Entry) -> date | None:
        """The earliest lawful day of an instance, while live."""
        step = self.draft.definition.steps[entry.step]
        found = self.work_out(step.not_before, step, entry, step.counting) if step.not_before else None
        return found.on if isinstance(found, DueDate) else None

    def _wakes_on(self, step: Step, entry: Entry, own: DueDate | Follows | None) -> date | None:
        """The day the calendar acts on an open instance: a `wait` step's own day, or the day after the due date of one that lapses."""
        if entry.opened_on is None:
            return None
        if step.wait:
            found = self.work_out(step.wait, step, entry, step.counting)
            return max(found.on, entry.opened_on) if isinstance(found, DueDate) else None  # a day already past: at once, and not before it opened
        return own.on + ONE_DAY if step.lapses_as and isinstance(own, DueDate) and not entry.lifted else None
