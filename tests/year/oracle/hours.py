"""When mails came, of what the mail server kept alone: nobody at night, nobody on a day that is not theirs, one mail a day to an officer of an LA."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from rules.hours import LONDON
from tests.year.days import KnownDays, is_working_day
from tests.year.mail import Arrived
from tests.year.oracle.findings import Findings
from tests.year.oracle.readers import Kind, Readers

OFFICE, FAMILY = (time(7), time(18)), (time(8), time(20))
DAY: dict[Kind, tuple[time, time]] = {"staff": OFFICE, "officer": OFFICE, "mailbox": OFFICE, "adviser": OFFICE, "family": FAMILY}


def judge_hours(arrived: Sequence[Arrived], readers: Readers, days: KnownDays, kinds: dict[str, str], findings: Findings) -> None:
    """`kinds`: by reference, what a mailing is (list, morning, a report)."""
    came: dict[tuple[Kind, str, date], list[str]] = defaultdict(list)
    for mail in arrived:
        reader, here = readers.kinds[mail.to.casefold()], mail.at.astimezone(LONDON)
        kind = kinds.get(mail.reference, "letter")
        findings.figures[f"mails: {kind} to {reader}"] += 1
        first, last = DAY[reader]
        if not first <= here.time() < last:
            findings.wrong(f"{reader} outside hours", f"{mail.reference} ({kind}) to {reader} at {here}")
        if reader == "staff":
            _staff_day(mail, here.date(), kind, readers, days, findings)
        if reader in ("officer", "mailbox", "adviser"):
            came[reader, mail.to.casefold(), here.date()].append(mail.reference)
            if not is_working_day(here.date()):
                findings.wrong(f"{reader} outside hours", f"{mail.reference} to {reader} on {here:%A %d %B}")
    for (reader, _, day), references in came.items():
        if reader == "officer" and len(references) > 1:
            findings.wrong("officer twice", f"{', '.join(references)} to one officer on {day}")
    for reader, many in (("officer", "officers"), ("mailbox", "LAs' mailboxes"), ("adviser", "advisers")):
        findings.figures[f"{many}: mails a day, most"] = max((len(found) for (one, _, _), found in came.items() if one == reader), default=0)


def _staff_day(mail: Arrived, day: date, kind: str, readers: Readers, days: KnownDays, findings: Findings) -> None:
    schools = readers.schools_at(readers.people[mail.to.casefold()], mail.at)
    if not any(days.at(mail.at).schools[school].has(day) for school in schools):
        findings.wrong("staff outside hours", f"{mail.reference} ({kind}) on {day:%A %d %B %Y}, no school day")


def kinds_of(mailings: Sequence[Any]) -> dict[str, str]:
    """By reference: list, morning, or which report."""
    return {f"LIST-{row.id:06}": row.kind for row in mailings}


def most_a_day(arrived: Sequence[Arrived]) -> dict[date, int]:
    """Mails by the day on which they came."""
    found: dict[date, int] = defaultdict(int)
    for mail in arrived:
        found[mail.at.astimezone(LONDON).date()] += 1
    return found
