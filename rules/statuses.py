"""Every status, derived from the record alone, step by step in file order (`docs/definitions.md`, section 3)."""

from __future__ import annotations

from rules.condition_text import facts_in, steps_in
from rules.definition import Definition, Step
from rules.position_types import Status
from rules.record import Draft, Entry, Key, list_of
from rules.truth import F, Standing, T, U, fact_truth, truth


class Recorded:
    """The case as `until` sees it: only what is recorded, early arrivals included; everything else is still waiting."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def list_of(self, step: str) -> str:
        """The list a step runs over."""
        return list_of(self.draft.definition.steps[step])

    def parties(self, step: str) -> tuple[str, ...] | None:
        """Its parties now."""
        return self.draft.parties(step)

    def standing(self, step: str, party: str) -> Standing:
        """Done, does not apply, or waiting."""
        entry = self.draft.current(step, party)
        if entry is not None and (entry.early or entry.state == "done"):
            return "done", entry.outcome
        return ("does_not_apply", "") if entry is not None and entry.state == "does_not_apply" else ("waiting", "")


class Derived:
    """The case as `after` and the ends see it. `standings` grows while the statuses are derived."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.standings: dict[Key, Standing] = {}

    def list_of(self, step: str) -> str:
        """The list a step runs over."""
        return list_of(self.draft.definition.steps[step])

    def parties(self, step: str) -> tuple[str, ...] | None:
        """Its parties now."""
        return self.draft.parties(step)

    def standing(self, step: str, party: str) -> Standing:
        """The derived status of the latest round."""
        return self.standings[step, party]


def derive(draft: Draft) -> Derived:
    """The status of every instance now, and of the nameless party of each list not yet known. Reads the draft and changes nothing."""
    derived, recorded = Derived(draft), Recorded(draft)
    for step in draft.definition.steps.values():
        parties = draft.parties(step.name)
        for party in ("",) if parties is None else parties:
            entry = None if parties is None else draft.current(step.name, party)
            derived.standings[step.name, party] = _standing(step, party, entry, derived, recorded)
    return derived


def _standing(step: Step, party: str, entry: Entry | None, derived: Derived, recorded: Recorded) -> Standing:
    if entry is not None and entry.state in ("done", "does_not_apply"):
        return entry.state, entry.outcome
    own_list = list_of(step)
    after = truth(step.after, own_list, party, derived)
    if after == F:
        return "not_needed", ""
    if step.until is not None and truth(step.until, own_list, party, recorded) == T:
        return "overtaken", ""
    if after == U or entry is None:
        return "waiting", ""
    return _whether_it_applies(step, party, entry, derived.draft), ""


def _whether_it_applies(step: Step, party: str, entry: Entry, draft: Draft) -> Status:
    """`only_if` is decided once: an instance that has opened stays, whatever the fact says now."""
    if step.only_if is None or entry.opened_on is not None:
        return "open"
    applies = fact_truth(step.only_if, lambda name: draft.fact(name, party))
    return "open" if applies == T else "does_not_apply" if applies == F else "waiting"


def waits_for(definition: Definition, derived: Derived, step: Step, party: str) -> list[str]:
    """The titles of the steps that a waiting instance still waits for, and the facts its `only_if` misses; for messages to people."""
    own_list, missing = list_of(step), []
    for leaf in steps_in(step.after):
        if truth(leaf, own_list, party, derived) == U and definition.steps[leaf.step].title not in missing:
            missing.append(definition.steps[leaf.step].title)
    for test in facts_in(step.only_if):
        if derived.draft.fact(test.fact, party) is None:
            missing.append(f"the fact {test.fact}")
    return missing
