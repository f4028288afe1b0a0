"""The readable fold: a case's history in, its position out. It is the oracle that the compiled step (`compiled.py`) is proved equal to.

An event changes the record (`acts.py`); everything follows of itself from that (`settling.py`), then statuses, dates and messages are read off.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.acts import Acted, act, open_case
from rules.calendar import SchoolCalendar
from rules.dating import Dates, Dating
from rules.definition import Definition
from rules.history import Event
from rules.owed import cases_opened, messages, rights
from rules.position_types import Change, Instance, Position, TotalDate
from rules.record import Draft, Entry, Record
from rules.refusals import refuse, step_title
from rules.statuses import Derived, derive


def fold(definition: Definition, history: Sequence[Event], calendar: SchoolCalendar) -> Position:
    """Where a case stands after its history, opening first. Raises Refused for an event out of turn."""
    if not history:
        refuse("not_an_opening", "A case begins with its opening. Its history is empty.")
    record = open_case(definition, history[0], calendar).draft.record()
    for event in history[1:]:
        record = act(definition, record, event, calendar).draft.record()
    return position_of(definition, record, calendar)


def start(definition: Definition, event: Event, calendar: SchoolCalendar) -> Change:
    """What opening a case does. Raises Refused."""
    return _change((), open_case(definition, event, calendar), calendar)


def advance(definition: Definition, position: Position, event: Event, calendar: SchoolCalendar) -> Change:
    """What one more event does to a case. Raises Refused, and then nothing has changed; the position given is never changed."""
    return _change(position.instances, act(definition, record_of(position), event, calendar), calendar)


def record_of(position: Position) -> Record:
    """The record inside a position. Raises TypeError for a position that this engine did not make."""
    if not isinstance(position.record, Record):
        raise TypeError(f"This position carries {type(position.record).__name__} instead of a record. Take one from fold or position_from_text.")
    return position.record


def position_of(definition: Definition, record: Record, calendar: SchoolCalendar) -> Position:
    """The position that a record comes to with this calendar."""
    draft = Draft(definition, record)
    return _position(draft, _dating(draft, calendar))


def _dating(draft: Draft, calendar: SchoolCalendar) -> Dating:
    return Dating(draft, Derived(draft) if draft.ended else derive(draft), calendar)


def _position(draft: Draft, dating: Dating) -> Position:
    record = draft.record()
    totals = () if draft.ended else dating.totals()
    instances = tuple(_instance(place, entry, draft, dating, totals) for place, entry in enumerate(record.entries))
    return Position(record.facts, instances, record.ended, record.ended_on, totals, record)


def _instance(place: int, entry: Entry, draft: Draft, dating: Dating, totals: tuple[TotalDate, ...]) -> Instance:
    live = not entry.state
    dates = dating.dates(entry, totals) if live else Dates()
    return Instance(
        no=place + 1,
        step=entry.step,
        party=entry.party,
        round=entry.round,
        status=entry.state or dating.derived.standings[entry.key][0],
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


def _change(before: Sequence[Instance], acted: Acted, calendar: SchoolCalendar) -> Change:
    draft = acted.draft
    dating = _dating(draft, calendar)
    position = _position(draft, dating)
    opened, closed, moved = compare(before, position.instances, draft.finished)
    return Change(
        position=position,
        opened=opened,
        closed=closed,
        moved=moved,
        owed=messages(draft, opened),
        gives=rights(draft, dating),
        opens=cases_opened(draft),
        breaches=(*acted.breaches, *_duties_not_done(draft.definition, before, closed), *_early_lost(draft)),
    )


def is_tracked(instance: Instance) -> bool:
    """Open, or waiting with a date of law that runs already."""
    return instance.status == "open" or (instance.status == "waiting" and instance.due is not None)


def compare(
    before: Sequence[Instance], after: Sequence[Instance], finished: Sequence[int]
) -> tuple[tuple[Instance, ...], tuple[Instance, ...], tuple[Instance, ...]]:
    """Opened, closed and moved instances, by number (`Change` says what each is)."""
    opened, closed, moved = [], [], []
    for place, now in enumerate(after):
        was = before[place] if place < len(before) else None
        was_tracked = was is not None and is_tracked(was)
        if is_tracked(now):
            if not was_tracked or (now.status == "open" and was is not None and was.status != "open"):
                opened.append(now)
            elif was is not None and _dates(was) != _dates(now):
                moved.append(now)
        elif was_tracked or place in finished:
            closed.append(now)
    return tuple(opened), tuple(closed), tuple(moved)


def _dates(instance: Instance) -> tuple[object, ...]:
    one = instance
    return one.due, one.follows, one.target, one.not_before, one.wakes_on, one.lifted, one.lifted_review_on, one.early


def _duties_not_done(definition: Definition, before: Sequence[Instance], closed: Sequence[Instance]) -> list[str]:
    """A statutory step overtaken counts as a duty not done."""
    found = []
    for instance in closed:
        step = definition.steps[instance.step]
        was = before[instance.no - 1] if instance.no <= len(before) else None
        if instance.status == "overtaken" and step.law and step.due and not instance.lifted and was is not None and was.due is not None:
            title = step_title(definition, step.name, instance.party)
            found.append(f"“{title}” was not done ({step.law}, due on {was.due.on}): a later step overtook it.")
    return found


def _early_lost(draft: Draft) -> list[str]:
    titles = [step_title(draft.definition, entry.step, entry.party) for entry in draft.lost]
    return [f"“{title}”, recorded before its turn, no longer counts. Record it again if it still stands." for title in titles]
