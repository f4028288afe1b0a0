"""A due date, why it is that date, and a date that cannot be counted yet. Offered by `rules/due.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Why:
    """How a date came about, stored with it. `bases`: (fact or step, its date); `skipped`: days left out of the count (the weekends of a
    count in working or school days go without saying). `notes` are short marks that `explain` turns into sentences."""

    rule: str
    bases: tuple[tuple[str, date], ...]
    citation: str = ""
    counting: str = ""
    skipped: tuple[date, ...] = ()
    calendar_version: str = ""
    notes: tuple[str, ...] = ()

    def to_text(self) -> str:
        """A compact JSON array, for a text column: unbroken stretches of skipped days are written as their first and last day."""
        bases = [[name, day.isoformat()] for name, day in self.bases]
        return json.dumps(
            [self.rule, bases, self.citation, self.counting, _stretches(self.skipped), self.calendar_version, list(self.notes)],
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> Why:
        """The inverse of `to_text`. Raises ValueError for anything else."""
        rule, bases, citation, counting, stretches, version, notes = json.loads(text)
        return cls(
            rule=rule,
            bases=tuple((name, date.fromisoformat(day)) for name, day in bases),
            citation=citation,
            counting=counting,
            skipped=_days(stretches),
            calendar_version=version,
            notes=tuple(notes),
        )


@dataclass(frozen=True, slots=True)
class DueDate:
    """`on`: the last lawful day, by the stricter reading where two are possible (that is what we work to).

    `safe_on`: an earlier day to have it done by, given where `on` is no working day and the law does not move it; never later than `on`.
    """

    on: date
    why: Why
    safe_on: date | None = None


@dataclass(frozen=True, slots=True)
class Follows:
    """No date yet: it follows from `base`, a fact, a step, `due of STEP` or `it opens`, that is not known."""

    base: str


def _stretches(days: tuple[date, ...]) -> list[str]:
    found: list[list[date]] = []
    for day in days:
        if found and day - found[-1][1] == ONE_DAY:
            found[-1][1] = day
        else:
            found.append([day, day])
    return [first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}" for first, last in found]


def _days(stretches: list[str]) -> tuple[date, ...]:
    days: list[date] = []
    for stretch in stretches:
        first, _, last = stretch.partition("/")
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
        days += [start + n * ONE_DAY for n in range((end - start).days + 1)]
    return tuple(days)
