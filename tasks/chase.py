"""Lets the calendar act, then fires every reminder that has come due. Usable without Prefect."""

from __future__ import annotations

from datetime import date

from db.chase import sweep_all
from tasks.parts import Parts
from tasks.quiet import refuse_if_leapt
from tasks.sweeps import DAY, sweep

NAME = "chase_deadlines"


def chase(parts: Parts, today: date) -> int | None:
    """Dates counted anew where terms changed, what the calendar records by itself (a window that lapsed, a `wait` step's day), then the rungs
    of the ladders due by `today`.

    The calendar comes first, so that nobody is reminded of what it has just closed. Returns how many acts and reminders; None when another
    process is at it. Done again on the same day it does nothing twice. Raises TaskFailed, `clock.leapt` while nobody has confirmed a leap.
    """
    refuse_if_leapt(parts)
    return sweep(parts, NAME, DAY, lambda: _acts_and_reminders(parts, today))


def _acts_and_reminders(parts: Parts, today: date) -> int:
    try:
        parts.ledger.recount_dates()
        acts = len(parts.ledger.run_calendar(today))
    finally:  # one case that cannot be worked must not leave everybody else unreminded
        reminders = sweep_all(parts.engines, today)
    return acts + reminders
