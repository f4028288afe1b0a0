"""Chasing: fires the rungs of the ladders that have come due, set-based, into the outbox.

Every rung's day is in the step's row since the date was set, so the sweep needs no rules. Which rung tells whom, and which are passed over
after an outage, is worked out when the outbox is spread (`db/chase_messages.py`).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import Engines

BATCH = 5000

# What was due first stands first in the outbox, and so is told first on a morning of thousands (faults.md L1).
# A row that another sweep or an act holds is left to it at first.
_SWEEP = text("""
    WITH due AS MATERIALIZED (
        SELECT s.ctid AS place, s.rung AS was, (SELECT count(*)::int FROM unnest(s.chase_on) AS day WHERE day <= :today) AS now
        FROM steps s WHERE s.closed_seq IS NULL AND s.next_chase_on <= :today ORDER BY s.next_chase_on LIMIT :batch FOR UPDATE SKIP LOCKED
    ), fired AS (
        UPDATE steps s SET rung = due.now, next_chase_on = s.chase_on[due.now + 1] FROM due WHERE s.ctid = due.place
        RETURNING s.case_id, s.opened_seq, s.school_id, due.was + 1 AS first, due.now AS last, s.no, s.step, s.party, s.round, s.owner,
                  COALESCE(s.due_on, s.target_on) AS due_on, s.ladder_id
    ), owed AS (
        INSERT INTO outbox (case_id, seq, school_id, messages)
        SELECT case_id, opened_seq, school_id, json_build_object('rungs', json_build_object('first', first, 'last', last, 'no', no, 'step', step,
               'party', party, 'round', round, 'owner', owner, 'due_on', due_on, 'ladder_id', ladder_id))::text
        FROM fired ORDER BY due_on, case_id, no RETURNING 1
    )
    SELECT count(*) FROM owed
""")

# One that an act holds now: locked by itself, so that two never wait for each other, and read anew when the act is over.
_HELD = text("SELECT FROM steps s WHERE s.closed_seq IS NULL AND s.next_chase_on <= :today ORDER BY s.next_chase_on LIMIT 1 FOR UPDATE")


def sweep(session: Session, today: date, batch: int = BATCH) -> int:
    """Fire what is due by `today` for at most `batch` steps, in the session's transaction (scheduler). Returns how many steps were chased.

    Run again on the same day, or twice at once, it fires nothing twice.
    """
    return int(session.execute(_SWEEP, {"today": today, "batch": batch}).scalar_one())


def sweep_all(engines: Engines, today: date) -> int:
    """Sweep until nothing is due, 5,000 steps a transaction. Returns how many steps were chased.

    Last what acts held meanwhile: the next sweep is tomorrow's, and an act of its case need not have moved what is due.
    """
    total = 0
    while True:
        with engines.scheduler() as session:
            fired = sweep(session, today)
            if fired == 0 and session.execute(_HELD, {"today": today}).first() is not None:
                fired = sweep(session, today)
        total += fired
        if fired == 0:
            return total
