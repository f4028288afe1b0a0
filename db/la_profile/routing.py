"""Which of an LA's people a message goes to beside or in place of its officer: a breach rises to those whom the profile names for it, and what
belongs to a step goes where the LA wants it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.people import Recipient

LA = "la"
_NAMED = text("""
    SELECT c.id AS case_id, o.part, o.step, o.person_id, o.says, p.kind,
           concat_ws(' ', NULLIF(p.title, ''), NULLIF(p.given_name, ''), p.family_name) AS name
    FROM cases c JOIN definitions d ON d.id = c.definition_id LEFT JOIN pupils u ON u.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    JOIN la_profiles g ON g.authority_id = COALESCE(u.authority_id, s.authority_id) AND g.ended_at IS NULL
    JOIN la_profile_people o ON o.profile_id = g.id AND (o.part = 'escalation' OR o.part = 'send' AND o.process = d.process)
    JOIN persons p ON p.id = o.person_id
    WHERE c.id = ANY (:cases) AND (o.from_on IS NULL OR o.from_on <= :today) AND (o.until_on IS NULL OR o.until_on >= :today)
      AND (p.left_on IS NULL OR p.left_on >= :today)
    ORDER BY o.level, o.place
""")


@dataclass(frozen=True, slots=True)
class LaRoutes:
    """Who is named at the authorities of some cases: for escalation by case, the lowest level first, and desks by case and step."""

    escalation: dict[int, list[Recipient]]
    desks: dict[tuple[int, str], Recipient]

    def readers(self, case_id: int, step: str, officers: Sequence[Recipient], *, reminds: bool, breach: int) -> list[Recipient]:
        """Who reads a message to the LA, of whom `officers` would. `breach`: which breach of its ladder it is, from 1; 0 for none.

        The first breach goes to the lowest level, the next to the one above it, all further ones to the highest; the officer reads each too.
        """
        named = self.escalation.get(case_id, [])
        if breach and named:
            raised = named[min(breach, len(named)) - 1]
            return [*(one for one in officers if one.person_id != raised.person_id), raised]
        desk = self.desks.get((case_id, step))
        return [desk] if desk is not None and not reminds else list(officers)

    def named(self, case_id: int, role: str) -> list[Recipient]:
        """All whom a message to that role about that case may go to by these routes."""
        return [*self.escalation.get(case_id, ()), *(one for (case, _), one in self.desks.items() if case == case_id)] if role == LA else []


def la_routes(session: Session, cases: Iterable[int], today: date) -> LaRoutes:
    """The routes of these cases today (scheduler). Nothing is read where there are none."""
    found = LaRoutes({}, {})
    asked = sorted(set(cases))
    for row in session.execute(_NAMED, {"cases": asked, "today": today}) if asked else ():
        if row.part == "send":
            found.desks.setdefault((row.case_id, row.step), _reader(row))
        else:
            found.escalation.setdefault(row.case_id, []).append(_reader(row))
    return found


def _reader(row: Any) -> Recipient:
    return Recipient(row.person_id, None, row.name, row.kind, why=row.says, raised=row.part == "escalation")
