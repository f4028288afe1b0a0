"""Schools as what a case may be about, with what an opener need not type because the ledger knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from rules.definition import Definition
from rules.school_age import school_year
from rules.values import Facts


@dataclass(frozen=True, slots=True)
class SchoolToStart:
    """A school of the trust about which a case may be opened."""

    KNOWN: ClassVar[frozenset[str]] = frozenset({"school_year", "kind"})

    id: int
    urn: str
    name: str
    phase: str

    @property
    def school(self) -> str:
        """The school's name, as a pupil's page has it."""
        return self.name

    @property
    def school_id(self) -> int:
        """The school at which a role is asked for."""
        return self.id

    def facts(self, today: date) -> Facts:
        """The facts named in `KNOWN`, today."""
        return {"school_year": school_year(today), "kind": "special" if self.phase == "special" else "mainstream"}

    def known_facts(self, definition: Definition, today: date) -> dict[str, str]:
        """Form values of the facts that `definition` opens with and the ledger knows."""
        return {f"fact.{name}": str(value) for name, value in self.facts(today).items() if name in definition.opens_with}


_SCHOOLS = """
    SELECT s.id, s.urn, s.name, s.phase FROM schools s
    WHERE (s.left_on IS NULL OR s.left_on >= :today) AND (CAST(:school AS int) IS NULL OR s.id = :school) ORDER BY s.name, s.id
"""
# The key under which a case stands for its year begins so, also after a person has ended it (db/acts/period.py).
_WITHOUT = """
    SELECT s.id, s.urn, s.name, s.phase FROM schools s
    WHERE (s.left_on IS NULL OR s.left_on >= :today) AND NOT EXISTS (
        SELECT 1 FROM cases c WHERE c.school_id = s.id AND c.pupil_id IS NULL
          AND starts_with(c.natural_key, concat(CAST(:process AS text), '/school ', s.id, '/', CAST(:year AS text))))
    ORDER BY s.id
"""


def schools_to_start(session: Session, today: date) -> list[SchoolToStart]:
    """The session's schools that are in the trust today, by name."""
    return [SchoolToStart(*row) for row in session.execute(text(_SCHOOLS), {"school": None, "today": today})]


def school_to_start(session: Session, school_id: int, today: date) -> SchoolToStart | None:
    """That school; None when it has left the trust or is none of the session's."""
    row = session.execute(text(_SCHOOLS), {"school": school_id, "today": today}).one_or_none()
    return None if row is None else SchoolToStart(*row)


def schools_without_year(session: Session, process: str, year: int, today: date) -> list[SchoolToStart]:
    """Schools that are in the trust today and have had no case of the process for the school year that begins in `year`."""
    return [SchoolToStart(*row) for row in session.execute(text(_WITHOUT), {"process": process, "year": str(year), "today": today})]
