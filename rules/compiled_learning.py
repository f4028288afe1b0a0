"""Learns a move (`compiled_moves.py`): settles the case once more with marks for its days, persons and rounds, and reads off which went where.

Which slots were read is noted on the way, rather too many than too few; a case that stands alike in these comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.calendar import SchoolCalendar
from rules.changes import early_lost
from rules.compiled_dates import Dates, DependsOn, FastDating
from rules.compiled_known import Known
from rules.compiled_marks import EVENT_ACTOR, EVENT_DAY, Unlearnable, marked, whence
from rules.compiled_moves import Move, Op
from rules.compiled_settling import Coded, Rest, Settling
from rules.compiled_statuses import WAITING, lists_named_later
from rules.compiled_watch import Watches, choice
from rules.condition_text import steps_in
from rules.conditions import StepCondition
from rules.definition import Definition, Step, Total
from rules.history import Event
from rules.owed import messages, readers
from rules.record import Draft, Entry, Record, party_fact

Learnt = tuple[Move, tuple[int, ...]]


class Learner:
    """Learns for one definition. `able` is false where a message goes to a list that no step runs over: it would have to be read each time."""

    def __init__(self, definition: Definition, depends: DependsOn, dates: Dates, watches: Watches) -> None:
        self.definition = definition
        self.depends = depends
        self.dates = dates
        self.watches = watches
        self.end_steps = {leaf.step for end in definition.ends.values() for leaf in steps_in(end.after)}
        lists = {name for name, fact in definition.facts.items() if fact.type == "list"} - {*lists_named_later(definition)}
        self.able = not lists & set(_told_in(definition))

    def learn(self, record: Record, known: Known, event: Event, calendar: SchoolCalendar) -> Learnt | None:
        """The move that a decision makes, and the slots that it was learnt from, in order; None for one that cannot be told so.

        `record` must be at rest with its statuses and numbers, and the event one that the rules allow.
        """
        try:
            return _Lesson(self, record, known, event, calendar).learnt() if self.able else None
        except Unlearnable:
            return None


class _Lesson:
    """One decision, settled with marks."""

    def __init__(self, learner: Learner, record: Record, known: Known, event: Event, calendar: SchoolCalendar) -> None:
        assert isinstance(record.at_rest, Rest)
        self.by = learner
        self.record = record
        self.known = known
        self.key = (event.step, event.party)
        self.rest = record.at_rest
        self.layout = self.rest.code.layout
        self.draft = draft = Draft(learner.definition, marked(record))
        for name, value in event.facts.items():
            draft.learn(party_fact(name, known.owner), value)
        draft.put(draft.entries[draft.latest[self.key]].arriving(event.outcome, EVENT_DAY, EVENT_ACTOR))
        self.settling = Settling(draft, self.rest.code)
        self.settling.run(EVENT_DAY)
        assert isinstance(draft.at_rest, Rest)
        self.after = draft.at_rest
        self.dating = FastDating(draft, Coded(draft, self.after), calendar, learner.dates)
        self.touched = learner.depends.touched(draft, self.layout, calendar.version) or []

    def learnt(self) -> Learnt:
        draft, rest, after = self.draft, self.rest, self.after
        ops = tuple(self._op(place) for place in self.touched)
        owed = messages(draft, ())
        ended = [draft.entries[place] for place in draft.finished]
        outcomes = [outcome for entry in ended if (outcome := self._step(entry).outcomes.get(entry.outcome)) is not None]
        begins = len(draft.entries) > len(self.record.entries)
        codes = rest.codes if draft.ended else rest.code.codes.of(draft.entries, draft.latest, draft.facts, after.standings)
        move = Move(
            ops=ops,
            codes=_changed(rest.codes, codes),
            standings=_changed(rest.standings, after.standings),
            recorded=_changed(rest.recorded, after.recorded),
            plain=not begins and all(entry.key == self.key for entry in ended),
            opens=any(op.waits is not None for op in ops),
            begins=begins,
            finished=tuple(entry.key for entry in ended),
            told=tuple(((one.step, one.party), one.moment, one.to) for one in owed if one.no),
            tells_opened=any(op.told for op in ops),
            end=draft.ended,
            told_end=tuple(one for one in owed if not one.no),
            totals=self._totals(),
            gives=any(outcome.gives for outcome in outcomes),
            cases=any(outcome.opens for outcome in outcomes),
            overtakes=any(draft.entries[place].state == "overtaken" for place in self.touched),
            lost=tuple(early_lost(draft)),
        )
        return move, tuple(sorted(self._read(reopens=any(outcome.reopens for outcome in outcomes))))

    def _step(self, entry: Entry) -> Step:
        return self.by.definition.steps[entry.step]

    def _op(self, place: int) -> Op:
        entry, before = self.draft.entries[place], self.record.latest
        old, size = before[entry.key], len(self.record.entries)
        if place < size and place != old:
            raise Unlearnable
        step, watch = self._step(entry), self.by.watches.steps[entry.step]
        make, constants, rounds, opens = None, (), 0, False
        if place in self.draft.written:
            make, constants, rounds, opens = whence(entry, self.draft.before.entries[old], old)
        status = "" if entry.state else self.dating.derived.standing(*entry.key)[0]
        return Op(
            key=entry.key,
            new=place - size if place >= size else -1,
            make=make,
            constants=constants,
            rounds=rounds,
            waits=tuple((name, party) for name in step.waits_for for party in self.draft.parties(name) or ()) if opens else None,
            status=status,
            watch=watch if watch.dated else None,
            chosen=choice(watch, entry, self.dating) if status and watch.has_choice else 0,
            told=readers(self.by.definition, step.tells_opened, entry.party, self.draft.facts) if status == "open" else (),
        )

    def _totals(self) -> tuple[Total, ...] | None:
        if self.draft.ended:
            return ()
        if not self.by.depends.on_totals(self.draft):
            return None
        running = {entry.step for entry in self.draft.live() if not entry.state}
        return tuple(total for total in self.by.definition.totals if total.to in running)

    def _read(self, *, reopens: bool) -> set[int]:
        """The slots whose numbers this decision may have read."""
        layout, draft, kernel = self.layout, self.draft, self.rest.code.kernel
        if reopens or draft.ended:
            return set(range(len(layout.slots)))
        found = {layout.number[self.key], *self.known.tested_slots}
        found |= {layout.number[draft.entries[place].key] for place in draft.written}
        for slot in _bits(self.settling.asked):
            found.add(slot)
            found |= {other for other in range(len(layout.slots)) if (kernel.followers[other] | kernel.watchers[other]) >> slot & 1}
        steps = set(self.by.depends.on(draft))
        if self.by.depends.on_totals(draft):
            steps |= self.by.depends.total_steps
        if draft.moved & self.by.end_steps:
            steps |= self.by.end_steps
        early = self.known.step.may_come_early
        if self.rest.standings[layout.number[self.key]] == WAITING and not isinstance(early, bool):
            steps |= _steps(early)
        for place in self.touched:
            for dated in self._step(draft.entries[place]).due:
                steps |= set() if dated.steps is None else _steps(dated.steps)
        return found | {slot for step in steps for slot in layout.of_step[step]}


def _told_in(definition: Definition) -> Iterable[str]:
    for step in definition.steps.values():
        yield from (*step.tells_opened, *step.tells_done)
        for outcome in step.outcomes.values():
            yield from outcome.tells
    for end in definition.ends.values():
        yield from end.tells


def _steps(condition: StepCondition) -> set[str]:
    return {leaf.step for leaf in steps_in(condition)}


def _bits(mask: int) -> Iterable[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _changed(before: Sequence[int], after: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple((slot, now) for slot, (was, now) in enumerate(zip(before, after, strict=True)) if was != now)
