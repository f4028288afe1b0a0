"""Reports: mailings without lines, whose words are read from the ledger when they are sent. Every function takes a scheduler session.

One a reader, kind and day, as lists and mornings are, and sent the same way. What a report has told is known from the reports before it, so that
after an outage nothing is left out and nothing told twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.permissions import roles_for
from db.queries.trust_week import Told
from rules.calendar import SchoolCalendar, england

TRUST_WEEK, TRUST_BREACHES, HEAD_WEEK, BOARD_MONTH = "trust_week", "trust_breaches", "head_week", "board_month"
REPORTS = (TRUST_WEEK, TRUST_BREACHES, HEAD_WEEK, BOARD_MONTH)
TOLD_FIRST = timedelta(days=7)  # a reader who never had a report: what is new is what came in the last week

# The reports of somebody who is away are read by who stands in; where nobody does, they wait for the holder.
_READERS = text("""
    WITH stood_in AS MATERIALIZED (SELECT * FROM stand_ins(:today) WHERE deputy_id IS NOT NULL AND role = ANY(:roles)), acting AS (
        SELECT m.person_id, m.school_id FROM memberships m
        WHERE m.role = ANY(:roles) AND (m.until_on IS NULL OR m.until_on >= :today) AND NOT EXISTS (
            SELECT FROM stood_in i WHERE i.holder_id = m.person_id AND i.school_id = m.school_id AND i.role = m.role)
        UNION SELECT deputy_id, school_id FROM stood_in
    )
    SELECT a.person_id, array_agg(a.school_id ORDER BY a.school_id) AS schools, COALESCE(bool_or(w.reports_in_holidays), false) AS in_holidays
    FROM acting a JOIN persons p ON p.id = a.person_id JOIN schools s ON s.id = a.school_id LEFT JOIN preferences w ON w.person_id = a.person_id
    WHERE (p.left_on IS NULL OR p.left_on >= :today) AND (s.left_on IS NULL OR s.left_on >= :today)
      AND p.email <> '' AND p.preferred_channel = 'email'
    GROUP BY a.person_id ORDER BY a.person_id
""")
_MAKE = text("INSERT INTO mailings (kind, person_id, sent_for) VALUES (:kind, :person, :today) ON CONFLICT DO NOTHING RETURNING id")
_NEVER_SENT = ["superseded", "failed"]
_LAST = text("""
    SELECT g.sent_for, t.breaches, t.late FROM mailings g LEFT JOIN told_breaches t ON t.mailing_id = g.id
    WHERE g.person_id = :person AND g.kind = ANY(:kinds) AND g.sent_for < :before AND g.id <> :but AND g.state <> ALL (:not)
    ORDER BY g.sent_for DESC, g.id DESC LIMIT 1
""")
_KEEP = text("""
    INSERT INTO told_breaches (mailing_id, breaches, late) VALUES (:mailing, :breaches, :late)
    ON CONFLICT (mailing_id) DO UPDATE SET breaches = excluded.breaches, late = excluded.late
        WHERE NOT (SELECT may_be_twice FROM mailings WHERE id = excluded.mailing_id)
""")


@dataclass(frozen=True, slots=True)
class ReportReader:
    """A person of the staff who has a report by mail, and the schools that it is about. `in_holidays`: they asked for it then too."""

    person_id: int
    schools: tuple[int, ...]
    in_holidays: bool = False


@dataclass(frozen=True, slots=True)
class LastReport:
    """The day of a reader's last report, and what stood in it (`TrustWeek.told`); None where it was not kept then."""

    on: date
    told: Told | None


def report_readers(session: Session, roles: Collection[str], today: date) -> list[ReportReader]:
    """Everybody who acts in one of the roles today and reads mail, with the schools at which they do: its holder, or who stands in for them."""
    rows = session.execute(_READERS, {"roles": list(roles), "today": today})
    return [ReportReader(row.person_id, tuple(row.schools), row.in_holidays) for row in rows]


def leads_by_mail(session: Session, person_id: int, today: date) -> bool:
    """Whether this person has the reports to the trust's leaders: then they may ask for them in the holidays."""
    return any(one.person_id == person_id for one in report_readers(session, roles_for("read_trust"), today))


def calendars_of_reader(session: Session, kind: str, reader: ReportReader) -> Iterator[SchoolCalendar]:
    """By whose school days the reader has that report: their schools'. For a leader of the trust who asked for reports in the holidays, one without
    terms, in which each working day is one. A head's and a board's keep to the school: who leads the trust no more is not asked again."""
    if reader.in_holidays and kind in (TRUST_WEEK, TRUST_BREACHES):
        yield england()
    else:
        yield from (calendar_of(session, school_id) for school_id in reader.schools)


def make_report(session: Session, kind: str, person_id: int, today: date) -> bool:
    """Owe the report to that reader today. False: it is there already."""
    return session.scalar(_MAKE, {"kind": kind, "person": person_id, "today": today}) is not None


def last_told(session: Session, kinds: Collection[str], person_id: int, before: date) -> date | None:
    """The day of the reader's last report of these kinds before that day, one that went out or still may. One that came back is not sent anew each
    day: what it should have told is new in the next."""
    found = session.execute(_LAST, {"person": person_id, "kinds": list(kinds), "before": before, "but": 0, "not": _NEVER_SENT}).one_or_none()
    return found.sent_for if found else None


def last_report(session: Session, kinds: Collection[str], person_id: int, before: date, but: int = 0) -> LastReport | None:
    """The reader's last report of these kinds before that day, one that went out or still may, and has not come back. `but`: the mailing that is
    being written."""
    values = {"person": person_id, "kinds": list(kinds), "before": before, "but": but, "not": [*_NEVER_SENT, "bounced"]}
    row = session.execute(_LAST, values).one_or_none()
    if row is None or row.breaches is None:
        return None if row is None else LastReport(row.sent_for, None)
    return LastReport(row.sent_for, Told(frozenset(row.breaches), None if row.late is None else frozenset(row.late)))


def keep_told(session: Session, mailing_id: int, told: Told) -> None:
    """Keep what the report tells, in the transaction that composes it. One that never goes out does not count (`last_report`). Of one that is sent
    again, because its first copy may have come, that copy's stays: whoever has it need not read the second."""
    late = None if told.late is None else sorted(told.late)
    session.execute(_KEEP, {"mailing": mailing_id, "breaches": sorted(told.breaches), "late": late})
