"""A deputy hears that they were named. Messages that have not left go to whoever stands in by `db/redirect.py`.

Every function takes a scheduler session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.queries.absences import SaidAbsence
from rules.calendar import ONE_DAY, today_in_london
from rules.explain import in_full
from rules.hours import first_open_day, told_on

STANDING_IN = "standing_in"  # the kind of mailing that tells a deputy
# Once an absence, told by the next mailing that has not left; one that never left (no mail server that day) is made anew.
_TELL = text("""
    WITH untold AS (
        SELECT a.id, a.deputy_id FROM absences a JOIN persons p ON p.id = a.deputy_id LEFT JOIN mailings g ON g.id = a.told_by
        WHERE a.ended_at IS NULL AND (a.to_on IS NULL OR a.to_on >= :today) AND (g.id IS NULL OR g.state = 'superseded')
          AND p.email <> '' AND p.preferred_channel = 'email' AND (p.left_on IS NULL OR p.left_on >= :today)
          AND a.school_ids && CAST(:open AS int[])
    ), made AS (
        INSERT INTO mailings (kind, person_id, sent_for) SELECT DISTINCT :kind, deputy_id, CAST(:today AS date) FROM untold
        ON CONFLICT (kind, person_id, sent_for) DO UPDATE SET sent_for = excluded.sent_for WHERE mailings.state = 'owed' AND mailings.attempts = 0
        RETURNING id, person_id
    )
    UPDATE absences a SET told_by = made.id FROM untold JOIN made ON made.person_id = untold.deputy_id WHERE a.id = untold.id RETURNING a.id
""")
_SCHOOLS = text("SELECT DISTINCT unnest(school_ids) FROM absences WHERE ended_at IS NULL AND (to_on IS NULL OR to_on >= :today) ORDER BY 1")
_REACHED = text("""
    SELECT COALESCE(g.state NOT IN ('owed', 'claimed', 'superseded', 'failed', 'bounced'), false) AS told,
           p.email <> '' AND p.preferred_channel = 'email' AND COALESCE(g.state NOT IN ('failed', 'bounced'), true) AS by_mail,
           EXISTS (SELECT FROM mailings o WHERE o.kind = :kind AND o.person_id = a.deputy_id AND o.sent_for = :today AND o.id IS DISTINCT FROM g.id)
             AS has_todays
    FROM absences a JOIN persons p ON p.id = a.deputy_id LEFT JOIN mailings g ON g.id = a.told_by WHERE a.id = :absence
""")
# The posts are those of the absence's first day, or of today once it has begun: a leaver's, whose post is held, are those that they had.
_TOLD_OF = text("""
    SELECT concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS name, a.from_on, a.to_on,
           ARRAY(SELECT DISTINCT i.role FROM stand_ins(GREATEST(a.from_on, :today)) i
                  WHERE i.holder_id = a.person_id AND i.school_id = ANY (a.school_ids) ORDER BY i.role) AS roles,
           ARRAY(SELECT s.name FROM schools s WHERE s.id = ANY (a.school_ids) ORDER BY s.name) AS schools
    FROM absences a JOIN persons p ON p.id = a.person_id WHERE a.told_by = :mailing AND a.ended_at IS NULL ORDER BY a.from_on, a.id
""")


@dataclass(frozen=True, slots=True)
class ToStandIn:
    """An absence as its deputy is told of it: for whom, from when to when (None: nobody knows), in which roles, where."""

    name: str
    from_on: date
    to_on: date | None
    roles: tuple[str, ...]
    schools: tuple[str, ...]


def owe_to_deputies(session: Session, today: date) -> int:
    """Owe a message to each deputy of an absence that they were not told of, where `today` is a school day of one of the absence's schools: staff
    are not written to in the holidays, and whoever said the absence was told so (`untold_in_time`). How many absences; done again, none."""
    open_today = [one for one in session.scalars(_SCHOOLS, {"today": today}) if calendar_of(session, one).is_school_day(today)]
    return len(session.execute(_TELL, {"kind": STANDING_IN, "today": today, "open": open_today}).all())


def untold_in_time(session: Session, said: SaidAbsence, now: datetime, *, at_any_hour: bool = False) -> str:
    """A sentence for whoever said that absence (`now`, aware: the moment at which they read it), where its deputy is not told by mail by the day on
    which it begins; empty where they are. `at_any_hour`: a demo keeps days and no hours."""
    today = today_in_london(now)
    row = session.execute(_REACHED, {"absence": said.id, "kind": STANDING_IN, "today": today}).one()
    if row.told:
        return ""
    if not row.by_mail:
        return f"No mail reaches {said.deputy}; tell them yourself that they stand in."
    calendars = [calendar_of(session, one) for one in said.school_ids]
    day = told_on(calendars, now, at_any_hour=at_any_hour)
    if row.has_todays:  # of another absence: one a day
        day = first_open_day(calendars, max(day, today + ONE_DAY))
    if said.to_on is not None and said.to_on < day:
        return f"{said.deputy} is not told by mail, since the absence is over before the next school day, {in_full(day)}; tell them yourself."
    if said.from_on < day:
        return f"{said.deputy} is told by mail on {in_full(day)}, the next school day; if they must act before then, tell them yourself."
    return ""


def told_of(session: Session, mailing_id: int, today: date) -> list[ToStandIn]:
    """What that message tells; nothing of an absence that was taken back meanwhile."""
    rows = session.execute(_TOLD_OF, {"mailing": mailing_id, "today": today})
    return [ToStandIn(row.name, row.from_on, row.to_on, tuple(row.roles), tuple(row.schools)) for row in rows]
