"""What follows of itself once an event has changed the record: statuses written down, early arrivals taken in, the case's end."""

from __future__ import annotations

from datetime import date

from rules.record import Draft, Entry
from rules.resets import reopened_by
from rules.statuses import Derived, derive
from rules.truth import T, truth


def settle(draft: Draft, on: date) -> None:
    """Bring the draft to rest on that day, then end the case if an end holds. Deterministic: steps in file order, one change at a time."""
    draft.name_parties(on)
    while True:
        derived = derive(draft)
        if write_down(draft, derived, on):
            continue
        arrived = next((entry for entry in draft.live() if entry.early and derived.standing(*entry.key)[0] == "open"), None)
        if arrived is None:
            break
        finish(draft, arrived, on)
    _end_if_reached(draft, derived, on)


def finish(draft: Draft, entry: Entry, on: date) -> None:
    """An open instance with something recorded becomes done with it, and its outcome's `reopens` acts."""
    draft.put(entry.finished())
    draft.finished.append(draft.latest[entry.key])
    reopened_by(draft, entry.key, on)


def write_down(draft: Draft, derived: Derived, on: date) -> bool:
    """Record what has just been decided: opened, does not apply, not needed, overtaken. True if anything was written.

    An instance that has ended, or had opened and must wait again, never starts again under its number: it gets a new round.
    """
    return any([_written(draft, entry, derived, on) for entry in list(draft.live())])


def _written(draft: Draft, entry: Entry, derived: Derived, on: date) -> bool:
    status = derived.standing(*entry.key)[0]
    if entry.state in ("done", "does_not_apply") or status == entry.state:
        return False
    if status in ("not_needed", "overtaken"):
        draft.write(entry.key, state=status, closed_on=entry.closed_on or on)
    elif entry.state or (status == "waiting" and entry.opened_on is not None):
        draft.begin_round(entry.key, on)
    elif status == "does_not_apply":
        decide_against(draft, entry, on)
    elif status == "open" and entry.opened_on is None:
        draft.write(entry.key, opened_on=opens_on(draft, entry, on))
    else:
        return False
    return True


def decide_against(draft: Draft, entry: Entry, on: date) -> None:
    """Write down that a step does not apply. An early arrival in it is lost."""
    if entry.early:
        draft.lost.append(entry)
    draft.write(entry.key, state="does_not_apply", early=False, outcome="", done_on=None, done_by=None, closed_on=on)


def opens_on(draft: Draft, entry: Entry, on: date) -> date:
    """The event's day, or the day of a later one among the steps waited for (an event may be recorded after the ones that followed it)."""
    latest = on
    for name in draft.definition.steps[entry.step].waits_for:
        for party in draft.parties(name) or ():
            waited_for = draft.current(name, party)
            if waited_for is not None and waited_for.state == "done" and waited_for.done_on is not None and waited_for.done_on > latest:
                latest = waited_for.done_on
    return latest


def _end_if_reached(draft: Draft, derived: Derived, on: date) -> None:
    for end in draft.definition.ends.values():
        if truth(end.after, "", "", derived) == T:
            end_case(draft, end.name, on)
            return


def end_case(draft: Draft, name: str, on: date) -> None:
    """End the case; what is open or waiting is closed with it."""
    draft.ended, draft.ended_on = name, on
    for entry in list(draft.live()):
        if not entry.state:
            draft.write(entry.key, state="closed", closed_on=on)
