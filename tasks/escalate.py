"""The trust's week: read for all schools, and help opened for a school that is far behind. Usable without Prefect."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from db.ledger import Actor, Opening
from db.queries.interventions import not_to_be_opened
from db.queries.trust_week import PlaceWeek, TrustWeek, trust_week
from rules.calendar import today_in_london
from tasks.failure import TaskFailed, code_of, place_of
from tasks.parts import Parts
from tasks.quiet import refuse_if_leapt, refuse_if_quiet
from tasks.reports import send_reports
from tasks.sweeps import DAY, sweep

NAME = "escalate_trust_wide"
PROCESS = "trust_intervention"
REFUSED = "escalate.refused"
SWEEP = Actor(None, frozenset(), "flow")
_KEYS = UUID("5b7f1a0e-6a3c-5d7e-8e5f-1f0c9d4b2a77")
log = logging.getLogger("sendflow.tasks")


def escalate(parts: Parts, now: datetime, show: Callable[[TrustWeek], object] = lambda week: None) -> int | None:
    """Read the week up to the London day of `now`, hand it to `show`, open what is to be opened, and send the reports that are due.

    How many cases were opened; None when another process is at it. Raises TaskFailed: `clock.leapt`, `installation.quiet`, `escalate.refused`,
    `server_not_reached`.
    """
    return sweep(parts, NAME, DAY, lambda: _escalate(parts, now, show))


def _escalate(parts: Parts, now: datetime, show: Callable[[TrustWeek], object]) -> int:
    week = read_week(parts, now)
    try:  # neither a Prefect server that is away nor one school that cannot be worked must leave everybody else untold
        try:
            show(week)
        finally:
            opened = open_interventions(parts, week)
    finally:
        send_reports(parts, now)
    return len(opened)


def read_week(parts: Parts, now: datetime) -> TrustWeek:
    """The week of all schools up to the London day of `now`; what became a breach today is new. Raises TaskFailed: `clock.leapt`,
    `installation.quiet`."""
    refuse_if_leapt(parts)
    refuse_if_quiet(parts, "")
    today = today_in_london(now)
    with parts.engines.scheduler() as session:
        return trust_week(session, today, today - timedelta(days=1))


def open_interventions(parts: Parts, week: TrustWeek) -> list[str]:
    """Open a case for each school whose breaches reach the setting `intervention_breaches`; their references.

    None for a school that has one open, or had one that ended in the last four weeks. Done again on the same day it opens nothing twice. One
    school that cannot be opened keeps no other waiting; then TaskFailed `escalate.refused` is raised at the end.
    """
    with parts.engines.scheduler() as session:
        left_alone = not_to_be_opened(session, PROCESS, week.on)
    behind = [one for one in week.schools if one.breaches >= parts.settings.intervention_breaches and one.id not in left_alone]
    opened, refused = [], 0
    for school in behind:
        try:
            opened += _open(parts, school, week.on)
        except Exception as error:
            log.error("help for school %s was not opened: %s at %s", school.id, code_of(error), place_of(error))
            refused += 1
    if refused:
        raise TaskFailed(REFUSED, "")
    return opened


def _open(parts: Parts, school: PlaceWeek, today: date) -> list[str]:
    facts = {"breaches": school.breaches, "overdue": school.overdue}
    # The day is in the key: what a person ended by hand today is answered with the case that they ended.
    key = uuid5(_KEYS, f"{PROCESS}/{school.id}/{today.isoformat()}")
    receipt = parts.ledger.open_cases(SWEEP, [Opening(key, PROCESS, None, facts, today, school_id=school.id)])[0]
    return [] if receipt.repeated else [receipt.case]
