"""Events of a case's history, and the refusal of an event that is out of turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from rules.values import Facts

EventKind = Literal["open", "decide", "correct", "except", "interrupt"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `on` is the day a person says it happened (London); the ledger adds when it was recorded.

    `actor` is a person's id and opaque here; None means the calendar or software. `outcome` is an outcome, an answer word or `done`.
    `facts`: what the opener states, what the step records, or the one fact corrected. `name`: which exception or interrupt.
    """

    kind: EventKind
    on: date
    actor: int | None = None
    step: str = ""
    party: str = ""
    outcome: str = ""
    facts: Facts = field(default_factory=dict)
    name: str = ""
    review_on: date | None = None


class Refused(Exception):
    """An event the rules do not allow now. `message` is plain English and says what to do; nothing has changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
