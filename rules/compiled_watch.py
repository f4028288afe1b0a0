"""All dates of one instance at once, remembered by every day they were counted from.

Each is truly counted, with its explanation, the first time (`compiled_dates.py`). The key holds all that the count reads: the days, the rule
chosen, whether it is a later round, and whether the date is lifted. Apart for each calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.calendar import SchoolCalendar
from rules.compiled_dates import CALENDARS, REMEMBERED, Dates, FastDating, Reading, StepReadings
from rules.dating import PLAIN
from rules.dating import Dates as DatesOfOne
from rules.definition import Definition
from rules.facts_brought import belongs_to_a_party
from rules.periods import within
from rules.record import Entry, list_of, party_fact
from rules.truth import F, U
from rules.values import Value

Chosen = int | str  # the place of the rule by which a step is dated, -1 for none, or what is missing to know it
Together = dict[tuple[object, ...], DatesOfOne]


@dataclass(frozen=True, slots=True)
class Watch:
    """What the dates of one step are counted from: facts of the case, facts of each party (`own`), and days of steps (`other`)."""

    number: int
    readings: StepReadings
    dated: bool
    facts: tuple[str, ...]
    own: tuple[str, ...]
    other: tuple[str, ...]
    of_totals: bool  # whether a total may bind it
    simple: bool  # whether it counts from facts of the case and its own opening alone
    has_choice: bool  # whether the law's date is counted by one rule or another


class Watches:
    """The watches of one definition, and the dates remembered by them."""

    def __init__(self, definition: Definition, dates: Dates) -> None:
        self.dates = dates
        self.steps = {name: _watch(definition, dates, name, number) for number, name in enumerate(definition.steps)}
        self.by_calendar: dict[str, Together] = {}

    def of(self, calendar: SchoolCalendar) -> Together:
        """The dates remembered for one calendar."""
        found = self.by_calendar.get(calendar.version)
        if found is None:
            if len(self.by_calendar) >= CALENDARS:
                self.by_calendar.clear()
            found = self.by_calendar.setdefault(calendar.version, {})
        elif len(found) > REMEMBERED:
            found.clear()
        return found


def _watch(definition: Definition, dates: Dates, name: str, number: int) -> Watch:
    readings, step = dates.steps[name], definition.steps[name]
    rules = [*(one for _, one in readings.due), readings.target, readings.again, readings.not_before, readings.wait]
    bases = {base for reading in rules if reading is not None for base in reading.bases}
    totals = [total for total in definition.totals if total.to == name]
    of_totals = {base for total in totals for base in _total_reading(dates, total.start, total.rule).bases}
    of_totals |= {("fact" if total.start in definition.facts else "other", total.start) for total in totals}
    named = {key for where, key in bases if where == "fact"}
    own = {key for key in named if list_of(step) and belongs_to_a_party(definition, key)}
    other = tuple(sorted(key for where, key in bases | of_totals if where == "other"))
    return Watch(
        number=number,
        readings=readings,
        dated=readings.dated or bool(totals),
        facts=tuple(sorted((named - own) | {key for where, key in of_totals if where == "fact"})),
        own=tuple(sorted(own)),
        other=other,
        of_totals=bool(totals),
        simple=not own and not other,
        has_choice=any(dated.facts is not None or dated.steps is not None for dated, _ in readings.due),
    )


def _total_reading(dates: Dates, start: str, rule: str) -> Reading:
    return dates.reading(rule if start in rule else within(rule, start).text, PLAIN, "")


def choice(watch: Watch, entry: Entry, dating: FastDating) -> Chosen:
    """By which rule the law's date of an instance is counted."""
    for place, (dated, _) in enumerate(watch.readings.due):
        holds, missing = dating.chosen(dated, watch.readings.step, entry.party)
        if holds == U:
            return missing
        if holds != F:
            return place
    return -1


def key_of(watch: Watch, chosen: Chosen, entry: Entry, facts: Mapping[str, Value], dating: FastDating | None) -> tuple[object, ...]:
    """All that the dates of a live instance are counted from."""
    days = [facts.get(fact) for fact in watch.facts]
    if watch.own:
        days += [facts.get(party_fact(fact, entry.party), facts.get(fact)) for fact in watch.own]
    key = (watch.number, chosen, entry.round > 1, entry.lifted != "", entry.opened_on, *days)
    if watch.other and dating is not None:
        return (*key, *[dating.known(base, watch.readings.step, entry.party) for base in watch.other])
    return key
