"""What is mine to do, what I wait for from others, and what is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.permissions import SPEAKS_FOR
from db.queries.step_rows import StepRow, read_steps

# Who follows other people's steps in a school. The trust's lead sees what is late, in `overdue`, not every step of every school.
FOLLOWS = frozenset({"senco", "headteacher"})
_HELD = text("SELECT school_id, role FROM memberships WHERE person_id = :person AND (until_on IS NULL OR until_on >= :today)")
_OWED_BY_ME = "(s.school_id, s.owner) IN (SELECT * FROM unnest(CAST(:schools AS int[]), CAST(:owners AS text[])))"


@dataclass(frozen=True, slots=True)
class Inbox:
    """`mine`: open steps that a role of mine owes. `waiting_for`: steps of others in schools where I am SENCO or head. Each by urgency."""

    mine: list[StepRow]
    waiting_for: list[StepRow]


def inbox(session: Session, person_id: int, today: date, limit: int = 1000) -> Inbox:
    """The inbox of a member of staff today, over all their schools; at most `limit` steps of each kind. Three statements."""
    held: dict[int, set[str]] = {}
    for school, role in session.execute(_HELD, {"person": person_id, "today": today}):
        held.setdefault(school, set()).add(role)
        held[school].update(party for party, speakers in SPEAKS_FOR.items() if role in speakers)
    pairs = [(school, role) for school, roles in held.items() for role in roles]
    owed = {"schools": [school for school, _ in pairs], "owners": [role for _, role in pairs]}
    mine = read_steps(session, today, f"s.status = 'open' AND {_OWED_BY_ME}", owed, limit)
    following = {"following": [school for school, roles in held.items() if roles & FOLLOWS]}
    others = read_steps(
        session, today, f"s.school_id = ANY(CAST(:following AS int[])) AND s.owner <> '' AND NOT {_OWED_BY_ME}", owed | following, limit
    )
    return Inbox(mine, [row for row in others if row.status == "open" or not row.ours])


def overdue(session: Session, today: date, limit: int = 1000) -> list[StepRow]:
    """Every step in the session's schools whose lawful (else targeted) day has passed and that no exception lifts, longest first."""
    condition = """COALESCE(s.due_on, s.target_on) < :today AND s.owner <> '' AND (s.status = 'open' OR s.due_on IS NOT NULL)
        AND (s.lifted = '' OR s.lifted_review_on < :today)"""
    return read_steps(session, today, condition, {"today": today}, limit)


def due_between(session: Session, first_on: date, last_on: date, today: date, limit: int = 1000) -> list[StepRow]:
    """Steps whose day to work to lies in that time, both days included."""
    condition = "LEAST(s.due_on, s.safe_on, s.target_on) BETWEEN :first AND :last"
    return read_steps(session, today, condition, {"first": first_on, "last": last_on}, limit)
