"""A due date with its explanation. (Types fixed first; `due_date` and `explain` follow.)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Why:
    """How a date came about, stored with it. `bases`: (fact or step, its date); `skipped`: days left out of the count."""

    rule: str
    bases: tuple[tuple[str, date], ...]
    citation: str = ""
    counting: str = ""
    skipped: tuple[date, ...] = ()
    calendar_version: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last lawful day, and the safe (earlier) day to work to where sources disagree or the last day is no working day."""

    on: date
    why: Why
    safe_on: date | None = None
