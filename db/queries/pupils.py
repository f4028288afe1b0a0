"""One pupil, with what an opener of a case need not type because the ledger knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.step_rows import pupil_name
from rules.definition import Definition
from rules.school_age import is_young_person

_PUPIL = text("""
    SELECT p.id, p.given_name, p.family_name, p.known_as, p.born_on, p.year_group, p.looked_after, p.school_id, s.name AS school,
           (SELECT n.review_due_on FROM plans n WHERE n.pupil_id = p.id AND n.ceased_on IS NULL ORDER BY n.id LIMIT 1) AS review_due_on
    FROM pupils p JOIN schools s ON s.id = p.school_id WHERE p.id = :pupil AND p.left_on IS NULL
""")


@dataclass(frozen=True, slots=True)
class PupilToStart:
    """A pupil on roll for whom a case may be opened. `review_due_on`: of the plan, if there is one."""

    id: int
    name: str
    born_on: date
    year_group: int | None
    looked_after: bool
    school_id: int
    school: str
    review_due_on: date | None

    def known_facts(self, definition: Definition, today: date) -> dict[str, str]:
        """Form values of the facts that `definition` opens with and the ledger knows."""
        holder = "young_person" if is_young_person(self.born_on, today) else "parent"
        known = {"looked_after": "yes" if self.looked_after else "no", "rights_held_by": holder}
        if self.year_group is not None:
            known["year_group"] = str(self.year_group)
        typed = {f"fact.{name}": value for name, value in known.items() if name in definition.opens_with}
        due = self.review_due_on
        if due is not None and "review_due_on" in definition.opens_with:
            typed |= {"fact.review_due_on-day": str(due.day), "fact.review_due_on-month": str(due.month), "fact.review_due_on-year": str(due.year)}
        return typed


def pupil_to_start(session: Session, pupil_id: int) -> PupilToStart | None:
    """The pupil with that id; None when not on roll at a school of the session."""
    row = session.execute(_PUPIL, {"pupil": pupil_id}).one_or_none()
    if row is None:
        return None
    name = pupil_name(row.given_name, row.family_name, row.known_as)
    return PupilToStart(row.id, name, row.born_on, row.year_group, row.looked_after, row.school_id, row.school, row.review_due_on)
