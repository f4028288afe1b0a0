"""Which instance an event is about, and whether the person recording it may be the one."""

from __future__ import annotations

from rules.dating import Dating
from rules.definition import Step
from rules.history import Event
from rules.record import Draft, Entry, list_of
from rules.refusals import refuse, refuse_unknown, step_title


def find_instance(draft: Draft, event: Event) -> tuple[Step, Entry]:
    """The step an event is about and the latest round of its instance. Raises Refused for a step or party the case does not have."""
    step = draft.definition.steps.get(event.step)
    if step is None:
        refuse_unknown("unknown_step", "step", event.step, draft.definition.steps)
    parties = draft.parties(step.name)
    if parties is None:
        refuse("not_in_turn", f"Nobody has said yet whom “{step.title}” concerns. Record {step.each_of_fact} first.")
    if event.party not in parties:
        if not list_of(step):
            refuse("unknown_party", f"“{step.title}” has no parties. Leave the party out.")
        refuse_unknown("unknown_party", f"party of “{step.title}” called", event.party, parties)
    return step, draft.entries[draft.latest[step.name, event.party]]


def check_doer(draft: Draft, step: Step, event: Event) -> None:
    """An approval is made by a person, and by another than who did the step it looks at. Raises Refused `own_work`."""
    if not step.not_by and not step.approval:
        return
    title = step_title(draft.definition, step.name, event.party)
    if event.actor is None:
        refuse("own_work", f"“{title}” needs a person to decide it. Say who.")
    if not step.not_by:
        return
    its_list = list_of(draft.definition.steps[step.not_by])
    own_party = bool(its_list) and its_list == list_of(step)
    for entry in draft.entries:
        done = entry.step == step.not_by and entry.state == "done" and (not own_party or entry.party == event.party)
        if done and entry.round == draft.entries[draft.latest[entry.key]].round and entry.done_by == event.actor:
            other = step_title(draft.definition, step.not_by, entry.party)
            refuse("own_work", f"“{title}” must be decided by another person than the one who did “{other}”.")


def check_silence(draft: Draft, step: Step, entry: Entry, event: Event, dating: Dating) -> None:
    """That nobody has answered is recorded, or corrected to, only once the day is over by which they might. Raises Refused `not_before`."""
    outcome = step.outcomes.get(event.outcome)
    if outcome is None or not outcome.silence:
        return
    dates = dating.dates(entry, ())
    last = dates.due or dates.target
    if last is None or event.on <= last.on:
        title = step_title(draft.definition, step.name, event.party)
        when = (
            f"They may answer until {last.on}; record it after that day." if last is not None else "No day is known yet until which they may answer."
        )
        refuse("not_before", f"“{title}”: {outcome.title}. {when}")
