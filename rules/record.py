"""What a case's history comes to before anything is derived from it: facts, and what each instance has recorded.

An event changes the record and nothing else; statuses, dates and messages are derived from it (`docs/definitions.md`, section 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from rules.definition import Definition, Step
from rules.values import Value

State = Literal["", "done", "does_not_apply", "not_needed", "overtaken", "closed"]
Key = tuple[str, str]  # a step and its party ("" where the step has no parties)


class Entry(NamedTuple):
    """What one instance (step, party, round) has recorded; its number in the case is its place in `Record.entries`, from 1.

    `state` is "" while it is live, and says afterwards how it ended, on `closed_on`. `outcome`, `done_on` and `done_by` belong to a step
    done or recorded `early`; a live instance recorded early becomes done with them when it opens.
    """

    step: str
    party: str = ""
    round: int = 1
    state: State = ""
    opened_on: date | None = None
    closed_on: date | None = None
    early: bool = False
    outcome: str = ""
    done_on: date | None = None
    done_by: int | None = None
    lifted: str = ""
    lifted_review_on: date | None = None

    @property
    def key(self) -> Key:
        """The step and party, whatever the round."""
        return self.step, self.party

    def arriving(self, outcome: str, on: date, actor: int | None) -> Entry:
        """The same instance with something recorded on that day, as all that is recorded begins: early."""
        one = self
        return Entry(
            one.step, one.party, one.round, one.state, one.opened_on, one.closed_on, True, outcome, on, actor, one.lifted, one.lifted_review_on
        )

    def finished(self) -> Entry:
        """The same instance, done with what is recorded in it."""
        one = self
        return Entry(
            one.step,
            one.party,
            one.round,
            "done",
            one.opened_on,
            one.done_on,
            False,
            one.outcome,
            one.done_on,
            one.done_by,
            one.lifted,
            one.lifted_review_on,
        )

    @property
    def untouched(self) -> bool:
        """Live, never opened, with nothing recorded: a new round of it would be the same thing."""
        return not self.state and not self.early and self.opened_on is None


@dataclass(slots=True)  # not frozen: making a frozen one costs ten times as much, and every act makes one
class Record:
    """The record of a case; nobody changes one. `facts`: a fact of one party stands under `fact:party`. Instances in the order of their numbers."""

    definition: Definition = field(compare=False, repr=False)
    opened_on: date
    facts: dict[str, Value]
    entries: tuple[Entry, ...]
    ended: str = ""
    ended_on: date | None = None
    counted_with: str = field(default="", compare=False)  # version of the calendar that the dates beside this record were counted with
    latest: dict[Key, int] = field(default_factory=dict, compare=False, repr=False)  # place of the latest round, worked out if not given
    at_rest: object = field(default=None, compare=False, repr=False)  # what an engine keeps of a record, to go on sooner
    texts: object = field(default=None, compare=False, repr=False)  # what `position_text.py` has written of it, or of an earlier one of the case

    def __post_init__(self) -> None:
        if not self.latest:
            self.latest.update((entry.key, place) for place, entry in enumerate(self.entries))


def party_fact(fact: str, party: str) -> str:
    """The name under which a party's own fact is kept."""
    return f"{fact}:{party}" if party else fact


def parties_of(definition: Definition, step: Step, facts: dict[str, Value]) -> tuple[str, ...] | None:
    """The parties of a step now: `("",)` for a step without, None for a list that nobody has named yet."""
    if step.each:
        return definition.parties[step.each]
    if not step.each_of_fact:
        return ("",)
    named = facts.get(step.each_of_fact)
    return named if isinstance(named, tuple) else None


def list_of(step: Step) -> str:
    """The name of the list a step runs over; two steps of one list wait for their own party only. "" for none."""
    return step.each or step.each_of_fact


