"""Cases counted anew: those whose school's terms or closures have changed, whose LA asks earlier than before, and rows that
`verify` found wrong (`faults.md` D8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from db import wakes
from db.acts.actor import CALENDAR, Actor
from db.acts.errors import NotFound
from db.acts.parts import Parts
from db.acts.redating import Redated, redate_case
from db.acts.retry import retried
from db.acts.rows import row_changes
from db.acts.standing import read_standing
from db.acts.write import json_or_null
from db.la_profile.unwritten import unwritten, written
from db.roles import SCHEDULER

_STAMPS = (
    "SELECT s.id, calendar_stamp(s.id) FROM schools s WHERE EXISTS (SELECT FROM cases c WHERE c.school_id = s.id AND c.ended = '') ORDER BY s.id"
)
# Beside them those with a row of a program that did not ask whether what waits is certain to be owed: of a ledger of before, or of the last acts of
# that program beneath an upgrade.
_STALE = """
    SELECT c.ref, c.calendar_version <> now.version FROM cases c JOIN unnest(%s::int[], %s::text[]) AS now (school_id, version) USING (school_id)
    WHERE c.ended = '' AND (c.calendar_version <> now.version
       OR EXISTS (SELECT FROM steps s WHERE s.case_id = c.id AND s.closed_seq IS NULL AND s.status = 'waiting')) ORDER BY c.school_id, c.id
"""
Told = Callable[[int, int], object]  # cases done, cases in all


def stale_cases(parts: Parts, schools: Iterable[int] | None = None) -> dict[str, bool]:
    """Open cases (of these schools; None: of all) whose dates were counted with another calendar than their school's is now (true), or whose rows
    lack what this program asks (false)."""
    with parts.engines.scheduler() as session:
        stamps: dict[int, str] = dict(session.connection().exec_driver_sql(_STAMPS).all())
    wanted = stamps.keys() if schools is None else stamps.keys() & set(schools)
    versions = {school_id: parts.calendars.of(school_id, stamps[school_id]).version for school_id in sorted(wanted)}
    with parts.engines.scheduler() as session:
        return dict(session.connection().exec_driver_sql(_STALE, (list(versions), list(versions.values()))).all())


def _counted_all_the_same(parts: Parts, ref: str, error: NotFound, actor: Actor, schools: Iterable[int] | None) -> list[Exception]:
    """A case of the actor's own schools of which they may not know, as a head of a complaint about themselves: its dates move as the calendar's,
    and it is not named to them. What is another school's stays theirs: the error."""
    if actor.is_software or schools is None or not actor.schools.issuperset(schools):
        return [error]
    if not redate_case(parts, ref).moved:
        _wake(parts, ref)
    return []


def recount_dates(
    parts: Parts, actor: Actor = CALENDAR, because: str = "", schools: Iterable[int] | None = None, told: Told | None = None
) -> list[Redated]:
    """Count the dates of every open case anew whose school's calendar is another than they were counted with, or whose rows an older program wrote: a
    transaction each.

    Each case wants a wake. Where dates moved, one event says which, who did it and why; where none did, nothing has happened in the case. A
    case that cannot be counted keeps no other waiting: the first error is raised when all the others are done. Stopped, it goes on where it stood.
    """
    schools = None if schools is None else frozenset(schools)
    cases = stale_cases(parts, schools)
    done: list[Redated] = []
    errors: list[Exception] = []
    for place, (ref, moved) in enumerate(cases.items(), start=1):
        try:
            done.append(redate_case(parts, ref, actor, because) if moved else _asked_anew(parts, ref))
            if moved and not done[-1].moved:  # an act wakes the case by its row in the outbox
                _wake(parts, ref)
        except NotFound as error:
            errors += _counted_all_the_same(parts, ref, error, actor, schools)
        except Exception as error:
            errors.append(error)
        if told is not None:
            told(place, len(cases))
    if errors:
        raise errors[0]
    return done


def write_lead_times(parts: Parts) -> list[str]:
    """Write the rows of every case whose reminders a newly loaded LA profile moves, where that is still to be done. Returns their references.

    Done again after a death on the way it does the same. A case that cannot be written keeps no other waiting: the first error is raised after them.
    """
    with parts.engines.scheduler() as session:
        profiles, refs = unwritten(session)
    errors: list[Exception] = []
    for ref in refs:
        try:
            rebuild_rows(parts, ref)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    if profiles:
        with parts.engines.scheduler() as session:
            written(session, profiles)
    return refs


def rebuild_rows(parts: Parts, ref: str) -> None:
    """Write a case's rows from its position. Raises NotFound.

    Where they were counted with another calendar it is redated first: what the calendar moves is an event of its own, and whoever was told hears.
    """
    redate_case(parts, ref)
    while not retried(lambda: _rewritten(parts, ref), parts.kept.clear):
        redate_case(parts, ref)  # somebody acted meanwhile, whose act has another position; or the calendar has changed
    _wake(parts, ref)


def _asked_anew(parts: Parts, ref: str) -> Redated:
    rebuild_rows(parts, ref)
    return Redated(ref)


def _wake(parts: Parts, ref: str) -> None:
    with parts.engines.scheduler() as session:
        wakes.want(session, [ref])


def _rewritten(parts: Parts, ref: str) -> bool:
    with parts.engines.act_connection(SCHEDULER) as connection:
        standing = read_standing(parts, connection, CALENDAR, ref, lock=False)
        if standing.recounted:
            return False
        rows = row_changes(standing.definition, None, standing.position, standing.calendar, standing.ladders)
        values = (standing.case_id, standing.version, standing.calendar.version, json_or_null(rows.closed), json_or_null(rows.written))
        row = connection.execute("SELECT rewrite_steps(%s, %s, %s, %s::jsonb, %s::jsonb)", values).fetchone()
    assert row is not None
    return bool(row[0])
