"""Rows of open steps written anew: when a school's terms or closures have changed, and when `verify` found rows wrong (`faults.md` D8)."""

from __future__ import annotations

from db import wakes
from db.acts.actor import CALENDAR
from db.acts.parts import Parts
from db.acts.retry import retried
from db.acts.rows import row_changes
from db.acts.standing import read_standing
from db.acts.write import json_or_null
from db.calendar_of_school import calendar_of
from db.roles import SCHEDULER

_SCHOOLS = "SELECT DISTINCT school_id FROM cases WHERE ended = ''"
_STALE = "SELECT ref FROM cases WHERE ended = '' AND school_id = %s AND calendar_version <> %s ORDER BY id"


def recount_dates(parts: Parts) -> list[str]:
    """Count the dates of every open case anew whose school's calendar is another than they were counted with. Returns their references.

    Each case that was recounted wants a wake. Nothing is written into a case's history: nothing has happened in it. A case that cannot be
    counted keeps no other waiting: the first error is raised when all the others are done.
    """
    stale: list[str] = []
    with parts.engines.scheduler() as session:
        query = session.connection().exec_driver_sql
        for school_id in query(_SCHOOLS).scalars().all():
            stale += query(_STALE, (school_id, calendar_of(session, school_id).version)).scalars()
    errors: list[Exception] = []
    for ref in stale:
        try:
            rebuild_rows(parts, ref)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return stale


def rebuild_rows(parts: Parts, ref: str) -> None:
    """Write a case's rows from its position. Raises NotFound."""
    while not retried(lambda: _rewritten(parts, ref), parts.kept.clear):
        pass  # somebody acted meanwhile: their act has another position, which is read again
    with parts.engines.scheduler() as session:
        wakes.want(session, [ref])


def _rewritten(parts: Parts, ref: str) -> bool:
    with parts.engines.act_connection(SCHEDULER) as connection:
        standing = read_standing(parts, connection, CALENDAR, ref, lock=False)
        rows = row_changes(standing.definition, None, standing.position, standing.calendar)
        values = (standing.case_id, standing.version, standing.calendar.version, json_or_null(rows.closed), json_or_null(rows.written))
        row = connection.execute("SELECT rewrite_steps(%s, %s, %s, %s::jsonb, %s::jsonb)", values).fetchone()
    assert row is not None
    return bool(row[0])
