"""What deciding one instance comes to, remembered without days, persons and rounds, and put into effect on a case that stands alike.

A `Move` is learnt once (`compiled_learning.py`) and holds for every case that stands alike in all that was read on the way
(`compiled_steps.py`). Days are filled in from the event and the case; dates of law are those of `compiled_watch.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from rules.calendar import SchoolCalendar
from rules.changes import compare, duties_not_done
from rules.compiled_dates import NO_DATES, FastDating
from rules.compiled_settling import Coded, Rest
from rules.compiled_watch import Chosen, Together, Watch, Watches, key_of
from rules.dating import Dates as DatesOfOne
from rules.definition import Total
from rules.history import Event
from rules.owed import cases_opened, rights
from rules.position_types import Change, Instance, Owed, Position, Status, TotalDate
from rules.record import Draft, Entry, Key, Record
from rules.values import Value

ON, ACTOR, OPENED, ROUND, FIRST_CONSTANT = range(len(Entry._fields), len(Entry._fields) + 5)  # places after an entry's own fields
_new = tuple.__new__


class Op(NamedTuple):
    """What becomes of one instance. `make` picks the fields of its entry out of the old ones, the event's and `constants`; None: as it is.

    `new`: -1 for the instance itself, else which new round of this event it is, `rounds` later than the old. `status`: "" once it has ended.
    `waits`: whose days decide when it opened, if it opens. `told`: whom its opening is told.
    """

    key: Key
    new: int
    make: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None
    constants: tuple[Any, ...]
    rounds: int
    waits: tuple[Key, ...] | None
    status: Status | str
    watch: Watch | None
    chosen: Chosen
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """What one decision does. `codes`, `standings`, `recorded`: what a slot becomes. `plain`: nothing else was finished and no round begun.

    `told`: instance, moment and reader of what was finished. `totals`: those that run afterwards; None where they stay as they were.
    """

    ops: tuple[Op, ...]
    codes: tuple[tuple[int, int], ...]
    standings: tuple[tuple[int, int], ...]
    recorded: tuple[tuple[int, int], ...]
    plain: bool
    opens: bool
    begins: bool
    finished: tuple[Key, ...]
    told: tuple[tuple[Key, str, str], ...]
    tells_opened: bool
    end: str
    told_end: tuple[Owed, ...]
    totals: tuple[Total, ...] | None
    gives: bool
    cases: bool
    overtakes: bool
    lost: tuple[str, ...]


class Taking:
    """One move on its way. Makes the change, or None where the days ask for the long way."""

    __slots__ = ("calendar", "entries", "event", "facts", "late_dating", "latest", "move", "position", "record", "rest", "watches")

    def __init__(self, move: Move, position: Position, event: Event, facts: dict[str, Value], calendar: SchoolCalendar, watches: Watches) -> None:
        self.move = move
        self.position = position
        self.record: Record = position.record  # type: ignore[assignment]
        self.rest: Rest = self.record.at_rest  # type: ignore[assignment]
        self.event = event
        self.facts = facts
        self.calendar = calendar
        self.watches = watches
        self.late_dating: FastDating | None = None

    def change(self) -> Change | None:
        """The change; None if something opens on a day that depends on more than the move knows."""
        move, event, rest, record, before = self.move, self.event, self.rest, self.record, self.position
        late = move.opens and event.on < rest.done
        if late and not move.plain:
            return None
        steps = self._write(late)
        totals = before.totals if move.totals is None else self._totals(move.totals)
        instances = self._instances(steps)
        finished = [record.latest[key] for key in move.finished]
        opened, closed, moved = compare(before.instances, instances, finished, [place for place, _ in steps])
        ended_on = event.on if move.end else None
        entries, facts = tuple(self.entries), self.facts
        after = Record(
            definition=record.definition,
            opened_on=record.opened_on,
            facts=facts,
            entries=entries,
            ended=move.end,
            ended_on=ended_on,
            counted_with=self.calendar.version,
            latest=self.latest,
            at_rest=None if move.end else self._rest(),
            texts=record.texts,
        )
        position = Position(facts=facts, instances=instances, ended=move.end, ended_on=ended_on, totals=totals, record=after)
        lost = (*duties_not_done(record.definition, before.instances, closed), *move.lost) if move.overtakes else move.lost
        return Change(
            position=position,
            opened=opened,
            closed=closed,
            moved=moved,
            owed=self._owed(opened) if move.told or move.tells_opened or move.told_end else (),
            gives=rights(self._draft(finished), self._dating()) if move.gives else (),
            opens=cases_opened(self._draft(finished)) if move.cases else (),
            breaches=lost,
        )

    def _write(self, late: bool) -> list[tuple[int, Op]]:
        """Make the entries. Returns what was touched, in the order of its places."""
        was, latest, event, move = self.record.entries, self.record.latest, self.event, self.move
        entries, on, actor, steps, last = list(was), self.event.on, event.actor, [], -1
        self.entries, self.latest = entries, dict(latest) if move.begins else latest
        in_order = True
        for op in move.ops:
            place = latest[op.key]
            if op.make is not None:
                old = was[place]
                opened = self._opened_on(op.waits, on) if late and op.waits is not None else on
                entry = _new(Entry, op.make((*old, on, actor, opened, old[2] + op.rounds, *op.constants)))
                if op.new >= 0:
                    place = self.latest[op.key] = len(entries)
                    entries.append(entry)
                else:
                    entries[place] = entry
            in_order = in_order and place > last
            last = place
            steps.append((place, op))
        if not in_order:
            steps.sort(key=_place)
        return steps

    def _opened_on(self, waits: tuple[Key, ...], on: date) -> date:
        """As `settling.opens_on`, of instances done before this event; the one decided now was done on its very day."""
        was, latest = self.record.entries, self.record.latest
        days = [entry.done_on for key in waits if (entry := was[latest[key]]).state == "done" and entry.done_on is not None]
        return max(on, *days) if days else on

    def _instances(self, steps: list[tuple[int, Op]]) -> tuple[Instance, ...]:
        entries, instances, together, fact = self.entries, list(self.position.instances), self.watches.of(self.calendar), self.facts.get
        known = len(instances)
        for place, op in steps:
            step, party, of_round, state, opened_on, closed_on, early, outcome, _, done_by, lifted, review = entry = entries[place]
            if op.status:
                watch = op.watch
                if watch is None:
                    dates = NO_DATES
                elif watch.simple:  # as `key_of`, without the call
                    key: tuple[object, ...] = (watch.number, op.chosen, of_round > 1, lifted != "", opened_on, *map(fact, watch.facts))
                    dates = together.get(key) or self._counted(watch, key, entry, together)
                else:
                    key = key_of(watch, op.chosen, entry, self.facts, self._dating())
                    dates = together.get(key) or self._counted(watch, key, entry, together)
                head = (place + 1, step, party, of_round, op.status, outcome, opened_on, closed_on, done_by)
                instance = _new(Instance, (*head, *dates, lifted, review, early))
            else:
                head = (place + 1, step, party, of_round, state, outcome, opened_on, closed_on, done_by)
                instance = _new(Instance, (*head, *NO_DATES, lifted, review, False))
            if place < known:
                instances[place] = instance
            else:
                instances.append(instance)
        return tuple(instances)

    def _counted(self, watch: Watch, key: tuple[object, ...], entry: Entry, together: Together) -> DatesOfOne:
        dating = self._dating()
        found = together[key] = dating.dates(entry, dating.totals() if watch.of_totals else ())
        return found

    def _rest(self) -> Rest:
        rest, move, on = self.rest, self.move, self.event.on
        standings, recorded, codes = rest.standings.copy(), rest.recorded.copy(), list(rest.codes)
        for slot, standing in move.standings:
            standings[slot] = standing
        for slot, standing in move.recorded:
            recorded[slot] = standing
        for slot, code in move.codes:
            codes[slot] = code
        return Rest(rest.code, standings, recorded, tuple(codes), on if on > rest.done else rest.done)

    def _owed(self, opened: tuple[Instance, ...]) -> tuple[Owed, ...]:
        was, latest, move = self.record.entries, self.record.latest, self.move
        owed = []
        for key, moment, to in move.told:
            place = latest[key]
            owed.append(Owed(*key, was[place].round, place + 1, moment, to))
        if move.tells_opened:
            told = {op.key: op.told for op in move.ops if op.told}
            for one in opened:
                if one.status == "open":
                    owed += [Owed(one.step, one.party, one.round, one.no, "opened", to) for to in told.get((one.step, one.party), ())]
        return (*owed, *move.told_end)

    def _totals(self, running: tuple[Total, ...]) -> tuple[TotalDate, ...]:
        dating = self._dating()
        return tuple(TotalDate(total.to, due) for total in running if (due := dating.total(total)) is not None)

    def _draft(self, finished: list[int] | None = None) -> Draft:
        return draft_of(self.record, self.facts, self.entries, self.latest, finished)

    def _dating(self) -> FastDating:
        """Dates as they stand after the move."""
        if self.late_dating is None:
            draft = self._draft()
            self.late_dating = FastDating(draft, Coded(draft, self._rest()), self.calendar, self.watches.dates)
        return self.late_dating


def draft_of(record: Record, facts: dict[str, Value], entries: list[Entry], latest: Mapping[Key, int], finished: list[int] | None = None) -> Draft:
    """A draft to read dates from, without copies; nobody writes to it."""
    draft = Draft.__new__(Draft)
    draft.definition, draft.opened_on, draft.before = record.definition, record.opened_on, record
    draft.facts, draft.entries, draft.latest, draft.finished = facts, entries, latest, finished or []  # type: ignore[assignment]
    return draft


def _place(step: tuple[int, Op]) -> int:
    return step[0]
