"""A formal complaint to a local authority about a step that is past its date of law: approved by a person, and no more than that happens in the case.

The authority's own procedure answers it, and after that the Local Government and Social Care Ombudsman (Local Government Act 1974 s.26(5)). It moves
no date, ends no duty and takes no right from the family, who may complain themselves.
"""

from __future__ import annotations

from typing import Final

from rules.definition import Definition
from rules.explain import in_full
from rules.history import Event
from rules.instances import find_instance
from rules.owed import owner_of
from rules.position_types import Position
from rules.record import Draft
from rules.refusals import refuse, refuse_decided, refuse_not_open, step_title
from rules.statuses import Derived

COMPLAIN: Final = "complain"
LA = "la"


def complain(draft: Draft, event: Event, derived: Derived) -> None:
    """Check that the step is owed still. Raises Refused; the record stays as it is."""
    _, entry = find_instance(draft, event)
    status = derived.standing(*entry.key)[0]
    if status == "done":
        refuse_decided(draft, entry)
    if status not in ("open", "waiting"):
        refuse_not_open(draft, entry, status)


def refuse_no_cause(definition: Definition, before: Position, event: Event) -> None:
    """There is a complaint about what the authority owes by law and is late with. Raises Refused `no_cause`.

    Asked when it is made, and not by the fold: a history stays one when its calendar or its text changes.
    """
    if event.kind != COMPLAIN:
        return
    instance, title = before.instance(event.step, event.party), step_title(definition, event.step, event.party)
    if owner_of(definition, event.step, event.party, before.facts) != LA:
        refuse("no_cause", f"“{title}” is not owed by the local authority. Complain to it about what it owes.")
    if instance.status != "open":
        refuse("no_cause", f"“{title}” waits for what comes before it. Record that first, or say what holds it up.")
    if instance.due is None:
        refuse("no_cause", f"The law sets no day for “{title}”. Ask the local authority for one.")
    if instance.lifted and (instance.lifted_review_on is None or event.on <= instance.lifted_review_on):  # as it is late from the day after
        refuse("no_cause", f"An exception lifts the date of “{title}”. When it is looked at again, the date counts again.")
    if event.on <= instance.due.on:
        refuse("no_cause", f"The last day for “{title}” is {in_full(instance.due.on)}. Nobody is late before the day after it.")
