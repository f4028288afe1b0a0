"""One pupil, with what an opener of a case need not type because the ledger knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.step_rows import pupil_name
from rules.definition import Definition
from rules.school_age import is_young_person
from rules.transfer import change_of_phase, review_by, transfer_day, year_now

_PUPIL = text("""
    SELECT p.id, p.given_name, p.family_name, p.known_as, p.born_on, p.year_group, p.looked_after, p.school_id, s.name AS school, s.phase, p.left_on,
           n.review_due_on, coalesce(n.last_review_on, n.issued_on) AS last_reviewed_on
    FROM pupils p JOIN schools s ON s.id = p.school_id
    LEFT JOIN LATERAL (SELECT * FROM plans WHERE plans.pupil_id = p.id AND plans.ceased_on IS NULL ORDER BY plans.id LIMIT 1) n ON true
    WHERE p.id = :pupil AND (:left_too OR p.left_on IS NULL OR p.left_on >= :today)
""")


@dataclass(frozen=True, slots=True)
class PupilToStart:
    """A pupil for whom a case may be opened. `review_due_on`, `last_reviewed_on` (or made on): of the plan, if there is one.

    `left_on`: the last day on roll, past or still to come.
    """

    id: int
    name: str
    born_on: date
    year_group: int | None
    looked_after: bool
    school_id: int
    school: str
    school_phase: str
    review_due_on: date | None
    last_reviewed_on: date | None
    left_on: date | None

    def known_facts(self, definition: Definition, today: date) -> dict[str, str]:
        """Form values of the facts that `definition` opens with and the ledger knows."""
        holder = "young_person" if is_young_person(self.born_on, today) else "parent"
        known = {"looked_after": "yes" if self.looked_after else "no", "rights_held_by": holder}
        if self.year_group is not None:
            known["year_group"] = str(self.year_group)
        phase = change_of_phase(self.school_phase, year_now(self.year_group, self.born_on, today))
        if phase:
            known["phase"] = phase
        typed = {f"fact.{name}": value for name, value in known.items() if name in definition.opens_with}
        for name, day in self._known_days(definition, phase, today).items():
            if name in definition.opens_with:
                typed |= {f"fact.{name}-day": str(day.day), f"fact.{name}-month": str(day.month), f"fact.{name}-year": str(day.year)}
        return typed

    def _known_days(self, definition: Definition, phase: str, today: date) -> dict[str, date]:
        """The next change of phase, and the day by which the plan's review is to be decided: no later than that change leaves time for."""
        days = {"transfer_on": transfer_day(today)} if phase else {}
        if self.last_reviewed_on is not None:
            days["last_reviewed_on"] = self.last_reviewed_on
        if self.review_due_on is None:
            return days
        return {**days, "review_due_on": review_by(definition, {**days, "phase": phase}, self.review_due_on, today)}


def pupil_to_start(session: Session, pupil_id: int, today: date, *, left_too: bool = False) -> PupilToStart | None:
    """The pupil with that id; None when not on roll today at a school of the session (`left_too`: or when never there)."""
    row = session.execute(_PUPIL, {"pupil": pupil_id, "today": today, "left_too": left_too}).one_or_none()
    if row is None:
        return None
    name = pupil_name(row.given_name, row.family_name, row.known_as)
    return PupilToStart(
        row.id, name, row.born_on, row.year_group, row.looked_after, row.school_id, row.school, row.phase, row.review_due_on, row.last_reviewed_on,
        row.left_on,
    )  # fmt: skip
