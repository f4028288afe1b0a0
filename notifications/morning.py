"""What stands in the morning of one of the staff, beside what is new: due today, in the days without school, this week, overdue, awaited."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup
from sqlalchemy.orm import Session

from db.kept_away import cases_not_told_to
from db.queries.acting import roles_today
from db.queries.inbox import Inbox, inbox
from db.queries.step_rows import StepRow
from db.queries.urgency import WEEK, Urgency, by_urgency, is_due_by
from notifications.lines import line_of_step, worst_first
from notifications.reader import Reader

WORDS_OF_SECTIONS: dict[Urgency, str] = {
    "overdue": "late",
    "due_today": "due today",
    "in_holiday": "due before your school is open again",
    "this_week": "due this week",
}
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
    mine = by_urgency(session, [row for row in found.mine if row.case_id not in kept], today)
    waiting = (row for row in found.waiting_for if row.case_id not in kept)
    return found, {
        **{name: mine[name] for name in WORDS_OF_SECTIONS},
        "waiting": [row for row in waiting if row.overdue_days or is_due_by(row, today + WEEK, today)],
    }
