"""Marks: a case whose days, persons and rounds are replaced by values that tell whose field each was, so that what became of them can be read off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from rules.compiled_moves import ACTOR, FIRST_CONSTANT, ON, OPENED, ROUND
from rules.record import Entry, Record

FIELDS = {name: place for place, name in enumerate(Entry._fields)}
DAYS = ("opened_on", "closed_on", "done_on", "lifted_review_on")
EVENT_DAY, EVENT_ACTOR, A_ROUND = date.max, -1, 1000  # what opens does so on the latest day of all


class Unlearnable(Exception):
    """What no move can tell. Never leaves the learner."""


def marked(record: Record) -> Record:
    """The record with marks. A day that is not there stays so: whether it is belongs to how the instance stands."""
    return replace(record, entries=tuple(_marked(entry, place) for place, entry in enumerate(record.entries)))


def _marked(entry: Entry, place: int) -> Entry:
    step, party, _, state, opened_on, closed_on, early, outcome, done_on, _, _, _ = entry
    opened, closed, done, review, lifted = _marks(place)
    days = (opened_on and opened, closed_on and closed, done_on and done)
    return Entry(step, party, A_ROUND * (place + 1), state, days[0], days[1], early, outcome, days[2], -2 - place, lifted, review)


@lru_cache(maxsize=1024)
def _marks(place: int) -> tuple[date, date, date, date, str]:
    opened, closed, done, review = (date.fromordinal(1 + place * len(DAYS) + n) for n in range(len(DAYS)))
    return opened, closed, done, review, f"lifted {place}"


def whence(entry: Entry, old: Entry, place: int) -> tuple[Callable[[tuple[Any, ...]], tuple[Any, ...]], tuple[Any, ...], int, bool]:
    """How the fields of a marked entry came from the old one at that place: a picker out of the old fields, the event's and constants, these
    constants, how many rounds later it is, and whether it opened. Raises Unlearnable."""
    rounds = entry.round - A_ROUND * (place + 1)
    if not 0 <= rounds < A_ROUND:
        raise Unlearnable
    picks: list[int] = []
    constants: list[Any] = []
    for field, value in enumerate(entry):
        pick = ROUND if field == FIELDS["round"] else _pick(field, value, old, place)
        if pick is None:
            pick = FIRST_CONSTANT + len(constants)
            constants.append(value)
        picks.append(pick)
    return itemgetter(*picks), tuple(constants), rounds, OPENED in picks


def _pick(field: int, value: object, old: Entry, place: int) -> int | None:
    """Where a field came from: a field of the old entry, or the event; None for a value that is the same in every case."""
    if isinstance(value, date):
        if value == EVENT_DAY:
            return OPENED if field == FIELDS["opened_on"] else ON
        return FIELDS[_whose(value, place)]
    if field == FIELDS["done_by"] and value is not None:
        if value not in (EVENT_ACTOR, old.done_by):
            raise Unlearnable
        return ACTOR if value == EVENT_ACTOR else field
    if field == FIELDS["lifted"] and value:
        if value != old.lifted:
            raise Unlearnable
        return field
    return field if value == old[field] else None


def _whose(day: date, place: int) -> str:
    at, number = divmod(day.toordinal() - 1, len(DAYS))
    if at != place:
        raise Unlearnable
    return DAYS[number]
