"""A running case under another text of its process: whether its history is lawful there, and which dates and owners would move.

Moving a case means one thing: from then on its whole history is folded under the other text. So nothing here guesses: both positions are folds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import Definition
from rules.due import explain
from rules.history import Event, Refused, event_from_json
from rules.owed import owner_of
from rules.position_types import Change, Instance, OpensCase, Position
from rules.reading import position_of, record_of
from rules.refusals import step_title
from rules.timeline import titles_of

Key = tuple[str, str, int]  # step, party, round: what stays the same of an instance; its number may not


class Past(NamedTuple):
    """One event as it was recorded: its number in the case, its JSON (`event_to_json`), and the calendar that it was judged by."""

    number: int
    said: Mapping[str, Any]
    calendar: SchoolCalendar


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Why a history cannot stand under a text: the event (its number, day, kind and step) and, in plain English, what stands in the way."""

    number: int
    on: str
    kind: str
    step: str
    title: str
    because: str

    def words(self) -> str:
        """One sentence for people."""
        what = f" (“{self.title}”)" if self.title else ""
        return f"Event {self.number} of {self.on}{what} does not stand under that text: {self.because}"


class NotLawful(Exception):
    """The history is not lawful under the text. `event` is its place in the history, from 0; `because` is plain English."""

    def __init__(self, place: int, because: str) -> None:
        super().__init__(because)
        self.place = place
        self.because = because


class StepThen(NamedTuple):
    """An open step (or a waiting one whose date runs) under one text. `owner`: the role; `whose`: its title. `why`: plain sentences."""

    status: str
    due_on: date | None
    safe_on: date | None
    target_on: date | None
    owner: str
    whose: str
    why: tuple[str, ...]

    @property
    def by(self) -> date | None:
        """The date of law, else the trust's own."""
        return self.due_on or self.target_on


@dataclass(frozen=True, slots=True)
class StepMove:
    """One step that is not the same under both texts. `was` None: it opens by the move; `will_be` None: it closes."""

    step: str
    party: str
    round: int
    title: str
    was: StepThen | None
    will_be: StepThen | None

    @property
    def what(self) -> str:
        """`opens`, `closes`, or what moves: `date`, `owner`, `date and owner`, `state`."""
        if self.was is None or self.will_be is None:
            return "opens" if self.was is None else "closes"
        moved = ["date"] if self.was[1:4] != self.will_be[1:4] else []
        return " and ".join([*moved, *(["owner"] if self.was.owner != self.will_be.owner else [])]) or "state"


@dataclass(frozen=True)
class Comparison:
    """A case under two texts. `in_the_way`: why it cannot move; the rest is empty then. `not_opened`: processes of cases that past decisions
    would open by the new text alone: a move opens none. `ended`: how the case ended under the old text."""

    in_the_way: InTheWay | None
    steps: tuple[StepMove, ...] = ()
    not_opened: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def moves_nothing(self) -> bool:
        """Whether no open step has another date, owner or state."""
        return self.in_the_way is None and not self.steps and not self.not_opened


def changes_under(definition: Definition, history: Sequence[Past]) -> Iterator[Change]:
    """What each event of a history does under a text, with its own calendar. Raises NotLawful at the first that is not possible there."""
    step = compiled(definition)
    change: Change | None = None
    for place, past in enumerate(history):
        try:
            event = event_from_json(past.said, definition)
            change = step.start(event, past.calendar) if change is None else step.advance(change.position, event, past.calendar)
        except Refused as refusal:
            raise NotLawful(place, refusal.message) from refusal
        except ValueError as fault:  # a fact that the text has not, or with another type
            raise NotLawful(place, str(fault)) from fault
        yield change


def compare(old: Definition, new: Definition, history: Sequence[Past], calendar: SchoolCalendar) -> Comparison:
    """The case of that history under both texts, dates counted with `calendar`. Raises NotLawful if the history is not one of `old`.

    Under `new` it may neither fail nor end: how a case ends is recorded by a person and told, never the effect of a text.
    """
    before = list(changes_under(old, history))
    if old.process != new.process:
        return Comparison(_refusal(old, history, 0, f"it is a case of {old.process}, and that text is of {new.process}."))
    if old.about != new.about:
        return Comparison(_refusal(old, history, 0, f"it is about a {old.about}, and that text is about a {new.about}."))
    try:
        after = list(changes_under(new, history))
    except NotLawful as fault:
        return Comparison(_refusal(old, history, fault.place, fault.because))
    then, now = (position_of(text, record_of(changes[-1].position), calendar) for text, changes in ((old, before), (new, after)))
    if now.ended and not then.ended:
        words = f"the case would be at its end ({now.ended.replace('_', ' ')}). A case ends by what is recorded, never by another text."
        return Comparison(_refusal(old, history, len(history) - 1, words))
    opened = [one.process for was, will_be in zip(before, after, strict=True) for one in _only_in(will_be.opens, was.opens)]
    return Comparison(None, tuple(_moves(old, new, then, now)), tuple(opened), tuple(after))


def _only_in(one: Sequence[OpensCase], other: Sequence[OpensCase]) -> list[OpensCase]:
    there = {case.process for case in other}
    return [case for case in one if case.process not in there]


def _refusal(old: Definition, history: Sequence[Past], place: int, because: str) -> InTheWay:
    past = history[place]
    event: Event = event_from_json(past.said, old)
    title = step_title(old, event.step, event.party) if event.step else ""
    return InTheWay(past.number, event.on.isoformat(), event.kind, event.step, title, because)


def _moves(old: Definition, new: Definition, then: Position, now: Position) -> Iterator[StepMove]:
    was, will_be = _tracked(old, then), _tracked(new, now)
    for key in [*was, *(key for key in will_be if key not in was)]:
        before, after = was.get(key), will_be.get(key)
        if before is None or after is None or before[:6] != after[:6]:
            text = old if after is None else new
            yield StepMove(*key, step_title(text, key[0], key[1]), before, after)


def _tracked(definition: Definition, position: Position) -> dict[Key, StepThen]:
    titles = titles_of(definition)
    return {(one.step, one.party, one.round): _then(definition, one, position, titles) for one in position.tracked()}


def _then(definition: Definition, one: Instance, position: Position, titles: Mapping[str, str]) -> StepThen:
    owner = owner_of(definition, one.step, one.party, position.facts)
    by = one.due or one.target
    return StepThen(
        one.status,
        one.due.on if one.due else None,
        one.due.safe_on if one.due else None,
        one.target.on if one.target else None,
        owner,
        definition.roles[owner].title if owner in definition.roles else owner or "Sendflow",
        tuple(explain(by, titles)) if by else (),
    )