class Draft:
    """A record while one event works on it; `record()` gives the frozen result. Made from a record, which it never changes."""

    __slots__ = tuple("definition opened_on facts entries ended ended_on latest finished written learnt moved lost before at_rest".split())

    def __init__(self, definition: Definition, record: Record) -> None:
        self.definition = definition
        self.opened_on = record.opened_on
        self.facts = dict(record.facts)
        self.entries = list(record.entries)
        self.ended = record.ended
        self.ended_on = record.ended_on
        self.latest = dict(record.latest)
        self.finished: list[int] = []  # places of the instances this event made done, in order
        self.written: list[int] = []  # places of the instances that were changed or came to be, in order, some more than once
        self.learnt: list[str] = []  # facts (`fact` or `fact:party`) that the event brought
        self.moved: set[str] = set()  # steps whose standing changed, noted by the compiled step alone
        self.lost: list[Entry] = []  # early arrivals that no longer count
        self.before = record
        self.at_rest: object = None

    def record(self, counted_with: str = "") -> Record:
        """The record as it stands. The draft has done its work then, and is not written to again."""
        return Record(
            self.definition,
            self.opened_on,
            self.facts,
            tuple(self.entries),
            self.ended,
            self.ended_on,
            counted_with,
            self.latest,
            self.at_rest,
            self.before.texts,
        )

    def parties(self, step: str) -> tuple[str, ...] | None:
        """The parties of a step now (see `parties_of`)."""
        return parties_of(self.definition, self.definition.steps[step], self.facts)

    def fact(self, name: str, party: str = "") -> Value | None:
        """A fact as one party knows it: its own, else the case's; None while unknown."""
        return self.facts.get(party_fact(name, party), self.facts.get(name))

    def current(self, step: str, party: str) -> Entry | None:
        """The latest round of a step and party; None for a party that never had one."""
        place = self.latest.get((step, party))
        return None if place is None else self.entries[place]

    def write(self, key: Key, **changes: Any) -> Entry:
        """Change what the latest round of an instance has recorded."""
        place = self.latest[key]
        entry = self.entries[place] = self.entries[place]._replace(**changes)
        self.written.append(place)
        return entry

    def put(self, entry: Entry) -> None:
        """Put an entry in place of the latest round of its instance."""
        place = self.latest[entry[:2]]
        self.entries[place] = entry
        self.written.append(place)

    def learn(self, fact: str, value: Value) -> None:
        """Take in a fact (`fact`, or `fact:party` for a party's own)."""
        self.facts[fact] = value
        self.learnt.append(fact)

    def begin_round(self, key: Key, on: date, **recorded: Any) -> Entry:
        """A new round of an instance, with the next number. The old round, if live, is closed on that day."""
        old = self.current(*key)
        if old is not None:
            self.close(key, on)
        self.latest[key] = len(self.entries)
        self.written.append(len(self.entries))
        self.entries.append(Entry(*key, round=1 if old is None else old.round + 1, **recorded))
        return self.entries[-1]

    def close(self, key: Key, on: date) -> None:
        """Close the latest round of an instance, if live. An early arrival in it is lost."""
        entry = self.entries[self.latest[key]]
        if entry.state:
            return
        if entry.early:
            self.lost.append(entry)
        self.write(key, state="closed", closed_on=on, early=False, outcome="", done_on=None, done_by=None)

    def name_parties(self, on: date) -> None:
        """Give every party of every list its instance, and close those of parties no longer named."""
        for step in self.definition.steps.values():
            parties = parties_of(self.definition, step, self.facts) or ()
            for party in parties:
                entry = self.current(step.name, party)
                if entry is None or entry.state == "closed":
                    self.begin_round((step.name, party), on)
            if step.each_of_fact:
                self._close_others(step.name, parties, on)

    def _close_others(self, step: str, parties: tuple[str, ...], on: date) -> None:
        for key in [key for key in self.latest if key[0] == step and key[1] not in parties]:
            self.close(key, on)

    def live(self) -> Iterator[Entry]:
        """The latest round of every instance of a party now named, in file order."""
        for name in self.definition.steps:
            for party in self.parties(name) or ():
                yield self.entries[self.latest[name, party]]


def first_record(definition: Definition, facts: dict[str, Value], on: date) -> Record:
    """The record of a case just opened: the opener's facts, and an instance of every step for every party already known."""
    draft = Draft(definition, Record(definition, on, facts, ()))
    draft.name_parties(on)
    return draft.record()
