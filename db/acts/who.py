"""In which role somebody does an act. `db/permissions.py` says which roles may; this asks it for one person and one case."""

from __future__ import annotations

from collections.abc import Iterable

from db.acts.actor import Actor
from db.acts.capacity import capacity_in_which, not_about_themselves, not_of_who_chases
from db.acts.errors import NotAllowed
from db.acts.standing import Standing
from db.permissions import in_words, link_role_now, roles_for_event, roles_opening
from rules.complaining import COMPLAIN
from rules.definition import Definition
from rules.history import Event
from rules.refusals import step_title
from rules.values import Facts

SOFTWARE = ""
PLAN_CEASED = "plan_ceased"  # the one end that follows from what people recorded in another case: software may record it


def role_for(actor: Actor, standing: Standing, event: Event) -> str:
    """The capacity (`db/acts/capacity.py`) in which the actor does this, empty for software. Raises NotAllowed, saying whose act it is.

    A step, exception or interrupt that the definition has not is left to the rules, which name those it has.
    """
    definition = standing.definition
    if not _known(definition, event):
        return SOFTWARE
    if actor.link is not None:
        return _by_link(actor, standing, event)
    if actor.is_software:
        return _by_software(definition, event)
    allowed = roles_for_event(definition, event, standing.position.facts)
    acting = not_of_who_chases(standing.acting) if event.kind == COMPLAIN else standing.acting
    role = capacity_in_which(acting, allowed, actor.role)
    if role is None:
        raise NotAllowed(f"{_what(definition, event)} is for {in_words(definition, allowed)} at this school. Ask them to record it.")
    return role


def opening_role(actor: Actor, held: Iterable[str], definition: Definition, facts: Facts) -> str:
    """The capacity in which the actor opens a case with these facts at that school, empty for software. Raises NotAllowed."""
    if actor.is_software:
        return SOFTWARE
    aside = definition.standing_aside(facts)
    allowed = roles_opening(definition, facts)
    role = capacity_in_which(not_about_themselves(held, aside), allowed, actor.role)
    if role is None or actor.link is not None:
        at = "that school" if definition.about_school else "the pupil's school"
        raise NotAllowed(f"Opening a case ({definition.title}) is for {in_words(definition, allowed)} at {at}. Ask them to open it.")
    return role


def _by_link(actor: Actor, standing: Standing, event: Event) -> str:
    facts = standing.position.facts
    owner = link_role_now(standing.definition, event.step, event.party, facts) if event.kind in ("decide", "say") else ""
    if not owner or actor.role != owner:
        raise NotAllowed("This link does not cover that. Use the page that the link opens, or ask the school for a new link.")
    return owner


def _by_software(definition: Definition, event: Event) -> str:
    """Software does the work of `does` and `case` steps, ends what a plan that has ceased leaves behind; the calendar does what waits and lapses.
    Neither decides for a person."""
    if event.kind == "decide":
        step = definition.steps[event.step]
        said_by_another = event.outcome in step.learns_from.values()  # a person recorded it in the case that the step learns from
        if not (step.does or step.wait or step.case or said_by_another or (step.lapses_as and event.outcome == step.lapses_as)):
            raise NotAllowed(f"{_what(definition, event)} is decided by a person, not by software.")
    elif event.kind != "open" and (event.kind, event.name) != ("interrupt", PLAN_CEASED):
        raise NotAllowed(f"{_what(definition, event)} is recorded by a person, not by software.")
    return SOFTWARE


def _known(definition: Definition, event: Event) -> bool:
    if event.kind == "interrupt":
        return event.name in definition.interrupts
    if event.kind == "except" and event.name not in definition.exceptions:
        return False
    return event.kind == "correct" or event.step in definition.steps


def _what(definition: Definition, event: Event) -> str:
    if event.kind == "decide":
        return f"“{step_title(definition, event.step, event.party)}”"
    if event.kind == COMPLAIN:
        return "A formal complaint to the local authority"
    if event.kind == "say":
        return f"Saying when “{step_title(definition, event.step, event.party)}” will be done"
    return {"correct": "Correcting the record", "except": "Applying an exception", "interrupt": "Ending a case early"}.get(
        event.kind, "Opening a case"
    )
