"""Reports by mail: the trust's week and its new breaches to its leaders, a school's week to its head, a month's figures to its board.

Usable without Prefect. A report is due in its week or month until one has gone out; so an outage puts it off and never loses it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from db.acts.retry import retried
from db.mailings import take_apart
from db.reports import BOARD_MONTH, HEAD_WEEK, TRUST_BREACHES, TRUST_WEEK, ReportReader, calendars_of_reader, last_told, make_report, report_readers
from notifications.channels import NOT_REACHED
from notifications.compose_report import ROLES, new_breaches, week_of
from notifications.dispatch import deliver_mailings
from rules.calendar import england, today_in_london
from rules.hours import in_hours, reads_on
from tasks.failure import TaskFailed
from tasks.parts import Parts, this_thread

Since = Callable[[date], date]  # the first day of the time that one report is for


def monday(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def first_of_month(day: date) -> date:
    """The first day of that day's month."""
    return day.replace(day=1)


SINCE: dict[str, Since] = {TRUST_WEEK: monday, HEAD_WEEK: monday, BOARD_MONTH: first_of_month}


def send_reports(parts: Parts, now: datetime) -> int:
    """Owe each reader the reports of the London day of `now`, and send them. How many were made.

    Done again on the same day nobody has a second one. None at night, at a weekend, on a bank holiday, or while all the reader's schools are
    closed (but to whoever asked for it): the next day on which they are written to has it. Raises TaskFailed `server_not_reached` when the mail
    server is away.
    """
    today = today_in_london(now)
    made = 0
    if reads_on("officer", england(), today) and (parts.settings.demo or in_hours("officer", now)):
        made = retried(lambda: _owed(parts, today))
    _send(parts)
    return made


def _owed(parts: Parts, today: date) -> int:
    with parts.engines.scheduler() as session:
        take_apart(session, today)  # what an earlier day owed and no mail server took is owed anew, with today's words
        return sum(_owe(session, kind, reader, today) for kind in ROLES for reader in report_readers(session, ROLES[kind], today))


def _owe(session: Session, kind: str, reader: ReportReader, today: date) -> bool:
    return (
        _may_be_due(session, kind, reader, today)
        and any(reads_on("staff", calendar, today) for calendar in calendars_of_reader(session, kind, reader))
        and (kind != TRUST_BREACHES or new_breaches(week_of(session, kind, reader, today)) > 0)
        and make_report(session, kind, reader.person_id, today)
    )


def _may_be_due(session: Session, kind: str, reader: ReportReader, today: date) -> bool:
    if kind == TRUST_BREACHES:
        return not _has_a_week_today(session, reader, today)
    told_on = last_told(session, [kind], reader.person_id, today)
    return told_on is None or told_on < SINCE[kind](today)


def _has_a_week_today(session: Session, reader: ReportReader, today: date) -> bool:
    """The week tells the breaches too, so a leader has one message that day."""
    return last_told(session, [TRUST_WEEK], reader.person_id, today + timedelta(days=1)) == today


def _send(parts: Parts) -> None:
    while parts.settings.mail_url:
        sent = deliver_mailings(parts.engines, parts.clock, parts.settings, this_thread())
        if sent.away:
            raise TaskFailed(NOT_REACHED, "", outage=True)  # the heartbeat says so
        if not sent.accepted:
            return
