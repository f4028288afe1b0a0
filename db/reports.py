"""Reports: mailings without lines, whose words are read from the ledger when they are sent. Every function takes a scheduler session.

One a reader, kind and day, as lists and mornings are, and sent the same way. What a report has told is known from the reports before it, so that
after an outage nothing is left out and nothing told twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

TRUST_WEEK, TRUST_BREACHES, HEAD_WEEK, BOARD_MONTH = "trust_week", "trust_breaches", "head_week", "board_month"
REPORTS = (TRUST_WEEK, TRUST_BREACHES, HEAD_WEEK, BOARD_MONTH)
TOLD_FIRST = timedelta(days=7)  # a reader who never had a report: what is new is what came in the last week

_READERS = text("""
    SELECT m.person_id, array_agg(DISTINCT m.school_id ORDER BY m.school_id) AS schools
    FROM memberships m JOIN persons p ON p.id = m.person_id JOIN schools s ON s.id = m.school_id
    WHERE m.role = ANY(:roles) AND (m.until_on IS NULL OR m.until_on >= :today) AND (p.left_on IS NULL OR p.left_on >= :today)
      AND (s.left_on IS NULL OR s.left_on >= :today) AND p.email <> '' AND p.preferred_channel = 'email'
    GROUP BY m.person_id ORDER BY m.person_id
""")
_MAKE = text("INSERT INTO mailings (kind, person_id, sent_for) VALUES (:kind, :person, :today) ON CONFLICT DO NOTHING RETURNING id")
_LAST = text("""
    SELECT max(sent_for) FROM mailings
    WHERE person_id = :person AND kind = ANY(:kinds) AND sent_for < :before AND state NOT IN ('superseded', 'failed')
""")


@dataclass(frozen=True, slots=True)
class ReportReader:
    """A person of the staff who has a report by mail, and the schools that it is about."""

    person_id: int
    schools: tuple[int, ...]


def report_readers(session: Session, roles: Collection[str], today: date) -> list[ReportReader]:
    """Everybody who holds one of the roles today and reads mail, with the schools at which they hold it."""
    rows = session.execute(_READERS, {"roles": list(roles), "today": today})
    return [ReportReader(row.person_id, tuple(row.schools)) for row in rows]


def make_report(session: Session, kind: str, person_id: int, today: date) -> bool:
    """Owe the report to that reader today. False: it is there already."""
    return session.scalar(_MAKE, {"kind": kind, "person": person_id, "today": today}) is not None


def last_told(session: Session, kinds: Collection[str], person_id: int, before: date) -> date | None:
    """The day of the reader's last report of these kinds before that day, one that went out or still may."""
    found: date | None = session.scalar(_LAST, {"person": person_id, "kinds": list(kinds), "before": before})
    return found
