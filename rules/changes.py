"""What one event changed: the position after it beside the one before, with all that the event obliges."""

from __future__ import annotations

from collections.abc import Sequence

from rules.acts import Acted
from rules.calendar import SchoolCalendar
from rules.dating import Dating
from rules.definition import Definition
from rules.owed import cases_opened, messages, rights
from rules.position_types import Change, Instance, Position
from rules.reading import dating_of, position_in
from rules.record import Draft
from rules.refusals import step_title


def change_after(before: Sequence[Instance], acted: Acted, calendar: SchoolCalendar) -> Change:
    """The change from the instances before (none at an opening) to what the event left. `before` was dated with the calendar of its time."""
    dating = dating_of(acted.draft, calendar)
    return change_between(before, position_in(acted.draft, dating), acted, dating)


def change_between(before: Sequence[Instance], position: Position, acted: Acted, dating: Dating, touched: Sequence[int] | None = None) -> Change:
    """The change between the instances before and the position after. `touched`: the places where they may differ, in order; None for all."""
    draft = acted.draft
    opened, closed, moved = compare(before, position.instances, draft.finished, touched)
    return Change(
        position=position,
        opened=opened,
        closed=closed,
        moved=moved,
        owed=messages(draft, opened),
        gives=rights(draft, dating),
        opens=cases_opened(draft),
        breaches=(*acted.breaches, *duties_not_done(draft.definition, before, closed), *(early_lost(draft) if draft.lost else ())),
    )


def is_tracked(instance: Instance) -> bool:
    """Open, or waiting with a date of law that runs already."""
    return instance.status == "open" or (instance.status == "waiting" and instance.due is not None)


def compare(
    before: Sequence[Instance], after: Sequence[Instance], finished: Sequence[int], touched: Sequence[int] | None = None
) -> tuple[tuple[Instance, ...], tuple[Instance, ...], tuple[Instance, ...]]:
    """Opened, closed and moved instances, by number (`Change` says what each is)."""
    opened, closed, moved = [], [], []
    for place in range(len(after)) if touched is None else touched:
        now = after[place]
        was = before[place] if place < len(before) else None
        if was is now:
            continue
        was_tracked = was is not None and is_tracked(was)
        if is_tracked(now):
            if not was_tracked or (now.status == "open" and was is not None and was.status != "open"):
                opened.append(now)
            elif was is not None and _kept(was) != _kept(now):
                moved.append(now)
        elif was_tracked or place in finished:
            closed.append(now)
    return tuple(opened), tuple(closed), tuple(moved)


def _kept(instance: Instance) -> tuple[object, ...]:
    """What somebody keeps of an instance that is not done: its dates, and what is recorded early of it, which may be corrected."""
    one = instance
    return one.due, one.follows, one.target, one.not_before, one.wakes_on, one.lifted, one.lifted_review_on, one.early, one.outcome


def duties_not_done(definition: Definition, before: Sequence[Instance], closed: Sequence[Instance]) -> list[str]:
    """A statutory step overtaken counts as a duty not done, unless its date was lifted or it was a window that somebody let pass."""
    found = []
    for instance in closed:
        if instance.status != "overtaken":
            continue
        step = definition.steps[instance.step]
        was = before[instance.no - 1] if instance.no <= len(before) else None
        if step.law and step.due and not step.lapses_as and not instance.lifted and was is not None and was.due is not None:
            title = step_title(definition, step.name, instance.party)
            found.append(f"“{title}” was not done ({step.law}, due on {was.due.on}): a later step overtook it.")
    return found


def early_lost(draft: Draft) -> list[str]:
    """A sentence for each early arrival that no longer counts."""
    titles = [step_title(draft.definition, entry.step, entry.party) for entry in draft.lost]
    return [f"“{title}”, recorded before its turn, no longer counts. Record it again if it still stands." for title in titles]
