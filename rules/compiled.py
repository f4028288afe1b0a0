"""The compiled step: the same events, checks and answers as the readable fold (`position.py`), far faster on a kept position.

Statuses come from generated code (`compiled_statuses.py`) and are derived anew only where an event can have changed them
(`compiled_settling.py`), dates are counted once (`compiled_dates.py`), and what an event did not touch is taken over from the position before.
What an event may do and what it obliges (`acts.py`, `owed.py`) is shared with the fold.
"""

from __future__ import annotations

from datetime import date
from itertools import count

from rules.acts import Acted, Engine, act, open_case
from rules.calendar import SchoolCalendar
from rules.changes import change_between
from rules.compiled_codes import Codes, classes_of
from rules.compiled_dates import Dates, DependsOn, FastDating
from rules.compiled_reading import instances_of
from rules.compiled_settling import Code, Coded, Ends, Rest, Settling, rest_of
from rules.compiled_statuses import Kernel, ends_of, kernel, lay_out, lists_named_later
from rules.compiled_steps import Remembered
from rules.definition import Definition
from rules.history import Event
from rules.position_text import record_from_text
from rules.position_types import Change, Instance, Position, TotalDate
from rules.reading import instance_in, record_of
from rules.record import Draft
from rules.statuses import Derived

KEPT_LAYOUTS = 512  # sets of named parties that a definition keeps a layout for
Parties = tuple[tuple[str, ...] | None, ...]
_compiled: dict[str, Compiled] = {}
_numbers = count()  # of layouts


def compiled(definition: Definition) -> Compiled:
    """The compiled form of a definition, made once for each hash; a changed copy that still bears the hash is told apart."""
    found = _compiled.get(definition.hash)
    if found is None or not found.is_of(definition):
        found = _compiled[definition.hash] = Compiled(definition)
    return found


class Compiled:
    """One definition, compiled. `start` and `advance` answer as those of `position.py` do. Make one with `compiled`."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._alike = definition
        self.lists = lists_named_later(definition)
        self.depends = DependsOn(definition)
        self.dates = Dates(definition)
        self.codes: dict[Parties, Code] = {}
        self.functions: dict[tuple[int | None, ...], tuple[Kernel, Ends]] = {}
        self.steps = Remembered(definition, self.depends, self.dates)
        self.engine = Engine(self._derive, self._settle, self._dating)
        self.classes = classes_of(definition)

    def is_of(self, definition: Definition) -> bool:
        """Whether this is the compiled form of that definition, or of its equal. The last equal is remembered: comparing takes 90 µs."""
        if definition is self.definition or definition is self._alike:
            return True
        if definition != self.definition:
            return False
        self._alike = definition
        return True

    def start(self, event: Event, calendar: SchoolCalendar) -> Change:
        """As `position.start`. Raises Refused."""
        return self._change(None, open_case(self.definition, event, calendar, self.engine), calendar)

    def advance(self, position: Position, event: Event, calendar: SchoolCalendar) -> Change:
        """As `position.advance`. Raises Refused, and then nothing has changed."""
        change = self.steps.change(position, event, calendar)
        if change is None:
            change = self._change(position, act(self.definition, record_of(position), event, calendar, self.engine), calendar)
            self.steps.learn(position, event, change, calendar)
        return change

    def read(self, text: str, calendar: SchoolCalendar) -> Position:
        """As `position_from_text`. Raises ValueError for a text that this definition did not write."""
        draft = Draft(self.definition, record_from_text(text, self.definition))
        if draft.ended:
            return self._position(draft, self._dating(draft, Derived(draft), calendar), None, None)
        draft.at_rest = rest = rest_of(draft, self._code(draft))
        dating = self._dating(draft, Coded(draft, rest), calendar)
        totals, record = dating.totals(), draft.record(calendar.version)
        return Position(record.facts, instances_of(record, dating, totals, self.steps.watches, calendar), "", None, totals, record)

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
            found = self.codes[named] = Code(layout, *self.functions[sizes], Codes(self.definition, layout, self.classes), next(_numbers))
        return found

    def _derive(self, draft: Draft) -> Coded:
        """The statuses before an event: those its record came to rest with, if it did so here."""
        rest = draft.before.at_rest
        return Coded(draft, rest if isinstance(rest, Rest) else rest_of(draft, self._code(draft)))

    def _dating(self, draft: Draft, derived: Derived, calendar: SchoolCalendar) -> FastDating:
        return FastDating(draft, derived, calendar, self.dates)

    def _settle(self, draft: Draft, on: date) -> None:
        """As `settling.settle`. Parties are named anew only where a list has changed."""
        if not draft.entries or (self.lists and any(fact in draft.learnt for fact in self.lists)):
            draft.name_parties(on)
        Settling(draft, self._code(draft)).run(on)

    def _change(self, before: Position | None, acted: Acted, calendar: SchoolCalendar) -> Change:
        draft = acted.draft
        derived = Coded(draft, draft.at_rest) if isinstance(draft.at_rest, Rest) else Derived(draft)
        dating = self._dating(draft, derived, calendar)
        layout = draft.at_rest.code.layout if isinstance(draft.at_rest, Rest) else None
        touched = None if before is None else self.depends.touched(draft, layout, calendar.version)
        position = self._position(draft, dating, before, touched)
        return change_between(() if before is None else before.instances, position, acted, dating, touched)

    def _position(self, draft: Draft, dating: FastDating, before: Position | None, touched: list[int] | None) -> Position:
        """The position of a draft at rest; instances that the event did not touch are those of before."""
        totals: tuple[TotalDate, ...]
        if draft.ended:
            totals = ()
        elif before is None or touched is None or self.depends.on_totals(draft):
            totals = dating.totals()
        else:
            totals = before.totals
        after = draft.record(dating.calendar.version)
        instances: list[Instance] = [] if before is None or touched is None else list(before.instances)
        known = len(instances)
        for place in range(len(after.entries)) if touched is None else touched:
            instance = instance_in(place, after.entries[place], draft, dating, totals)
            if place < known:
                instances[place] = instance
            else:  # the later ones are all among those touched
                instances.append(instance)
        return Position(after.facts, tuple(instances), after.ended, after.ended_on, totals, after)
