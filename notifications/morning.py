"""What stands in the morning of one of the staff, beside what is new: due today, in the days without school, this week, overdue, awaited."""

from __future__ import annotations

from datetime import date, timedelta

from markupsafe import Markup
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.kept_away import cases_not_told_to
from db.queries.acting import roles_today
from db.queries.inbox import Inbox, inbox
from db.queries.step_rows import StepRow
from notifications.lines import line_of_step, worst_first
from notifications.reader import Reader
from rules.hours import announced_until

WEEK = timedelta(days=7)
WORDS_OF_SECTIONS = {"overdue": "late", "due_today": "due today", "in_holiday": "due before your school is open again", "this_week": "due this week"}
SHOWN = 30  # lines a section; the page of the console has all of them


def sections(session: Session, reader: Reader, origin: str, today: date) -> dict[str, object]:
    """The sections by name, each at most `SHOWN` lines, and in `more` how many each left out. Each step stands in one section only.

    `in_holiday` is what falls due before the school is next open; `waiting` what others owe, late or due within the week. Nothing about a child
    from whom an order keeps the reader, nor of a case that they stand aside from.
    """
    found, split = _split(session, reader, today)
    away = {one.holder_id: one.holder for one in roles_today(session, reader.person_id or 0, today)} if found.stands_in_for else {}
    lines = {name: worst_first(line_of_step(row, origin, away.get(found.holder_of(row), "")) for row in rows)[:SHOWN] for name, rows in split.items()}
    more = {name: max(len(rows) - SHOWN, 0) for name, rows in split.items()}
    return {**lines, "more": more, "all_of_it": Markup(f"{origin.rstrip('/')}/")}  # noqa: S704  our own address


def counts(session: Session, reader: Reader, today: date) -> dict[str, int]:
    """How many steps stand in the sections that say what is due, by words for a sentence: "3 late"."""
    split = _split(session, reader, today)[1]
    return {words: len(split[name]) for name, words in WORDS_OF_SECTIONS.items()}


def _split(session: Session, reader: Reader, today: date) -> tuple[Inbox, dict[str, list[StepRow]]]:
    if reader.person_id is None:
        raise ValueError("a morning is written to one of the staff; an authority has lists")
    found, kept = inbox(session, reader.person_id, today), cases_not_told_to(session, reader.person_id, today)
    mine = [row for row in found.mine if row.case_id not in kept]
    until = {school_id: announced_until(calendar_of(session, school_id), today) for school_id in {row.school_id for row in mine}}
    split: dict[str, list[StepRow]] = {"overdue": [], "due_today": [], "in_holiday": [], "this_week": []}
    for row in mine:
        if name := _section(row, until[row.school_id], today):
            split[name].append(row)
    split["waiting"] = [row for row in found.waiting_for if row.case_id not in kept and _is_awaited(row, today)]
    return found, split


def _section(row: StepRow, until: date, today: date) -> str:
    if row.overdue_days:
        return "overdue"
    day = row.next_day(today)
    if day is None:
        return ""
    if day == today:
        return "due_today"
    return "in_holiday" if day <= until else "this_week" if day <= today + WEEK else ""


def _is_awaited(row: StepRow, today: date) -> bool:
    day = row.next_day(today)
    return bool(row.overdue_days) or (day is not None and day <= today + WEEK)
