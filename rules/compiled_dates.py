"""Dates for the compiled step: every rule read once, every date that was ever counted with a calendar remembered.

What a date depends on is known beforehand (`DependsOn`), so that an instance that an event did not touch keeps its dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from rules.calendar import SchoolCalendar
from rules.compiled_statuses import Layout
from rules.condition_text import facts_in, steps_in
from rules.dating import ONE_DAY, PLAIN, Dating
from rules.dating import Dates as DatesOfOne
from rules.definition import Counting, DatedBy, Definition, Step, Total
from rules.due import DueDate, Follows, due_date
from rules.periods import Base, Rule, parse_rule, within
from rules.position_types import TotalDate
from rules.record import Draft, Entry
from rules.statuses import Derived
from rules.truth import T, U

REMEMBERED = 20_000  # dates a definition remembers for one calendar before it forgets them all
CALENDARS = 64  # calendars it remembers dates for
NOBODY: frozenset[str] = frozenset()
NO_DATES = DatesOfOne()
Remembered = dict[tuple[object, ...], DueDate | Follows]


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule read once: the number its dates are remembered by, and each base with where its day stands (a fact, the opening, or elsewhere)."""

    number: int
    rule: Rule
    counting: Counting
    citation: str
    bases: tuple[tuple[str, str], ...]  # fact, opens, fixed or other; and the base's key


@dataclass(frozen=True, slots=True)
class StepReadings:
    """The rules of one step read once. `target` holds for the first round, `again` for later ones."""

    step: Step
    due: tuple[tuple[DatedBy, Reading], ...]
    target: Reading | None
    again: Reading | None
    not_before: Reading | None
    wait: Reading | None
    dated: bool  # whether it has any rule at all


