"""Corrections: a fact recorded wrongly or since changed, and an outcome recorded wrongly. Dates follow by themselves."""

from __future__ import annotations

from rules.condition_text import facts_in
from rules.dating import Dating
from rules.definition import Definition
from rules.facts_brought import Brought, belongs_to_a_party, check_names, take_in, what_it_records
from rules.history import Event
from rules.instances import check_doer, check_silence, find_instance
from rules.owed import RIGHTS_HELD_BY
from rules.record import Draft, list_of, party_fact
from rules.refusals import refuse, refuse_unknown, step_title
from rules.resets import put_right, reopen
from rules.statuses import Recorded
from rules.truth import T, truth


def correct(draft: Draft, event: Event, dating: Dating) -> None:
    """Correct an outcome (when the event names a step) or facts. Raises Refused."""
    if event.step:
        _correct_outcome(draft, event, dating)
        return
    if not event.facts:
        refuse("missing_fact", "Say which fact is corrected and what it is now.")
    for name in event.facts:
        _check_correctable(draft, name, event)
    take_in(draft, Brought(event.facts, event.on, None, event.party), dating)
    for name in event.facts:
        _reopen_for(draft, name, event)


def _check_correctable(draft: Draft, name: str, event: Event) -> None:
    fact = draft.definition.facts.get(name)
    if fact is None:
        refuse_unknown("unknown_fact", "fact", name, draft.definition.facts)
    if bool(event.party) != belongs_to_a_party(draft.definition, name):
        refuse("unknown_party", f"{name} is " + ("one for the whole case. Leave the party out." if event.party else "each party's own. Say whose."))
    known = draft.facts.get(party_fact(name, event.party))
    recorders = [step for step in draft.definition.steps.values() if any(name in what_it_records(step, word) for word in step.words)]
    if known is None and (recorders or event.party):
        refuse("bad_fact", f"{name} is not known yet, so there is nothing to correct. It is recorded with “{recorders[0].title}”.")
    said_again = known == event.facts[name] and type(known) is type(event.facts[name])
    if said_again and name != RIGHTS_HELD_BY:  # who holds the rights is looked at anew when school age ends; that nothing changes is a word too
        refuse("bad_fact", f"{name} already says so. Nothing would change.")
    if fact.when_changed is not None and fact.when_changed.fixed and _has_steered(draft, name):
        cure = "If it was wrong from the beginning, close this case as opened in error and open another."
        refuse("fixed_fact", f"{name} has already decided which way this case goes and cannot be corrected. {cure}")


def _has_steered(draft: Draft, fact: str) -> bool:
    """Whether an `only_if` that reads the fact has been decided, in any round."""
    readers = readers_of(draft.definition, fact)
    return any(entry.step in readers and (entry.opened_on is not None or entry.state == "does_not_apply") for entry in draft.entries)


def readers_of(definition: Definition, fact: str) -> tuple[str, ...]:
    """The steps whose `only_if` reads the fact, in file order."""
    return tuple(step.name for step in definition.steps.values() if any(test.fact == fact for test in facts_in(step.only_if)))


def _reopen_for(draft: Draft, name: str, event: Event) -> None:
    """What the fact's `when_changed` re-decides, unless its `until` is already recorded."""
    changed = draft.definition.facts[name].when_changed
    if changed is None or not changed.reopens:
        return
    if changed.until is not None and truth(changed.until, "", "", Recorded(draft)) == T:
        return
    own = event.party if event.party in (draft.parties(changed.reopens) or ()) else ""
    reopen(draft, changed.reopens, own, event.on)


def _correct_outcome(draft: Draft, event: Event, dating: Dating) -> None:
    step, entry = find_instance(draft, event)
    title = f"“{step_title(draft.definition, step.name, event.party)}”"
    if entry.state != "done" and not entry.early:
        refuse("not_decided", f"Nothing is recorded for {title} in this round, so there is nothing to correct. Decide it when it is open.")
    if event.outcome not in step.words:
        refuse_unknown("unknown_outcome", f"outcome of {title} called", event.outcome, step.words)
    if event.outcome == entry.outcome:
        refuse("unknown_outcome", f"{title} is already recorded as {event.outcome.replace('_', ' ')}. Nothing would change.")
    check_doer(draft, step, event)
    check_silence(draft, step, entry, event, dating)
    owner = event.party if list_of(step) else ""
    records = what_it_records(step, event.outcome)
    standing = {name: draft.facts[key] for name in records if (key := party_fact(name, owner)) in draft.facts}
    check_names(draft.definition, event.facts, records, (), title, standing)
    take_in(draft, Brought(event.facts, event.on, step, owner), dating)
    if entry.early:
        draft.write(entry.key, outcome=event.outcome, done_by=event.actor)
    else:
        put_right(draft, entry.key, event.outcome, event.actor, event.on)
