"""Lets the calendar act, then fires every reminder that has come due. Usable without Prefect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from db.acts.retry import retried
from db.chase import sweep_all
from db.heartbeats import beats
from db.rights_told import tell_rights_passed
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
    nobody can act, and SENCOs of rights that have passed to a young person.

    The calendar comes first, so that nobody is reminded of what it has just closed. Returns how many acts and reminders; None when another
    process is at it. Done again on the same day it does nothing twice. Raises TaskFailed, `clock.leapt` while nobody has confirmed a leap.
    """
    refuse_if_leapt(parts)
    return sweep(parts, NAME, DAY, lambda: _acts_and_reminders(parts, today))


def _acts_and_reminders(parts: Parts, today: date) -> int:
    """Each part of the morning's work, whatever happened in those before it: one case that cannot be counted anew must keep no window of others
    open, and leave nobody unreminded. One that lost a deadlock or its connection is done again. The first error is raised when all is done."""
    works: tuple[Callable[[], object], ...] = (
        parts.ledger.recount_dates,
        parts.ledger.write_lead_times,
        lambda: counted.append(len(parts.ledger.run_calendar(today))),
        lambda: counted.append(sweep_all(parts.engines, today)),
        lambda: _wake_what_is_due(parts, today),
        lambda: counted.append(_told_of_unowned(parts, today)),
        lambda: counted.append(_told_of_rights(parts, today)),
    )
    counted: list[int] = []
    errors: list[Exception] = []
    for work in works:
        try:
            retried(work)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return sum(counted)


def _told_of_unowned(parts: Parts, today: date) -> int:
    with parts.engines.scheduler() as session:
        return tell_unowned(session, today)


def _told_of_rights(parts: Parts, today: date) -> int:
    with parts.engines.scheduler() as session:
        return tell_rights_passed(session, today)


def _wake_what_is_due(parts: Parts, today: date) -> None:
    """Wake cases with a step that fell due, or went overdue, since the last sweep that came to a good end: Prefect is to say so."""
    with parts.engines.scheduler() as session:
        last = next((one for one in beats(session) if one.name == NAME), None)
        before = today_in_london(last.beat_at) - timedelta(days=1 if last.error_code else 0) if last else today
        if last is None or before < today:
            want_where_due(session, before, today)
