"""Remembered steps: the compiled step looks here first, and goes the long way (`acts.py`, `compiled_settling.py`) only for what is not known.

A step is known by instance, word, and the numbers (`compiled_codes.py`) of the slots that were read when it was learnt. Whatever depends on a
day, a person or a fact's value is checked here on every event. What does not pass, or is no plain decision, goes the long way, which also words
every refusal. Within one process, bounded, and safe for threads: a move is put in whole and never changed; losing one costs only time.
"""

from __future__ import annotations

from operator import itemgetter

from rules.acts import A_YEAR
from rules.calendar import SchoolCalendar
from rules.compiled_codes import truths
from rules.compiled_dates import Dates, DependsOn, FastDating
from rules.compiled_known import Known, Reader, fits, known_of, may
from rules.compiled_learning import Learner
from rules.compiled_moves import Move, Taking, draft_of
from rules.compiled_settling import Coded, Rest
from rules.compiled_watch import Watches
from rules.definition import Definition
from rules.facts_brought import Brought, check_bounds
from rules.history import Event, Refused
from rules.position_types import Change, Position
from rules.record import Record, party_fact
from rules.values import Value

REMEMBERED_STEPS = 20_000  # moves that a definition remembers before it forgets them all
READINGS = 24  # sets of slots that one instance and word is looked up by, at most
Facts = dict[str, Value]


class Remembered:
    """The remembered steps of one definition. `most`: how many before all are forgotten."""

    def __init__(self, definition: Definition, depends: DependsOn, dates: Dates, most: int = REMEMBERED_STEPS) -> None:
        self.definition = definition
        self.watches = Watches(definition, dates)
        self.learner = Learner(definition, depends, dates, self.watches)
        self.known: dict[tuple[int, str, str, str], Known] = {}
        self.count = 0
        self.most = most

    def change(self, position: Position, event: Event, calendar: SchoolCalendar) -> Change | None:
        """What the event changes, if such a step is remembered and nothing about it asks for the long way."""
        record = position.record
        if event.kind != "decide" or type(record) is not Record or record.counted_with != calendar.version:
            return None
        rest = record.at_rest
        if type(rest) is not Rest:
            return None
        known = self.known.get((rest.code.number, event.step, event.party, event.outcome))
        if known is None or event.on < record.opened_on - A_YEAR:
            return None
        facts = record.facts
        if known.brings or event.facts:
            brought = _brought(known, record, event)
            if brought is None:
                return None
            facts = brought
        move = _looked_up(known, rest.codes or codes_of(record, rest), facts)
        if move is None or not may(known, record, position.instances[record.latest[event.step, event.party]], event):
            return None
        if known.bounded and not _within_bounds(known, record, event, facts, calendar, self.watches.dates):
            return None
        return Taking(move, position, event, facts, calendar, self.watches).change()

    def learn(self, position: Position, event: Event, after: Change, calendar: SchoolCalendar) -> bool:
        """Remember what a decision came to that went the long way. False if it is not one to be remembered."""
        record, now = position.record, after.position.record
        if event.kind != "decide" or not isinstance(record, Record) or not isinstance(now, Record) or record.counted_with != calendar.version:
            return False
        rest = record.at_rest
        if not isinstance(rest, Rest) or any(self.definition.facts[name].type == "list" for name in event.facts):
            return False
        codes, number = rest.codes or codes_of(record, rest), (rest.code.number, event.step, event.party, event.outcome)
        known = self.known.get(number) or known_of(self.definition, rest.code.codes, event)
        if _looked_up(known, codes, now.facts) is not None:
            return False  # known, but a day or a person asked for the long way
        if not may(known, record, position.instances[record.latest[event.step, event.party]], event):
            return False  # a breach belongs to the day
        learnt = self.learner.learn(record, known, event, calendar)
        if learnt is None:
            return False
        move, slots = learnt
        quick = Taking(move, position, event, now.facts, calendar, self.watches).change()
        return quick in (None, after) and self._keep(number, known, slots, move, codes, now.facts)

    def _keep(
        self, number: tuple[int, str, str, str], known: Known, slots: tuple[int, ...], move: Move, codes: tuple[int, ...], facts: Facts
    ) -> bool:
        if self.count >= self.most:
            self.known.clear()
            self.count, known.readings = 0, ()
        known = self.known.setdefault(number, known)
        found = next(((read, moves) for known_slots, read, moves in known.readings if known_slots == slots), None)
        if found is None:
            if len(known.readings) >= READINGS:
                return False
            reader: Reader = itemgetter(*slots)
            found = reader, {}
            known.readings = (*known.readings, (slots, *found))
        found[1][_read(known, found[0], codes, facts)] = move
        self.count += 1
        return True


def codes_of(record: Record, rest: Rest) -> tuple[int, ...]:
    """The numbers of a record's slots, worked out once and kept beside its statuses, with the latest day on which anything was done."""
    rest.done = max((entry.done_on for entry in record.entries if entry.done_on is not None), default=rest.done)
    rest.codes = rest.code.codes.of(record.entries, record.latest, record.facts, rest.standings)
    return rest.codes


def _read(known: Known, read: Reader, codes: tuple[int, ...], facts: Facts) -> object:
    return read(codes) if not known.tested else (read(codes), *[truths(tests, party, facts) for tests, party in known.tested])


def _looked_up(known: Known, codes: tuple[int, ...], facts: Facts) -> Move | None:
    for _, read, moves in known.readings:
        move = moves.get(read(codes) if not known.tested else _read(known, read, codes, facts))
        if move is not None:
            return move
    return None


def _brought(known: Known, record: Record, event: Event) -> Facts | None:
    """The facts with those that the event brings; None unless they are plainly those it must bring, and fit."""
    brings, given, on = known.brings, event.facts, event.on
    if len(given) != len(brings):
        return None
    facts = record.facts.copy()
    for name, value in given.items():
        fact = brings.get(name)
        if fact is None or not fits(fact, value, on):
            return None
        facts[party_fact(name, known.owner)] = value
    return facts


def _within_bounds(known: Known, record: Record, event: Event, facts: Facts, calendar: SchoolCalendar, dates: Dates) -> bool:
    """Whether the days it brings lie within their bounds."""
    rest = record.at_rest
    assert isinstance(rest, Rest)
    draft = draft_of(record, facts, list(record.entries), record.latest)
    dating = FastDating(draft, Coded(draft, rest), calendar, dates)
    dating.deciding = (event.step, event.party, event.on)
    brought = Brought(event.facts, event.on, known.step, known.owner)
    try:
        for name, value in event.facts.items():
            if known.brings[name].no_sooner or known.brings[name].no_later:
                check_bounds(known.brings[name], value, brought, dating)  # type: ignore[arg-type]
    except Refused:
        return False
    return True
