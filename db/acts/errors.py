"""Why an act was not done. Every error has `.message`: plain English, without personal data beside the names of staff."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rules.history import Refused

LONDON = ZoneInfo("Europe/London")


class LedgerError(Exception):
    """An act that was not done; nothing has changed. `message` says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(LedgerError):
    """No such case (or pupil) in the actor's schools. It may exist elsewhere: the answer does not say."""


class NotAllowed(LedgerError):
    """The actor's role may not do this here."""


class LinkUsed(NotAllowed):
    """The signed link has been used, has expired, or is for something else."""


class CannotMove(LedgerError):
    """The case cannot move to that text of its process: what stands in the way, in words."""


class NothingToMove(CannotMove):
    """The case is on that text already, has no such move to undo, or has ended."""


class KeyReused(LedgerError):
    """The key of an earlier act came with other contents: a fault of the sender, or a form sent again after it was changed."""


class Busy(LedgerError):
    """The server gave up waiting for the case, or working, within the time it has. Nothing was saved; the same act may be sent again."""


class AlreadyDecided(Refused):
    """Somebody else decided the step first. `by` is their name or "the calendar"; `at` is when it was recorded (UTC)."""

    def __init__(self, by: str, at: datetime, outcome: str, step: str, title: str = "") -> None:
        said = "" if outcome == "done" else f' as "{outcome.replace("_", " ")}"'
        when = at.astimezone(LONDON)
        super().__init__(
            "already_decided",
            f"{title or step} was recorded{said} by {by} on {when.day} {when:%B %Y at %H:%M}. Nothing you sent has been saved. "
            "Look at the case; if the record is wrong, correct it.",
        )
        self.by = by
        self.at = at
        self.outcome = outcome
        self.step = step
