"""The compiled step: the same events, checks and answers as the readable fold (`position.py`), an order of magnitude faster on a kept position.

Statuses come from generated code (`compiled_statuses.py`), dates are counted once (`compiled_dates.py`), and what an event did not touch is
taken over from the position before. What an event may do and what it obliges (`acts.py`, `owed.py`) is shared with the fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from rules.acts import Acted, Engine, act, open_case
from rules.calendar import SchoolCalendar
from rules.changes import change_between
from rules.compiled_dates import Dates, DependsOn, FastDating
from rules.compiled_statuses import (
    DOES_NOT_APPLY,
    DONE,
    NOT_NEEDED,
    OPEN,
    OVERTAKEN,
    UNSETTLED,
    WAITING,
    Kernel,
    Layout,
    ends_of,
    kernel,
    lay_out,
    lists_named_later,
)
from rules.dating import Dating
from rules.definition import Definition
from rules.history import Event
from rules.position_text import record_from_text
from rules.position_types import Change, Instance, Position
from rules.reading import instance_in, record_of
from rules.record import Draft, Entry, Record, State
from rules.settling import decide_against, end_case, finish, opens_on
from rules.statuses import Derived
from rules.truth import Standing

KEPT_LAYOUTS = 512  # sets of named parties that a definition keeps a layout for
Parties = tuple[tuple[str, ...] | None, ...]
Ends = Callable[[list[int]], str]
_compiled: dict[str, Compiled] = {}


def compiled(definition: Definition) -> Compiled:
    """The compiled form of a definition, made once for each hash; a changed copy that still bears the hash is told apart."""
    found = _compiled.get(definition.hash)
    if found is None or (found.definition is not definition and found.definition != definition):
        found = _compiled[definition.hash] = Compiled(definition)
    return found


@dataclass(frozen=True, slots=True)
class Rest:
    """What a record at rest keeps of its statuses (`Record.at_rest`)."""

    layout: Layout
    codes: list[int]


@dataclass(frozen=True, slots=True)
class Code:
    """The layout of a case, and the generated functions for lists of these sizes."""

    layout: Layout
    statuses: Kernel
    ended: Ends


class Coded(Derived):
    """Statuses as the generated code gives them, read by slot."""

    def __init__(self, draft: Draft, layout: Layout, codes: list[int]) -> None:
        super().__init__(draft)
        self.layout = layout
        self.codes = codes

    def standing(self, step: str, party: str) -> Standing:
        """As `Derived.standing`."""
        slot = self.layout.number[step, party]
        return self.layout.standings[slot][self.codes[slot]]


class Compiled:
    """One definition, compiled. `start` and `advance` answer as those of `position.py` do. Make one with `compiled`."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.lists = lists_named_later(definition)
        self.depends = DependsOn(definition)
        self.dates = Dates(definition)
        self.codes: dict[Parties, Code] = {}
        self.functions: dict[tuple[int | None, ...], tuple[Kernel, Ends]] = {}
        self.engine = Engine(self._derive, self._settle, self._dating)

    def start(self, event: Event, calendar: SchoolCalendar) -> Change:
        """As `position.start`. Raises Refused."""
        return self._change((), None, open_case(self.definition, event, calendar, self.engine), calendar)

    def advance(self, position: Position, event: Event, calendar: SchoolCalendar) -> Change:
        """As `position.advance`. Raises Refused, and then nothing has changed."""
        record = record_of(position)
        return self._change(position.instances, record, act(self.definition, record, event, calendar, self.engine), calendar)

    def read(self, text: str, calendar: SchoolCalendar) -> Position:
        """As `position_from_text`. Raises ValueError for a text that this definition did not write."""
        draft = Draft(self.definition, record_from_text(text, self.definition))
        if draft.ended:
            return self._position(draft, self._dating(draft, Derived(draft), calendar), (), None)
        derived = self._derive(draft)
        draft.at_rest = Rest(derived.layout, derived.codes)
        return self._position(draft, self._dating(draft, derived, calendar), (), None)

    def _code(self, draft: Draft) -> Code:
        named: Parties = tuple(value if isinstance(value := draft.facts.get(fact), tuple) else None for fact in self.lists)
        found = self.codes.get(named)
        if found is None:
            if len(self.codes) >= KEPT_LAYOUTS:
                self.codes.clear()
            layout = lay_out(self.definition, named)
            sizes = tuple(None if parties is None else len(parties) for parties in named)
            if sizes not in self.functions:
                self.functions[sizes] = kernel(self.definition, layout), ends_of(self.definition, layout)
            found = self.codes[named] = Code(layout, *self.functions[sizes])
        return found

    def _derive(self, draft: Draft) -> Coded:
        """The statuses before an event: those its record came to rest with, if it did so here."""
        rest = draft.before.at_rest
        if isinstance(rest, Rest):
            return Coded(draft, rest.layout, rest.codes)
        code = self._code(draft)
        return Coded(draft, code.layout, code.statuses(_latest(draft, code.layout), draft.facts))

    def _dating(self, draft: Draft, derived: Derived, calendar: SchoolCalendar) -> Dating:
        return FastDating(draft, derived, calendar, self.dates)

    def _settle(self, draft: Draft, on: date) -> None:
        """As `settling.settle`. Parties are named anew only where a list has changed."""
        if not draft.entries or any(draft.facts.get(fact) is not draft.before.facts.get(fact) for fact in self.lists):
            draft.name_parties(on)
        generated = self._code(draft)
        while True:
            entries = _latest(draft, generated.layout)
            codes = generated.statuses(entries, draft.facts)
            if _write_down(draft, entries, codes, on):
                continue
            arrived = next(
                (entry for entry, status in zip(entries, codes, strict=True) if status == OPEN and entry is not None and entry.early), None
            )
            if arrived is None:
                break
            finish(draft, arrived, on)
        draft.at_rest = Rest(generated.layout, codes)
        if end := generated.ended(codes):
            end_case(draft, end, on)

    def _change(self, before: Sequence[Instance], record: Record | None, acted: Acted, calendar: SchoolCalendar) -> Change:
        draft = acted.draft
        derived = Coded(draft, draft.at_rest.layout, draft.at_rest.codes) if isinstance(draft.at_rest, Rest) else Derived(draft)
        dating = self._dating(draft, derived, calendar)
        return change_between(before, self._position(draft, dating, before, record), acted, dating)

    def _position(self, draft: Draft, dating: Dating, before: Sequence[Instance], record: Record | None) -> Position:
        """The position of a draft at rest; instances that the event did not touch are those of before."""
        totals = () if draft.ended else dating.totals()
        after = draft.record(dating.calendar.version)
        touched = self._touched(record, after)
        instances = tuple(
            instance_in(place, entry, draft, dating, totals) if touched is None or place in touched else before[place]
            for place, entry in enumerate(after.entries)
        )
        return Position(after.facts, instances, after.ended, after.ended_on, totals, after)

    def _touched(self, before: Record | None, after: Record) -> set[int] | None:
        """The places of the instances that an event may have changed: what it recorded, and whatever counts its dates from that. None: all."""
        if before is None or before.counted_with != after.counted_with:
            return None
        old = before.entries
        touched = {place for place, entry in enumerate(after.entries) if place >= len(old) or entry is not old[place]}
        changed = {after.entries[place].step for place in touched}
        changed |= {name.partition(":")[0] for name, value in after.facts.items() if before.facts.get(name) is not value}
        affected = self.depends.on(changed)
        if affected:
            touched |= {place for place, entry in enumerate(after.entries) if not entry.state and entry.step in affected}
        return touched


