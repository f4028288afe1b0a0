"""The instances of a case read from its text: as `reading.instance_in` gives them one by one, with their dates remembered (`compiled_watch.py`)."""

from __future__ import annotations

from rules.calendar import SchoolCalendar
from rules.compiled_dates import NO_DATES, FastDating
from rules.compiled_watch import Chosen, Watch, Watches, choice, key_of
from rules.position_types import Instance, TotalDate
from rules.record import Entry, Record

_new = tuple.__new__


def instances_of(
    record: Record, dating: FastDating, totals: tuple[TotalDate, ...], watches: Watches, calendar: SchoolCalendar
) -> tuple[Instance, ...]:
    """Every instance of a record at rest, with its dates while it is live. `dating` answers for this record, `totals` are those that run."""
    found, together, standing, steps = [], watches.of(calendar), dating.derived.standing, watches.steps
    for number, entry in enumerate(record.entries, 1):
        step, party, of_round, state, opened_on, closed_on, early, outcome, _, done_by, lifted, review = entry
        if state:
            found.append(
                _new(Instance, (number, step, party, of_round, state, outcome, opened_on, closed_on, done_by, *NO_DATES, lifted, review, False))
            )
            continue
        watch, dates = steps[step], NO_DATES
        if watch.dated:
            key = _key(watch, entry, dating)
            remembered = together.get(key)
            if remembered is None:
                remembered = together[key] = dating.dates(entry, totals)
            dates = remembered
        head = (number, step, party, of_round, standing(step, party)[0], outcome, opened_on, closed_on, done_by)
        found.append(_new(Instance, (*head, *dates, lifted, review, early)))
    return tuple(found)


def _key(watch: Watch, entry: Entry, dating: FastDating) -> tuple[object, ...]:
    chosen: Chosen = choice(watch, entry, dating) if watch.has_choice else 0
    return key_of(watch, chosen, entry, dating.draft.facts, dating)
