"""What is mine to do, what I wait for from others, and what is late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from sqlalchemy import TextClause
from sqlalchemy.orm import Session

from db.permissions import SPEAKS_FOR
from db.queries.owed_rows import IS_OWED
from db.queries.step_rows import StepRow, read_steps, statement_of_steps, step_rows

# Who follows other people's steps in a school. The trust's lead sees what is late, in `overdue`, not every step of every school.
FOLLOWS = frozenset({"senco", "headteacher"})
# `held`: my roles today, my own and those in which I stand in (`holder_id`, whom for); `owed`: what I owe by them, "the school" being spoken for
# by some; then what of that is open, and what others owe where I follow them. Each reads the index `steps_inbox` of its own schools, and is cut
# off by itself. What never changes is written out: with it as parameters PostgreSQL thinks a plan for all values too dear, and plans the
# statement anew each time, which takes half as long as running it.
_INBOX = """
    WITH held AS MATERIALIZED (
        SELECT m.school_id, m.role, NULL::bigint AS holder_id FROM memberships m
        WHERE m.person_id = :person AND (m.until_on IS NULL OR m.until_on >= :today)
        UNION ALL SELECT school_id, role, holder_id FROM stands_in(:person, :today)
    ), owed AS MATERIALIZED (
        SELECT school_id, owner, CASE WHEN bool_and(holder_id IS NOT NULL) THEN min(holder_id) END AS holder_id FROM (
            SELECT school_id, role AS owner, holder_id FROM held
            UNION ALL SELECT school_id, party, holder_id FROM held JOIN (VALUES {speaks_for}) AS v(role, party) USING (role)
        ) AS mine GROUP BY school_id, owner
    ), s AS (
        (SELECT {chosen}, true AS mine, owed.holder_id FROM owed JOIN steps s USING (school_id, owner)
         WHERE s.closed_seq IS NULL AND s.status = 'open' ORDER BY {by_urgency} LIMIT {limit})
        UNION ALL
        (SELECT {chosen}, false AS mine, NULL FROM steps s
         WHERE s.closed_seq IS NULL AND s.owner <> '' AND {is_owed}
           AND s.school_id = ANY (ARRAY(SELECT school_id FROM held WHERE role IN ({follows})))
           AND NOT EXISTS (SELECT FROM owed WHERE owed.school_id = s.school_id AND owed.owner = s.owner) ORDER BY {by_urgency} LIMIT {limit})
    )
    SELECT s.mine, s.holder_id, {with_case} FROM s {beside}
    WHERE c.readers IS NULL OR EXISTS (SELECT FROM held h WHERE h.school_id = s.school_id AND h.role = ANY (c.readers))
    ORDER BY {by_urgency}
"""


@dataclass(frozen=True, slots=True)
class Inbox:
    """`mine`: open steps that a role of mine owes. `waiting_for`: steps of others in schools where I am SENCO or head. Each by urgency.

    `stands_in_for`: of those of `mine` that I owe in somebody's absence, by case id and number: whose they are (a person's id).
    """

    mine: list[StepRow]
    waiting_for: list[StepRow]
    stands_in_for: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def holder_of(self, step: StepRow) -> int | None:
        """The person in whose absence this step is mine; None: it is my own."""
        return self.stands_in_for.get((step.case_id, step.no))


def inbox(session: Session, person_id: int, today: date, limit: int = 1000) -> Inbox:
    """The inbox of a member of staff today, over all their schools; at most `limit` steps of each kind. One statement. Nobody is awaited for what
    may never be owed, or for an answer that is recorded already."""
    rows = session.execute(_inbox_statement(limit), {"person": person_id, "today": today}).all()
    read = list(zip(rows, step_rows(session, rows, today), strict=True))
    mine = [step for row, step in read if row.mine]
    others = [step for row, step in read if not row.mine and (step.status == "open" or not step.ours)]
    return Inbox(mine, others, {(row.case_id, row.no): row.holder_id for row in rows if row.holder_id is not None})


@lru_cache(maxsize=8)
def _inbox_statement(limit: int) -> TextClause:
    spoken = ", ".join(f"('{speaker}', '{party}')" for party, speakers in SPEAKS_FOR.items() for speaker in speakers)
    return statement_of_steps(
        _INBOX, speaks_for=spoken, follows=", ".join(f"'{role}'" for role in sorted(FOLLOWS)), limit=str(limit), is_owed=IS_OWED
    )


def overdue(session: Session, today: date, limit: int = 1000) -> list[StepRow]:
    """Every step surely owed in the session's schools whose lawful (else targeted) day has passed and no exception lifts, longest first.

    With a window that the calendar itself closes (`wakes_on`) nobody is late.
    """
    condition = f"""COALESCE(s.due_on, s.target_on) < :today AND s.owner <> '' AND s.wakes_on IS NULL
        AND (s.status = 'open' OR {IS_OWED} AND s.due_on IS NOT NULL)
        AND (s.lifted = '' OR s.lifted_review_on < :today)"""
    return read_steps(session, today, condition, {"today": today}, limit)


def due_between(session: Session, first_on: date, last_on: date, today: date, limit: int = 1000) -> list[StepRow]:
    """Steps surely owed that are to be done in that time, both days included: the day to work to has come by its end, and the last lawful (else
    targeted) day is not past at its beginning. So what is past our own target stands here until it is overdue."""
    condition = f"LEAST(s.due_on, s.safe_on, s.target_on) <= :last AND COALESCE(s.due_on, s.target_on) >= :first AND {IS_OWED}"
    return read_steps(session, today, condition, {"first": first_on, "last": last_on}, limit)