def _latest(draft: Draft, layout: Layout) -> list[Entry | None]:
    """The latest round of each slot."""
    entries, latest = draft.entries, draft.latest
    if layout.nameless:
        return [None if slot in layout.nameless else entries[latest[key]] for slot, key in enumerate(layout.slots)]
    return [entries[latest[key]] for key in layout.slots]


def _write_down(draft: Draft, entries: list[Entry | None], codes: list[int], on: date) -> bool:
    """As `settling.write_down`."""
    written = False
    for entry, code in zip(entries, codes, strict=True):
        if code >= DONE or entry is None or entry.state == "does_not_apply":
            continue
        if entry.state:
            if entry.state == UNSETTLED[code][0]:
                continue
        elif code <= OPEN and (code == WAITING) == (entry.opened_on is None):
            continue
        _write(draft, entry, code, on)
        written = True
    return written


def _write(draft: Draft, entry: Entry, code: int, on: date) -> None:
    status: State = "not_needed" if code == NOT_NEEDED else "overtaken" if code == OVERTAKEN else ""
    if status:
        draft.write(entry.key, state=status, closed_on=entry.closed_on or on)
    elif entry.state or code == WAITING:
        draft.begin_round(entry.key, on)
    elif code == DOES_NOT_APPLY:
        decide_against(draft, entry, on)
    else:
        draft.write(entry.key, opened_on=opens_on(draft, entry, on))
