"""Brings a draft to rest as `settling.py` does, deriving anew only the statuses that what was written can have changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rules.compiled_codes import Codes
from rules.compiled_statuses import DOES_NOT_APPLY, DONE, NOT_NEEDED, OPEN, OVERTAKEN, UNSETTLED, WAITING, Kernel, Layout
from rules.record import Draft, Entry, State
from rules.settling import decide_against, end_case, finish, opens_on
from rules.statuses import Derived
from rules.truth import Standing

Ends = Callable[[list[int]], str]
WRITTEN_AS = {OPEN: "", DOES_NOT_APPLY: "does_not_apply", NOT_NEEDED: "not_needed", OVERTAKEN: "overtaken"}  # standing: the state it is written as
Looked = list[tuple[Entry, int]]


@dataclass(frozen=True, slots=True)
class Code:
    """The layout of a case, the generated functions for lists of these sizes, and the numbers of its slots. `number` is no other layout's."""

    layout: Layout
    kernel: Kernel
    ended: Ends
    codes: Codes
    number: int


@dataclass(slots=True)
class Rest:
    """What a record at rest keeps of its statuses (`Record.at_rest`): by slot, how each instance stands, and how `until` sees it.

    `codes` are the slots' numbers (`compiled_codes.py`) and `done` the latest day on which anything was done, worked out when first wanted.
    """

    code: Code
    standings: list[int]
    recorded: list[int]
    codes: tuple[int, ...] = ()
    done: date = date.min


class Coded(Derived):
    """Statuses as the generated code gives them, read by slot."""

    def __init__(self, draft: Draft, rest: Rest) -> None:
        self.draft = draft
        self.layout: Layout = rest.code.layout
        self.rest = rest

    def standing(self, step: str, party: str) -> Standing:
        """As `Derived.standing`."""
        slot = self.layout.number[step, party]
        return self.layout.standings[slot][self.rest.standings[slot]]


class Settling:
    """One draft on its way to rest. `unsure`: the slots (a bit each) whose status is to be derived anew."""

    def __init__(self, draft: Draft, code: Code) -> None:
        self.draft = draft
        self.code = code
        self.seen = 0  # how much of `draft.written` has been taken in
        self.asked = 0  # slots whose status was derived on the way
        self.looked = 0  # slots found open since an early arrival was last looked for
        rest = draft.before.at_rest
        if isinstance(rest, Rest) and rest.code is code:
            self.standings, self.recorded = rest.standings.copy(), rest.recorded.copy()
            askers, self.unsure = code.kernel.askers, 0
            for fact in draft.learnt:
                self.unsure |= askers[fact.partition(":")[0]]
        else:
            self._begin_anew()

    def _begin_anew(self) -> None:
        size = len(self.code.layout.slots)
        self.standings, self.recorded, self.unsure = [WAITING] * size, [WAITING] * size, (1 << size) - 1
        self.seen = len(self.draft.written)
        for slot, recorded in enumerate(self.code.kernel.recorded):
            if recorded is not None:
                self.recorded[slot] = recorded(self._entry(slot))

    def _entry(self, slot: int) -> Entry:
        draft = self.draft
        return draft.entries[draft.latest[self.code.layout.slots[slot]]]

    def take_in(self) -> None:
        """Note what was written since: the instances themselves, and those whose `until` reads them."""
        entries, number, kernel = self.draft.entries, self.code.layout.number, self.code.kernel
        written = self.draft.written
        while self.seen < len(written):
            entry = entries[written[self.seen]]
            self.seen += 1
            slot = number.get(entry[:2])
            if slot is None or entry.state == "closed":
                continue
            if entry.state == WRITTEN_AS.get(self.standings[slot]) and (entry.state or entry.opened_on is not None):
                self.looked |= (1 << slot) if entry.early else 0  # written as it was derived: its status stays unless one that it reads changes
            else:
                self.unsure |= 1 << slot
            recorded = kernel.recorded[slot]
            if recorded is not None and (now := recorded(entry)) != self.recorded[slot]:
                self.recorded[slot] = now
                self.unsure |= kernel.watchers[slot]

    def derive(self) -> Looked:
        """Derive what is unsure in file order. Returns the instances looked at with their standings."""
        draft, layout, kernel, standings, looked = self.draft, self.code.layout, self.code.kernel, self.standings, []
        unsure, slots, nameless, rules = self.unsure, layout.slots, layout.nameless, kernel.rules
        while unsure:
            lowest = unsure & -unsure
            unsure ^= lowest
            self.asked |= lowest
            slot = lowest.bit_length() - 1
            entry = None if slot in nameless else draft.entries[draft.latest[slots[slot]]]
            standing = rules[slot](standings, self.recorded, entry, draft.facts)
            if standing != standings[slot]:
                standings[slot] = standing
                draft.moved.add(slots[slot][0])
                unsure |= kernel.followers[slot]
            if standing == OPEN:
                self.looked |= lowest
            if entry is not None:
                looked.append((entry, standing))
        self.unsure = 0
        return looked

    def arrived(self) -> Entry | None:
        """The first open instance, in file order, with something recorded early."""
        while self.looked:
            lowest = self.looked & -self.looked
            slot = lowest.bit_length() - 1
            if self.standings[slot] == OPEN and slot not in self.code.layout.nameless and (entry := self._entry(slot)).early:
                return entry
            self.looked ^= lowest
        return None

    def run(self, on: date) -> None:
        """As `settling.settle`, once the parties are named."""
        while True:
            self.take_in()
            if self.unsure and _write_down(self.draft, self.derive(), on):
                continue
            arrived = self.arrived()
            if arrived is None:
                break
            finish(self.draft, arrived, on)
        self.draft.at_rest = Rest(self.code, self.standings, self.recorded)
        if end := self.code.ended(self.standings):
            end_case(self.draft, end, on)


def rest_of(draft: Draft, code: Code) -> Rest:
    """How a record that is at rest stands, derived in full."""
    settling = Settling(draft, code)
    settling.derive()
    return Rest(code, settling.standings, settling.recorded)


def _write_down(draft: Draft, looked: Looked, on: date) -> bool:
    """As `settling.write_down`."""
    written = False
    for entry, standing in looked:
        if standing >= DONE or entry.state == "does_not_apply":
            continue
        if entry.state:
            if entry.state == UNSETTLED[standing][0]:
                continue
        elif standing <= OPEN and (standing == WAITING) == (entry.opened_on is None):
            continue
        _write(draft, entry, standing, on)
        written = True
    return written


def _write(draft: Draft, entry: Entry, standing: int, on: date) -> None:
    status: State = "not_needed" if standing == NOT_NEEDED else "overtaken" if standing == OVERTAKEN else ""
    if status:
        draft.write(entry.key, state=status, closed_on=entry.closed_on or on)
    elif entry.state or standing == WAITING:
        draft.begin_round(entry.key, on)
    elif standing == DOES_NOT_APPLY:
        decide_against(draft, entry, on)
    else:
        draft.write(entry.key, opened_on=opens_on(draft, entry, on))
