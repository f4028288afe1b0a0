"""What gets a new round: when an outcome reopens a step, when a corrected fact does, and when an outcome was recorded wrongly."""

from __future__ import annotations

from datetime import date

from rules.definition import Definition
from rules.record import Draft, Entry, Key, list_of
from rules.statuses import Derived, derive
from rules.truth import truth

Scope = dict[str, str]  # steps in file order, each with the one party concerned, or "" for all


def depending_on(definition: Definition, step: str, party: str) -> Scope:
    """The step and all that depends on it by `after`. Within one list only that party's; "" means every party's."""
    scope = {step: party}
    for later in definition.steps.values():
        for earlier in later.waits_for:
            if earlier not in scope or later.name == step:
                continue
            own_list = list_of(later)
            reached = scope[earlier] if own_list and own_list == list_of(definition.steps[earlier]) else ""
            scope[later.name] = reached if scope.get(later.name, reached) == reached else ""
    return scope


def reopen(draft: Draft, step: str, party: str, on: date) -> None:
    """Give a step and all that depends on it a new round. What has nothing recorded stays as it is: a new round of it would be the same."""
    for name, only in depending_on(draft.definition, step, party).items():
        for one in draft.parties(name) or ():
            entry = draft.current(name, one)
            if (not only or one == only) and entry is not None and _to_be_done_again(draft, entry):
                draft.begin_round(entry.key, on)


def _to_be_done_again(draft: Draft, entry: Entry) -> bool:
    """Done, early or decided not to apply; or open by an `only_if` that is now decided anew. Not needed and overtaken follow by themselves."""
    if entry.state:
        return entry.state in ("done", "does_not_apply")
    return entry.early or (entry.opened_on is not None and draft.definition.steps[entry.step].only_if is not None)


def reopened_by(draft: Draft, key: Key, on: date) -> None:
    """Let the outcome just recorded on an instance reopen what it says, the deciding step included."""
    entry = draft.entries[draft.latest[key]]
    decider = draft.definition.steps[entry.step]
    outcome = decider.outcomes.get(entry.outcome)
    if outcome is None or not outcome.reopens:
        return
    its_list = list_of(draft.definition.steps[outcome.reopens])
    number = draft.latest[key]
    reopen(draft, outcome.reopens, entry.party if its_list and its_list == list_of(decider) else "", on)
    if draft.latest[key] == number:
        draft.begin_round(key, on)


def put_right(draft: Draft, key: Key, outcome: str, actor: int | None, on: date) -> None:
    """Record another outcome of a step done, as a new round of it done on the same day, and redo only what the change of outcome touches.

    A later step done or decided gets a new round if what its `after` comes to differs; the rest is derived.
    """
    before, old = derive(draft), draft.entries[draft.latest[key]]
    draft.begin_round(key, on, state="done", opened_on=old.opened_on, closed_on=old.done_on, outcome=outcome, done_on=old.done_on, done_by=actor)
    draft.finished.append(draft.latest[key])
    for name in list(depending_on(draft.definition, *key))[1:]:
        for party in draft.parties(name) or ():
            entry = draft.current(name, party)
            if entry is not None and entry.state in ("done", "does_not_apply") and _differs(draft, entry, before):
                draft.begin_round(entry.key, on)
    reopened_by(draft, key, on)


def _differs(draft: Draft, entry: Entry, before: Derived) -> bool:
    step = draft.definition.steps[entry.step]
    asked = (step.after, list_of(step), entry.party)
    return truth(*asked, before) != truth(*asked, derive(draft))
