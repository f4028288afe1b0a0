"""Cases that the automation has set aside after failing on them again and again: a person must see them (faults.md L3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.step_rows import whom

_SET_ASIDE = text("""
    SELECT c.ref, p.given_name, p.family_name, p.known_as, s.name AS school, w.parked_at, w.failures, w.error_code
    FROM wakes w JOIN cases c ON c.id = w.case_id LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    WHERE w.parked_at IS NOT NULL AND (CAST(:case AS text) IS NULL OR c.ref = :case) ORDER BY w.parked_at, c.id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A case set aside: since when (UTC), after how many tries, and the code of the last error, which quotes nothing of the case."""

    case: str
    pupil_name: str
    school: str
    since_at: datetime
    tries: int
    code: str


def set_aside(session: Session, ref: str | None = None, limit: int = 50) -> list[SetAside]:
    """The session's cases (or the one named) that are set aside, longest first."""
    rows = session.execute(_SET_ASIDE, {"case": ref, "limit": limit})
    return [SetAside(r.ref, whom(r), r.school, r.parked_at, r.failures, r.error_code) for r in rows]
