"""Reads a position off a record: every instance with its status and dates, and the totals that run."""

from __future__ import annotations

from datetime import date

from rules.calendar import SchoolCalendar
from rules.dating import Dating
from rules.definition import Definition
from rules.due import DueDate
from rules.position_types import Instance, Position, Status, TotalDate
from rules.record import Draft, Entry, Record
from rules.statuses import Derived, derive

_STATUS: dict[str, Status] = {
    "done": "done",
    "does_not_apply": "does_not_apply",
    "not_needed": "not_needed",
    "overtaken": "overtaken",
    "closed": "closed",
}


def record_of(position: Position) -> Record:
    """The record inside a position. Raises TypeError for a position that this engine did not make."""
    if not isinstance(position.record, Record):
        raise TypeError(f"This position carries {type(position.record).__name__} instead of a record. Take one from fold or position_from_text.")
    return position.record


def position_of(definition: Definition, record: Record, calendar: SchoolCalendar) -> Position:
    """The position that a record comes to with this calendar."""
    draft = Draft(definition, record)
    return position_in(draft, dating_of(draft, calendar))


def dating_of(draft: Draft, calendar: SchoolCalendar) -> Dating:
    """The dates of a draft at rest. An ended case has none, and nothing is derived for it any more."""
    return Dating(draft, Derived(draft) if draft.ended else derive(draft), calendar)


def position_in(draft: Draft, dating: Dating) -> Position:
    """The position of a draft at rest."""
    record = draft.record(dating.calendar.version)
    totals = () if draft.ended else dating.totals()
    instances = tuple(instance_in(place, entry, draft, dating, totals) for place, entry in enumerate(record.entries))
    return Position(record.facts, instances, record.ended, record.ended_on, totals, record)


def instance_in(place: int, entry: Entry, draft: Draft, dating: Dating, totals: tuple[TotalDate, ...]) -> Instance:
    """One instance as it stands, with its dates while it is live."""
    if entry.state:
        return _ended(place, entry)
    status = dating.derived.standing(entry.step, entry.party)[0]
    due, follows, target, not_before, wakes_on = dating.dates(entry, totals)
    return Instance(
        place + 1,
        entry.step,
        entry.party,
        entry.round,
        status,
        entry.outcome,
        entry.opened_on,
        entry.closed_on,
        entry.done_by,
        due,
        follows,
        target,
        not_before,
        wakes_on,
        entry.lifted,
        entry.lifted_review_on,
        entry.early,
    )


def _ended(place: int, entry: Entry) -> Instance:
    """An instance that has ended: it has no dates any more."""
    one = entry
    return Instance(
        place + 1,
        one.step,
        one.party,
        one.round,
        _STATUS[one.state],
        one.outcome,
        one.opened_on,
        one.closed_on,
        one.done_by,
        lifted=one.lifted,
        lifted_review_on=one.lifted_review_on,
    )


def last_day_by_now(record: Record, no: int, calendar: SchoolCalendar) -> date | None:
    """The last lawful day of an instance that is over, by what is known of the case now: what it counted from may have been put right since. None:
    it has none, or what it counts from is not known now."""
    draft = Draft(record.definition, record)
    dating, entry = dating_of(draft, calendar), record.entries[no - 1]
    own = dating.own_due(entry)
    days = [own.on] if isinstance(own, DueDate) else []
    days += [found.on for total in record.definition.totals if total.to == entry.step and (found := dating.total(total)) is not None]
    return min(days, default=None)
