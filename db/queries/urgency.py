"""How soon each of one's own steps is due, in the words of the morning and of the page: late, today, before the school is open again, this week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.queries.step_rows import StepRow
from rules.hours import announced_until

Urgency = Literal["overdue", "due_today", "in_holiday", "this_week", "later"]
URGENCIES: tuple[Urgency, ...] = ("overdue", "due_today", "in_holiday", "this_week", "later")
WEEK = timedelta(days=7)


def by_urgency(session: Session, rows: Sequence[StepRow], today: date) -> dict[Urgency, list[StepRow]]:
    """The steps, each under one word and in the order they came. `in_holiday` is what falls due before its school is next open, `later` what is due
    after a week or has no date."""
    until = {school_id: announced_until(calendar_of(session, school_id), today) for school_id in {row.school_id for row in rows}}
    found: dict[Urgency, list[StepRow]] = {name: [] for name in URGENCIES}
    for row in rows:
        found[_urgency(row, until[row.school_id], today)].append(row)
    return found


def is_due_by(row: StepRow, last_on: date, today: date) -> bool:
    """Whether the next of its days, from today, is that day or an earlier one."""
    day = row.next_day(today)
    return day is not None and day <= last_on


def _urgency(row: StepRow, until: date, today: date) -> Urgency:
    if row.overdue_days:
        return "overdue"
    if is_due_by(row, today, today):
        return "due_today"
    if is_due_by(row, until, today):
        return "in_holiday"
    return "this_week" if is_due_by(row, today + WEEK, today) else "later"
