"""Word of a step that is not done yet: by which day it will be, or what it waits for. It changes no date and no duty; who owes it is asked later."""

from __future__ import annotations

from datetime import timedelta

from rules.definition import Definition
from rules.explain import in_full
from rules.history import Event
from rules.instances import find_instance
from rules.position_types import Position
from rules.record import Draft
from rules.refusals import refuse, refuse_decided, refuse_not_open, refuse_unknown, step_title
from rules.statuses import Derived

WILL_BE_BY, WAITING_FOR = "will_be_by", "waiting_for"
SAID = {WILL_BE_BY: "it will be done", WAITING_FOR: "it waits for something"}
LONGEST = timedelta(days=366)
# After the date of law, or after today where that is past: as long as the longest holiday of a school year, in which an office may truly have nobody.
# Whoever needs longer says so again, and is asked again; else one word would end all reminders of a duty for a year.
LONGEST_BY_LAW = timedelta(weeks=6)
ASKED_AGAIN = timedelta(days=14)  # after which somebody who waits for something is asked again


def say(draft: Draft, event: Event, derived: Derived) -> None:
    """Check what was said of a step that is open, or whose date runs. Raises Refused; the record stays as it is."""
    step, entry = find_instance(draft, event)
    if event.name not in SAID:
        refuse_unknown("unknown_name", "thing to say of a step called", event.name, SAID)
    status = derived.standing(*entry.key)[0]
    if status == "done":
        refuse_decided(draft, entry)
    if status not in ("open", "waiting"):
        refuse_not_open(draft, entry, status)
    title = step_title(draft.definition, step.name, event.party)
    if event.review_on is None or event.review_on <= event.on:
        refuse("bad_day", f"Say by which day “{title}” will be done: a day after {event.on}.")
    if event.review_on > event.on + LONGEST:
        refuse("bad_day", f"{event.review_on} is more than a year away. Check the year of the day by which “{title}” will be done.")


def refuse_too_late(definition: Definition, before: Position, event: Event) -> None:
    """Whoever owes a step by law names a day within six weeks of its date, or of the day on which they say it. Raises Refused `bad_day`.

    Asked when it is said, and not by the fold: a history stays one when its calendar or its text changes.
    """
    if event.kind != "say" or event.review_on is None:
        return
    instance = before.instance(event.step, event.party)
    if instance.due is None or instance.lifted:
        return
    last = max(instance.due.on, event.on) + LONGEST_BY_LAW
    if event.review_on > last:
        title = step_title(definition, event.step, event.party)
        refuse(
            "bad_day",
            f"The last day for “{title}” {'was' if instance.due.on < event.on else 'is'} {in_full(instance.due.on)}. "
            f"Name a day by {in_full(last)} at the latest. If it will take longer, say so again by then.",
        )
