"""Which of an LA's people a message goes to beside or in place of its officer: a breach rises to those whom the profile names for it, what
belongs to a step goes where the LA wants it, and a notice goes to the SEN team's mailbox, which is read also while an officer is away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.kept_away import kept_away
from db.queries.people import Recipient

LA = "la"
# The mailbox is often a contact of the LA as well: it is that person then, who has one list a day and hears once that a date moved.
_NAMED = text(f"""
    SELECT c.id AS case_id, o.part, o.step, o.person_id, NULL::int AS authority_id, o.says, p.kind,
           concat_ws(' ', NULLIF(p.title, ''), NULLIF(p.given_name, ''), p.family_name) AS name, o.level, o.place
    FROM cases c JOIN definitions d ON d.id = c.definition_id LEFT JOIN pupils u ON u.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    JOIN la_profiles g ON g.authority_id = COALESCE(u.authority_id, s.authority_id) AND g.ended_at IS NULL
    JOIN la_profile_people o ON o.profile_id = g.id AND (o.part = 'escalation' OR o.part = 'send' AND o.process = d.process)
    JOIN persons p ON p.id = o.person_id
    WHERE c.id = ANY (:cases) AND (o.from_on IS NULL OR o.from_on <= :today) AND (o.until_on IS NULL OR o.until_on >= :today)
      AND (p.left_on IS NULL OR p.left_on >= :today) AND {kept_away("u.id", "p.id")} IS NOT TRUE
    UNION ALL
    SELECT c.id, 'mailbox', '', k.person_id, CASE WHEN k.person_id IS NULL THEN a.id END, 'the mailbox of the SEN team', 'outside',
           COALESCE(k.name, a.name || ' SEN team'), 0, 0
    FROM cases c LEFT JOIN pupils u ON u.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    JOIN authorities a ON a.id = COALESCE(u.authority_id, s.authority_id)
    LEFT JOIN la_profiles g ON g.authority_id = a.id AND g.ended_at IS NULL
    LEFT JOIN LATERAL (
        SELECT p.id AS person_id, concat_ws(' ', NULLIF(p.title, ''), NULLIF(p.given_name, ''), p.family_name) AS name FROM persons p
        WHERE lower(p.email) = lower(a.sen_email) AND (p.left_on IS NULL OR p.left_on >= :today) AND p.id IN (
            SELECT o.person_id FROM la_profile_people o WHERE o.profile_id = g.id AND o.part = 'officer'
            UNION ALL SELECT h.person_id FROM authority_contacts h WHERE h.authority_id = a.id AND h.role = 'la' AND g.id IS NULL)
        ORDER BY p.id LIMIT 1
    ) k ON true
    WHERE c.id = ANY (:cases) AND a.sen_email <> '' AND g.notices_to_officer IS NOT TRUE
      AND NOT EXISTS (SELECT FROM families f JOIN persons p ON p.id = f.person_id
                      WHERE f.pupil_id = u.id AND f.no_contact AND lower(p.email) = lower(a.sen_email))
    ORDER BY level, place
""")  # noqa: S608  our own columns


@dataclass(frozen=True, slots=True)
class LaRoutes:
    """Who is named at the authorities of some cases: for escalation by case, the lowest level first, desks by case and step, and the mailbox
    that has a case's notices."""

    escalation: dict[int, list[Recipient]]
    desks: dict[tuple[int, str], Recipient]
    mailboxes: dict[int, Recipient]

    def readers(self, case_id: int, step: str, officers: Sequence[Recipient], *, reminds: bool, breach: int) -> list[Recipient]:
        """Who reads a message to the LA, of whom `officers` would. `breach`: which breach of its ladder it is, from 1; 0 for none.

        The first breach goes to the lowest level, the next to the one above it, all further ones to the highest; the officer reads each too.
        `reminds`: it chases; else it is a notice, and goes to the step's desk, the mailbox, or the officer where there is neither.
        """
        named = self.escalation.get(case_id, [])
        if breach and named:
            raised = named[min(breach, len(named)) - 1]
            return [*(one for one in officers if one.person_id != raised.person_id), raised]
        place = None if reminds else self.desks.get((case_id, step), self.mailboxes.get(case_id))
        return list(officers) if place is None else [place]

    def complained_to(self, case_id: int, officers: Sequence[Recipient]) -> list[Recipient]:
        """Who reads a formal complaint: the mailbox, as every notice; else whoever stands highest of those that the profile names, or the officer."""
        mailbox = self.mailboxes.get(case_id)
        return [mailbox] if mailbox is not None else self.highest(case_id) or list(officers)

    def highest(self, case_id: int) -> list[Recipient]:
        """Whoever stands highest of those to whom a breach rises, alone; nobody where the profile names none."""
        return self.escalation.get(case_id, [])[-1:]

    def named(self, case_id: int, role: str) -> list[Recipient]:
        """All whom a message to that role about that case may go to by these routes."""
        if role != LA:
            return []
        desks = (one for (case, _), one in self.desks.items() if case == case_id)
        mailbox = self.mailboxes.get(case_id)
        return [*self.escalation.get(case_id, ()), *desks, *([mailbox] if mailbox is not None else ())]


def la_routes(session: Session, cases: Iterable[int], today: date) -> LaRoutes:
    """The routes of these cases today (scheduler). Nothing is read where there are none."""
    found = LaRoutes({}, {}, {})
    asked = sorted(set(cases))
    for row in session.execute(_NAMED, {"cases": asked, "today": today}) if asked else ():
        if row.part == "send":
            found.desks.setdefault((row.case_id, row.step), _reader(row))
        elif row.part == "mailbox":
            found.mailboxes[row.case_id] = _reader(row)
        else:
            found.escalation.setdefault(row.case_id, []).append(_reader(row))
    return found


def _reader(row: Any) -> Recipient:
    return Recipient(row.person_id, row.authority_id, row.name, row.kind, why=row.says, raised=row.part == "escalation")
