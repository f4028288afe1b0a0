"""What was held for a list or a morning stood in that of the first day on which its reader is written to; and at the end nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from rules.hours import LONDON
from tests.year.days import KnownDays, is_working_day
from tests.year.oracle.findings import Findings
from tests.year.oracle.letters import NOT_YET, SENT, Letters

MailUp = Callable[[date], bool]


def judge_bundles(letters: Letters, lists: Sequence[datetime], days: KnownDays, mail_up: MailUp, end: datetime, findings: Findings) -> None:
    """`lists`: when lists and mornings were made; `mail_up`: whether a mail server took mails on that day; `end`: of the year."""
    for row in letters.rows:
        if row.state == "listed" and row.mailing_state in SENT:
            expected = _first_day(row, lists, days, mail_up)
            findings.figures["lines sent in lists and mornings"] += 1
            if row.sent_for != expected:
                findings.wrong("wrong day", f"{_words(row)} stood in that of {row.sent_for}, and not of {expected}")
        elif row.state in ("held", "listed"):
            findings.figures["held over the end of the year"] += 1
            if (day := _first_day(row, lists, days, mail_up)) is not None:
                findings.wrong("forgotten", f"{_words(row)}, and {day} was a day of its reader's")
        elif row.state in NOT_YET and row.next_try_at <= end:
            findings.wrong("forgotten", f"{_words(row)} {row.error_code}, to be tried at {row.next_try_at}")


def _first_day(row: Any, lists: Sequence[datetime], days: KnownDays, mail_up: MailUp) -> date | None:
    for made in lists:
        day = made.astimezone(LONDON).date()
        if made < row.created_at or day < row.owed_on or not mail_up(day):
            continue
        if is_working_day(day) if row.held_for == "list" else days.at(made).schools[row.school_id].has(day):
            return day
    return None


def _words(row: Any) -> str:
    rung = f" rung {row.rung}" if row.rung is not None else ""
    return f"{row.ref} {row.step}/{row.party}{rung} to {row.to_role}, made {row.created_at}, for a {row.held_for or 'letter'}"
