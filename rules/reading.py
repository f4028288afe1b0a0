"""Reads a position off a record: every instance with its status and dates, and the totals that run."""

from __future__ import annotations

from rules.calendar import SchoolCalendar
from rules.dating import Dates, Dating
from rules.definition import Definition
from rules.position_types import Instance, Position, TotalDate
from rules.record import Draft, Entry, Record
from rules.statuses import Derived, derive


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
    live = not entry.state
    dates = dating.dates(entry, totals) if live else Dates()
    return Instance(
        no=place + 1,
        step=entry.step,
        party=entry.party,
        round=entry.round,
        status=entry.state or dating.derived.standing(*entry.key)[0],
        outcome=entry.outcome,
        opened_on=entry.opened_on,
        closed_on=entry.closed_on,
        done_by=entry.done_by,
        due=dates.due,
        follows=dates.follows,
        target=dates.target,
        not_before=dates.not_before,
        wakes_on=dates.wakes_on,
        lifted=entry.lifted,
        lifted_review_on=entry.lifted_review_on,
        early=entry.early and live,
    )
