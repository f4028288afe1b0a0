"""What the schedule does each morning, done at once: for a demo that starts at noon, or whose clock has been moved."""

from __future__ import annotations

from typing import Protocol

from db.clock import Clock
from db.engine import Engines
from db.ledger import Ledger
from db.settings import get_settings
from rules.library import Library
from tasks.chase import chase
from tasks.escalate import escalate
from tasks.mailings import send_lists
from tasks.open_reviews import open_due_reviews
from tasks.open_school_years import open_school_years
from tasks.open_transfers import open_due_transfers
from tasks.parts import Parts
from tasks.sweeps import DAY, sweep


class HasParts(Protocol):
    """What the sweeps work with: `cli.working.Working` and `tasks.parts.Parts` both have it."""

    @property
    def engines(self) -> Engines: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def library(self) -> Library: ...
    @property
    def ledger(self) -> Ledger: ...


def morning_sweeps(of: HasParts) -> tuple[int, int]:
    """Open the changes of phase, reviews and schools' years whose day has come, let the calendar act, fire the reminders due, send the day's
    lists and reports, open help for a school that is far behind.

    How many cases were opened, and how many acts and reminders there were.
    """
    parts = of if isinstance(of, Parts) else Parts(get_settings(), of.engines, of.clock, of.library, of.ledger)
    today = of.clock.today()
    opening = (open_due_transfers, open_due_reviews, open_school_years)
    opened = sweep(parts, "open_due_reviews", DAY, lambda: sum(len(task(parts, today).opened) for task in opening)) or 0
    chased = chase(parts, today) or 0
    send_lists(parts, of.clock.now())
    opened += escalate(parts, of.clock.now()) or 0
    return opened, chased
