"""Which rung of which step was due in which sweep: counted from the stretches, the file of ladders and the moments of the sweeps alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tests.year.oracle.plain_ladders import Rung, ladders, rung_days
from tests.year.oracle.stretches import Stretch

Sweep = tuple[datetime, date]  # when the rungs due were fired, and by which day
Key = tuple[int, str, str, int, int, date, str]  # case, step, party, round, the rung's number, the date that it is about, the role that it tells


@dataclass(frozen=True, slots=True)
class DueRung:
    """A rung that came due while its step stood, and fired in the sweep at `swept_at`. `superseded`: a later rung to the same role fired with it.
    `until`: when the step no longer stood so, and nobody should hear of it any more. `breach`: which breach of its ladder's to that role it is."""

    key: Key
    ref: str
    school_id: int
    severity: str
    day: date
    swept_at: datetime
    superseded: bool
    until: datetime | None
    breach: int

    @property
    def words(self) -> str:
        """For whoever reads the failure."""
        _, step, party, of_round, number, due_on, role = self.key
        about = f"{self.ref} {step}{'/' + party if party else ''} round {of_round}"
        return f"{about}, rung {number} to {role} for {due_on}, due {self.day}, swept {self.swept_at}"


@dataclass
class Counted:
    """`due`: every rung that fired, by its key, each time that its sweep came (a date may come back); `overtaken`: rungs whose step was decided,
    or moved, before a sweep on their day; `to_come`: whose day is later than the year."""

    due: dict[Key, list[DueRung]]
    overtaken: int = 0
    to_come: int = 0


@dataclass(frozen=True, slots=True)
class Chase:
    """A step chased for one date, from `since` until `until`, and how it stood meanwhile."""

    parts: tuple[Stretch, ...]

    @property
    def since(self) -> datetime:
        """The moment from which on its day counts."""
        return self.parts[0].since

    @property
    def until(self) -> datetime | None:
        """The moment from which on nobody is to be reminded of it; None: the year ended first."""
        return self.parts[-1].until

    def at(self, moment: datetime) -> Stretch:
        """How it stood then."""
        return next(one for one in self.parts if one.stands_at(moment))


def count_rungs(stretches: Sequence[Stretch], sweeps: Sequence[Sweep]) -> Counted:
    """Every rung of every step and round of the year. `sweeps` in their order."""
    counted = Counted(defaultdict(list))
    for chase in chases(stretches):
        one = chase.parts[0]
        due_on = one.chased_for
        assert due_on is not None, "what has no date is not chased"
        rungs = ladders()[one.ladder]
        days = rung_days(rungs, due_on, one.review_on if one.lifted else None)
        swept = [_swept_at(chase, day, sweeps) for day in days]
        counted.to_come += sum(at is None and chase.until is None for at in swept)
        counted.overtaken += sum(at is None and chase.until is not None for at in swept)
        fired = [(rung, day, at) for rung, day, at in zip(rungs, days, swept, strict=True) if at is not None]
        for rung, day, at in fired:
            role = _told(chase.at(at), rung)
            later = any(other.number > rung.number and then == at and _told(chase.at(at), other) == role for other, _, then in fired)
            key = (one.case_id, one.step, one.party, one.round, rung.number, due_on, role)
            breach = _which_breach(rung, [other for other in rungs if _told(chase.at(at), other) == role])
            counted.due[key].append(DueRung(key, one.ref, one.school_id, rung.severity, day, at, later, chase.until, breach))
    return counted


def chases(stretches: Sequence[Stretch]) -> Iterator[Chase]:
    """What is chased, each as long as its date and its ladder's days stay the same."""
    of_step: dict[tuple[int, int], list[Stretch]] = defaultdict(list)
    for one in stretches:
        if one.ladder and one.chased_for is not None and not one.perhaps and not (one.lifted and one.review_on is None):
            of_step[one.case_id, one.no].append(one)
    for parts in of_step.values():
        parts.sort(key=lambda one: one.since)
        going: list[Stretch] = []
        for one in parts:
            if going and not (going[-1].until == one.since and _days_of(going[-1]) == _days_of(one)):
                yield Chase(tuple(going))
                going = []
            going.append(one)
        yield Chase(tuple(going))


def _days_of(one: Stretch) -> tuple[date | None, date | None]:
    return one.chased_for, one.review_on if one.lifted else None


def _swept_at(chase: Chase, day: date, sweeps: Sequence[Sweep]) -> datetime | None:
    """The first sweep for that day, or a later one, while it stood."""
    place = max(bisect_left(sweeps, chase.since, key=lambda one: one[0]), bisect_left(sweeps, day, key=lambda one: one[1]))
    if place == len(sweeps):
        return None
    at, _ = sweeps[place]
    return at if chase.until is None or at < chase.until else None


def _which_breach(rung: Rung, to_the_same: Sequence[Rung]) -> int:
    return sum(other.severity == "breach" and other.number <= rung.number for other in to_the_same) if rung.severity == "breach" else 0


def _told(one: Stretch, rung: Rung) -> str:
    """The role: the step's owner (the SENCO for a step of software), the holder of the family's rights, or whom the rung names."""
    if rung.tells == "owner":
        return one.owner or "senco"
    return one.family if rung.tells == "parent" else rung.tells
