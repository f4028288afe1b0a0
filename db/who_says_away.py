"""Who may say of somebody else that they are away, so that nobody makes themselves head, or chief executive, by saying it.

For a post in a school that school's headteacher says it, for somebody who works at several schools whoever leads all of them, for a post of the
trust its SEND lead or chief executive. Nobody comes to stand in, by their own word, for somebody of their own rank or above, or at a school that is
not theirs: who is away says that themselves, or a third person does. Every function takes a scheduler session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.permissions import roles_for
from db.queries.acting import roles_today

RANKS = ("teacher", "senco", "headteacher", "trust_send_lead", "ceo")  # the lowest first; whatever else the trust has stands with its SEND lead
IN_A_SCHOOL = (*RANKS[:3], "governor")  # a teacher may sit on the board too
# Somebody's posts: those of today, and of a leaver, whose post can be held, those that they had.
_MAY_BE_SAID = text("""
    WITH posts AS (
        SELECT person_id, school_id, role, coalesce(until_on >= :today, true) AS here,
               bool_or(coalesce(until_on >= :today, true)) OVER (PARTITION BY person_id) AS is_here FROM memberships
    )
    SELECT person_id FROM posts WHERE here OR NOT is_here
    GROUP BY person_id HAVING bool_and(school_id = ANY (CAST(:leads AS int[])))
       AND (:of_the_trust OR bool_and(role = ANY (CAST(:in_a_school AS text[]))))
""")
_STANDS_IN = text("""
    SELECT DISTINCT i.holder_id, i.school_id, i.role, concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name) AS holder
    FROM unnest(CAST(:days AS date[])) AS d (day), LATERAL stand_ins(d.day) i JOIN persons p ON p.id = i.holder_id WHERE i.deputy_id = :by
""")
_OWN = text("SELECT school_id, role FROM memberships WHERE person_id = :by AND (until_on IS NULL OR until_on >= :today)")


@dataclass(frozen=True, slots=True)
class StoodInFor:
    """Somebody whose role at a school one acts in."""

    holder_id: int
    school_id: int
    role: str
    holder: str


def may_be_said_away(session: Session, by: int, leads: Iterable[int], today: date) -> frozenset[int]:
    """Of whom `by` may say that they are away: themselves, and everybody whose posts are all at schools that they lead (`leads`: where they may
    `say_away`); of people with a post of the trust only if they have one too."""
    of_the_trust = any(held.role in roles_for("read_trust") for held in roles_today(session, by, today))
    values = {"today": today, "leads": list(leads), "of_the_trust": of_the_trust, "in_a_school": list(IN_A_SCHOOL)}
    return frozenset(session.scalars(_MAY_BE_SAID, values)) | {by}


def stood_in_for(session: Session, by: int, days: Collection[date]) -> frozenset[StoodInFor]:
    """For whom `by` stands in on any of these days."""
    rows = session.execute(_STANDS_IN, {"by": by, "days": sorted(days)})
    return frozenset(StoodInFor(row.holder_id, row.school_id, row.role, row.holder) for row in rows)


def too_high(session: Session, by: int, gained: Iterable[StoodInFor], today: date) -> Sequence[StoodInFor]:
    """Which of these roles are not below every one that `by` holds themselves at that school."""
    own: dict[int, int] = {}
    for row in session.execute(_OWN, {"by": by, "today": today}):
        own[row.school_id] = max(own.get(row.school_id, -1), _rank(row.role))
    found = [one for one in gained if _rank(one.role) >= own.get(one.school_id, -1)]
    return sorted(found, key=lambda one: (-_rank(one.role), one.holder, one.school_id))


def changing_days(from_on: date, to_on: date | None, others: Iterable[tuple[date, date | None]]) -> list[date]:
    """The days of an absence on which a chain of deputies may become another one: its first, and those on which `others` begin or have ended."""
    ends = (last + timedelta(days=1) for _, last in others if last is not None and last < (to_on or date.max))
    days = {from_on, *(first for first, _ in others), *ends}
    return sorted(day for day in days if from_on <= day <= (to_on or date.max))


def _rank(role: str) -> int:
    return RANKS.index(role) if role in RANKS else RANKS.index("trust_send_lead")