class Dates:
    """The rules of one definition read once, and its remembered dates, apart for each calendar."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.by_calendar: dict[str, Remembered] = {}
        self.readings: dict[tuple[object, ...], Reading] = {}
        self.steps = {name: self._of_step(step) for name, step in definition.steps.items()}

    def of(self, calendar: SchoolCalendar) -> Remembered:
        """The dates counted with this calendar so far."""
        if calendar.version not in self.by_calendar and len(self.by_calendar) >= CALENDARS:
            self.by_calendar.clear()
        found = self.by_calendar.setdefault(calendar.version, {})
        if len(found) > REMEMBERED:
            found.clear()
        return found

    def reading(self, text: str, counting: Counting, citation: str) -> Reading:
        """A rule as read for one counting and citation."""
        key = (text, counting.name, counting.rolls, counting.leaves_out, citation)
        found = self.readings.get(key)
        if found is None:
            rule = parse_rule(text)
            found = self.readings[key] = Reading(
                len(self.readings), rule, counting, citation, tuple((self._where(base), base.key) for base in rule.bases)
            )
        return found

    def _of_step(self, step: Step) -> StepReadings:
        def read(rule: str, counting: Counting = PLAIN, citation: str = "") -> Reading | None:
            return self.reading(rule, counting, citation) if rule else None

        by_law, by_policy = step.law or step.guidance, f"policy section {step.policy}" if step.policy else ""
        due = tuple((dated, self.reading(dated.rule, step.counting, by_law)) for dated in step.due)
        target = read(step.target, citation=by_policy)
        again = read(step.again, citation=by_policy) if step.again else target
        not_before, wait = read(step.not_before, step.counting), read(step.wait, step.counting)
        return StepReadings(step, due, target, again, not_before, wait, any((due, target, again, not_before, wait)))

    def _where(self, base: Base) -> str:
        if base.kind in ("it opens", "day"):
            return "opens" if base.kind == "it opens" else "fixed"
        return "fact" if base.kind == "name" and base.key in self.definition.facts else "other"


class FastDating(Dating):
    """`Dating` that counts no date twice."""

    def __init__(self, draft: Draft, derived: Derived, calendar: SchoolCalendar, dates: Dates) -> None:
        super().__init__(draft, derived, calendar)
        self.dates_read = dates
        self.remembered = dates.of(calendar)

    def own_due(self, entry: Entry) -> DueDate | Follows | None:
        """As `Dating.own_due`."""
        readings = self.dates_read.steps[entry.step]
        for dated, reading in readings.due:
            if dated.facts is not None or dated.steps is not None:
                holds, missing = self.chosen(dated, readings.step, entry.party)
                if holds == U:
                    return Follows(missing)
                if holds != T:
                    continue
            return self._counted(reading, readings.step, entry.party, entry.opened_on)
        return None

    def dates(self, entry: Entry, totals: tuple[TotalDate, ...]) -> DatesOfOne:
        """As `Dating.dates`."""
        readings = self.dates_read.steps[entry.step]
        if not readings.dated and not totals:
            return NO_DATES
        own = self.own_due(entry) if readings.due else None
        due = own if isinstance(own, DueDate) else None
        for total in totals:
            if total.to == entry.step and (due is None or total.due.on < due.on):
                due = total.due
        follows = own.base if due is None and isinstance(own, Follows) else ""
        return DatesOfOne(due, follows, self._target_of(readings, entry, due), self.not_before(entry), self._waking(readings, entry, own))

    def _target_of(self, readings: StepReadings, entry: Entry, due: DueDate | None) -> DueDate | None:
        reading = readings.again if entry.round > 1 else readings.target
        if reading is None or entry.opened_on is None:
            return None
        found = self._counted(reading, readings.step, entry.party, entry.opened_on)
        if not isinstance(found, DueDate):
            return None
        return DueDate(due.on, found.why, due.safe_on) if due is not None and due.on < found.on else found

    def not_before(self, entry: Entry) -> date | None:
        """As `Dating.not_before`."""
        readings = self.dates_read.steps[entry.step]
        if readings.not_before is None:
            return None
        found = self._counted(readings.not_before, readings.step, entry.party, entry.opened_on)
        return found.on if isinstance(found, DueDate) else None

    def _waking(self, readings: StepReadings, entry: Entry, own: DueDate | Follows | None) -> date | None:
        if entry.opened_on is None:
            return None
        if readings.wait is not None:
            found = self._counted(readings.wait, readings.step, entry.party, entry.opened_on)
            return max(found.on, entry.opened_on) if isinstance(found, DueDate) else None
        return own.on + ONE_DAY if readings.step.lapses_as and isinstance(own, DueDate) and not entry.lifted else None

    def _counted(self, reading: Reading, step: Step | None, party: str, opened_on: date | None) -> DueDate | Follows:
        key = (reading.number, *[self._day(where, base, step, party, opened_on) for where, base in reading.bases])
        found = self.remembered.get(key)
        if found is None:
            known = partial(self.known, step=step, party=party)
            found = self.remembered[key] = due_date(
                reading.rule, known, opened_on=opened_on, calendar=self.calendar, counting=reading.counting, citation=reading.citation
            )
        return found

    def _day(self, where: str, key: str, step: Step | None, party: str, opened_on: date | None) -> object:
        if where == "fact":
            return self.draft.fact(key, party) if party else self.draft.facts.get(key)
        if where == "opens":
            return opened_on
        return self.known(key, step, party) if where == "other" else None

    def total(self, total: Total) -> DueDate | None:
        """As `Dating.total`."""
        if self.draft.facts.get(total.start) is None:
            return None
        rule = total.rule if total.start in total.rule else within(total.rule, total.start).text
        found = self._counted(self.dates_read.reading(rule, total.counting, total.law), None, "", None)
        return found if isinstance(found, DueDate) else None

    def totals(self) -> tuple[TotalDate, ...]:
        """As `Dating.totals`."""
        found = []
        entries, latest = self.draft.entries, self.draft.latest
        for total in self.draft.definition.totals:
            if any(not entries[latest[total.to, party]].state for party in self.draft.parties(total.to) or ()):
                due = self.total(total)
                if due is not None:
                    found.append(TotalDate(total.to, due))
        return tuple(found)


class DependsOn:
    """Which steps' dates change with what, worked out once a definition. What a date reads is named by keys: a fact's or step's name (the day it
    was done), `opened STEP` and `standing STEP`."""

    def __init__(self, definition: Definition) -> None:
        reads = {name: _read_by(definition, step) for name, step in definition.steps.items()}
        self.totals = {total.start for total in definition.totals}
        self.totals |= {base.key for total in definition.totals if total.start in total.rule for base in parse_rule(total.rule).bases}
        self.total_steps = {total.to for total in definition.totals}
        for total in definition.totals:
            reads[total.to] |= self.totals
        changed = True
        while changed:  # `due of` reads what the due date of that step reads
            changed = False
            for keys in reads.values():
                more = {deep for key in keys if key.startswith("due of ") for deep in reads.get(key[7:], ())} - keys
                if more:
                    keys |= more
                    changed = True
        self.readers: dict[str, frozenset[str]] = {
            key: frozenset(name for name, keys in reads.items() if key in keys) for keys in reads.values() for key in keys
        }
        self.of_opening = {step: self.readers.get(f"opened {step}", NOBODY) for step in definition.steps}
        self.of_standing = {step: self.readers.get(f"standing {step}", NOBODY) for step in definition.steps}

    def on(self, draft: Draft) -> set[str]:
        """The steps whose dates read something that the event on this draft has changed."""
        readers, entries = self.readers, draft.entries
        found: set[str] = set()
        for fact in draft.learnt:
            found |= readers.get(fact.partition(":")[0], NOBODY)
        for place in draft.finished:
            found |= readers.get(entries[place].step, NOBODY)
        for place in draft.written:
            found |= self.of_opening[entries[place].step]
        for step in draft.moved:
            found |= self.of_standing[step]
        return found

    def on_totals(self, draft: Draft) -> bool:
        """Whether the event on this draft may have changed the totals that run."""
        if not self.total_steps:
            return False
        entries, steps, read = draft.entries, self.total_steps, self.totals
        for place in draft.written:
            if entries[place].step in steps:
                return True
        for place in draft.finished:
            if entries[place].step in read:
                return True
        return any(fact.partition(":")[0] in read for fact in draft.learnt)

    def touched(self, draft: Draft, layout: Layout | None, counted_with: str) -> list[int] | None:
        """The places of the instances that an event may have changed, in order: what it recorded, and what counts its dates from that. None: all."""
        if draft.before.counted_with != counted_with:
            return None
        touched = set(draft.written)
        if layout is not None:
            of_step, slots, nameless = layout.of_step, layout.slots, layout.nameless
            for step in self.on(draft):
                for slot in of_step[step]:
                    if slot not in nameless and not draft.entries[place := draft.latest[slots[slot]]].state:
                        touched.add(place)
        return sorted(touched)


def _read_by(definition: Definition, step: Step) -> set[str]:
    rules = [*(dated.rule for dated in step.due), step.target, step.again, step.not_before, step.wait]
    keys = {base.key for rule in rules if rule for base in parse_rule(rule).bases}
    for dated in step.due:
        keys |= {test.fact for test in facts_in(dated.facts)} | {f"standing {leaf.step}" for leaf in steps_in(dated.steps)}
    for key in list(keys):
        named = definition.steps.get(key.removeprefix("due of ").removeprefix("standing "))
        if named is None:
            continue
        keys |= {named.each_of_fact} if named.each_of_fact else set()
        if key.startswith("due of "):
            keys.add(f"opened {named.name}")
    return keys
