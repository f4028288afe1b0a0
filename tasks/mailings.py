"""The lists and mornings of a day: makes them of what was held, and sends them. Usable without Prefect."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.acts.retry import retried
from db.calendar_of_school import calendar_of
from db.complaints_to_la import lay_aside_unsaid
from db.handing_over import owe_to_deputies
from db.heartbeats import beats
from db.mailings import Made, lay_aside, make_lists, make_mornings, take_apart
from db.models import School
from db.said import lay_aside_overtaken
from notifications.dispatch import deliver_mailings
from rules.calendar import england, today_in_london
from rules.hours import LONDON, in_hours, morning_speaks_for, reads_on
from tasks import chase as chasing
from tasks.deliver import spread
from tasks.failure import TaskFailed
from tasks.parts import Parts, this_thread
from tasks.patience import patiently
from tasks.quiet import refuse_if_leapt, refuse_if_quiet
from tasks.sweeps import DAY, sweep

NAME = "send_lists"
NOTHING = Made(0, 0)


def send_lists(parts: Parts, now: datetime) -> int | None:
    """Make and send the lists (on a working day) and the mornings (of the schools for which it is a school day) of the London day of `now`.

    What the day owes is chased first, if it has not been. How many messages were made; None when another process is at it. Done again on the
    same day nobody has a second message. What the mail server does not take goes later, like a letter. A restart of the ledger's database is waited
    out. Raises TaskFailed: `clock.leapt`, `installation.quiet`.
    """
    patiently(lambda: refuse_if_leapt(parts))
    refuse_if_quiet(parts, "")
    try:
        patiently(lambda: _chase(parts, today_in_london(now)))
    finally:  # one case that cannot be worked must not leave everybody else untold
        made = patiently(lambda: sweep(parts, NAME, DAY, lambda: _make_and_send(parts, now)))
    return made


def _chase(parts: Parts, today: date) -> None:
    if not _is_chased(parts, today):
        chasing.chase(parts, today)


def _is_chased(parts: Parts, today: date) -> bool:
    """Whether today's chasing came to a good end: one that failed may have left reminders unfired, and is tried again."""
    with parts.engines.scheduler() as session:
        return any(one.name == chasing.NAME and not one.error_code and today_in_london(one.beat_at) == today for one in beats(session))


def _make_and_send(parts: Parts, now: datetime) -> int:
    while retried(lambda: spread(parts)).rows:
        pass
    made = retried(lambda: _collected(parts, now))  # what loses a deadlock, or a connection, would else come tomorrow
    while parts.settings.mail_url:
        sent = deliver_mailings(parts.engines, parts.clock, parts.settings, this_thread())
        if sent.away:
            raise TaskFailed(sent.away, "", outage=True)  # the heartbeat says so; they are tried again, today and by the next one
        if not sent.accepted:
            break
    return made.messages


def _collected(parts: Parts, now: datetime) -> Made:
    today = today_in_london(now)
    with parts.engines.scheduler() as session:
        take_apart(session, today)
        lay_aside(session)
        lay_aside_overtaken(session, today)
        lay_aside_unsaid(session, today)
        owe_to_deputies(session, today)
        return _made(parts, session, now)


def _made(parts: Parts, session: Session, now: datetime) -> Made:
    """Nothing outside the hours at which people may be written to: the next morning has it. A demo keeps the days alone."""
    today = today_in_london(now)
    if not parts.settings.demo and not in_hours("officer", now):
        return NOTHING
    lists = make_lists(session, today) if reads_on("officer", england(), today) else NOTHING
    calendars = {school_id: calendar_of(session, school_id) for school_id in session.scalars(select(School.id).order_by(School.id))}
    open_schools = {id_: morning_speaks_for(calendar, today) for id_, calendar in calendars.items() if reads_on("staff", calendar, today)}
    hour = None if parts.settings.demo else now.astimezone(LONDON) - datetime.combine(today, time(), LONDON)
    return lists + (make_mornings(session, today, open_schools, hour) if open_schools else NOTHING)
