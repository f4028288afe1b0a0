"""Lets the calendar act, then fires every reminder that has come due. Usable without Prefect."""

from __future__ import annotations

from datetime import date, timedelta

from db.chase import sweep_all
from db.heartbeats import beats
from db.told import want_where_due
from db.unowned import tell_unowned
from rules.calendar import today_in_london
from tasks.parts import Parts
from tasks.quiet import refuse_if_leapt
from tasks.sweeps import DAY, sweep

NAME = "chase_deadlines"


def chase(parts: Parts, today: date) -> int | None:
    """Dates counted anew where terms changed, and reminders where an LA asks for something by another day; what the calendar records by itself (a
    window that lapsed, a `wait` step's day); then the rungs of the ladders due by `today`. After those, the trust is told of roles in which
    nobody can act.

    The calendar comes first, so that nobody is reminded of what it has just closed. Returns how many acts and reminders; None when another
    process is at it. Done again on the same day it does nothing twice. Raises TaskFailed, `clock.leapt` while nobody has confirmed a leap.
    """
    refuse_if_leapt(parts)
    return sweep(parts, NAME, DAY, lambda: _acts_and_reminders(parts, today))


def _acts_and_reminders(parts: Parts, today: date) -> int:
    try:
        parts.ledger.recount_dates()
        parts.ledger.write_lead_times()
        acts = len(parts.ledger.run_calendar(today))
    finally:  # one case that cannot be worked must not leave everybody else unreminded
        reminders = sweep_all(parts.engines, today)
        _wake_what_is_due(parts, today)
        with parts.engines.scheduler() as session:
            told = tell_unowned(session, today)
    return acts + told + reminders


def _wake_what_is_due(parts: Parts, today: date) -> None:
    """Wake cases with a step that fell due, or went overdue, since the last sweep that came to a good end: Prefect is to say so."""
    with parts.engines.scheduler() as session:
        last = next((one for one in beats(session) if one.name == NAME), None)
        before = today_in_london(last.beat_at) - timedelta(days=1 if last.error_code else 0) if last else today
        if last is None or before < today:
            want_where_due(session, before, today)
