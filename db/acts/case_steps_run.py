"""`case` steps that their own acts left behind: one whose case could not be opened then, and one whose case ended while nobody could record it.

Both are rare. A text that was not in force on the day, a pupil who is at another school now, a move to another text that opens a `case` step, a
case opened by hand later: the day's sweep takes care of each.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import psycopg

from db.acts.actor import CALENDAR
from db.acts.case_ends import Ended
from db.acts.following import Done, Following
from db.acts.parts import Parts
from db.acts.standing import read_standing
from db.roles import SCHEDULER
from rules.position_types import Change

_TEXTS = "SELECT id FROM definitions WHERE strpos(source, '\"case_ends\"') > 0"
_LEFT = (
    "SELECT DISTINCT c.ref FROM steps s JOIN cases c ON c.id = s.case_id WHERE s.closed_seq IS NULL AND s.status = 'open' AND s.owner = '' "
    "AND c.ended = '' AND c.definition_id = ANY(%s) AND s.step = ANY(%s) AND NOT EXISTS "
    "(SELECT 1 FROM case_waits w WHERE w.parent_id = s.case_id AND w.step = s.step AND w.party = s.party AND w.round = s.round) ORDER BY c.ref"
)
_ENDED = (
    "SELECT DISTINCT k.id, k.ref, k.version, k.ended FROM case_waits w JOIN cases k ON k.id = w.child_id AND k.ended <> '' "
    "JOIN steps s ON s.case_id = w.parent_id AND s.step = w.step AND s.party = w.party AND s.round = w.round AND s.closed_seq IS NULL "
    "JOIN cases c ON c.id = w.parent_id AND c.ended = '' AND s.status = 'open' ORDER BY k.id"
)
_NO_KEY = UUID(int=0)  # what is done here has keys of its own, whoever does it


def run_case_steps(parts: Parts) -> int:
    """Open or adopt the cases that open `case` steps still lack, and record the ends that are not recorded. Returns in how many cases it acted.

    A case that cannot be worked keeps no other waiting: the first error is raised when all the others are done.
    """
    done, errors = 0, []
    for work in _left_behind(parts):
        try:
            with parts.engines.act_connection(SCHEDULER) as connection, connection.transaction():
                following = work(connection)
        except Exception as error:
            errors.append(error)
            continue
        done += len(following.opened) + len(following.touched)
        for ref in following.touched:
            parts.kept.forget(ref)
    if errors:
        raise errors[0]
    return done


def _left_behind(parts: Parts) -> list[Callable[[psycopg.Connection], Following]]:
    with parts.engines.scheduler() as session:
        texts = [row[0] for row in session.connection().exec_driver_sql(_TEXTS)]
    if not texts:
        return []
    steps = sorted({step for text in texts for step in parts.pinned.of(text).case_steps})  # reads by a connection of its own
    with parts.engines.scheduler() as session:
        query = session.connection().exec_driver_sql
        left = [row[0] for row in query(_LEFT, (texts, steps))]
        ended = [tuple(row) for row in query(_ENDED)]
    today = parts.clock.today()

    def waiting(ref: str) -> Callable[[psycopg.Connection], Following]:
        return lambda connection: _begun(parts, connection, ref)

    def recorded(case_id: int, ref: str, seq: int, end: str) -> Callable[[psycopg.Connection], Following]:
        def record(connection: psycopg.Connection) -> Following:
            following = Following(parts, connection, CALENDAR)
            following.record_ends(Ended(case_id, ref, seq, end, today))
            if not following.touched:
                raise RuntimeError(f"the end of {ref} cannot be recorded in the case that waits for it")
            return following

        return record

    return [*(waiting(ref) for ref in left), *(recorded(*one) for one in ended)]


def _begun(parts: Parts, connection: psycopg.Connection, ref: str) -> Following:
    """Let every open `case` step of this case wait that does not wait yet; what waits already stays with the case it has."""
    standing = read_standing(parts, connection, CALENDAR, ref, lock=True)
    following = Following(parts, connection, CALENDAR)
    done = Done(
        standing.case_id, ref, standing.pupil_id, standing.definition, _NO_KEY, parts.clock.today(), standing.version, Change(standing.position)
    )
    for one in standing.position.open():
        if one.step in standing.definition.case_steps and not following.waits(done, one):
            following.begin_waiting(done, one)
    return following
