"""Steps whose reminders a newly loaded profile moves, or a plan's move to another LA, until the rows of their cases are written anew. Stored with the
profile or the case, so that a process that dies between the two leaves it to the next morning's dates pass. Every function takes a scheduler session.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

# Open cases whose reminders may count from another day than before: of this authority, with a step that either profile asks for early.
_CASES = text("""
    SELECT DISTINCT c.ref FROM steps x JOIN cases c ON c.id = x.case_id JOIN definitions d ON d.id = c.definition_id
    LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    WHERE x.closed_seq IS NULL AND COALESCE(p.authority_id, s.authority_id) = :authority AND d.process || '/' || x.step = ANY (:steps) ORDER BY c.ref
""")
_UNWRITTEN = text("SELECT id, authority_id, unwritten FROM la_profiles WHERE unwritten <> '{}' ORDER BY id")
# As cases whose school's calendar is another: also a position that a process has kept is read anew, and found so. Nothing else is written.
_MARK = text("""
    SELECT rewrite_steps(c.id, c.version, c.calendar_version || :mark, NULL, NULL) FROM cases c
    WHERE c.pupil_id = ANY (:pupils) AND c.ended = '' AND c.calendar_version NOT LIKE '%' || :mark ORDER BY c.id
""")
MARK = ", of another authority"
_WRITTEN = text("UPDATE la_profiles SET unwritten = '{}' WHERE id = ANY (:profiles)")


def cases_of(session: Session, authority: int, steps: Sequence[str]) -> tuple[str, ...]:
    """References of the authority's cases in which one of these steps (`process/step`) is open."""
    return tuple(session.scalars(_CASES, {"authority": authority, "steps": list(steps)})) if steps else ()


def chased_by_the_new_la(session: Session, pupils: Collection[int]) -> None:
    """The plans of these pupils are another LA's: its ladders and what it asks for early hold in their running cases from the next act on each, at
    the latest from the morning's dates pass on."""
    while not all(session.scalars(_MARK, {"mark": MARK, "pupils": sorted(pupils)})):
        pass  # an act has written one of them meanwhile: it is read again


def unwritten(session: Session) -> tuple[list[int], list[str]]:
    """The profiles, also ended ones, whose cases have not been written since; and the references of those cases."""
    found = session.execute(_UNWRITTEN).all()
    refs = {ref for one in found for ref in cases_of(session, one.authority_id, one.unwritten)}
    return [one.id for one in found], sorted(refs)


def written(session: Session, profiles: Sequence[int]) -> None:
    """The cases of these profiles have been written."""
    session.execute(_WRITTEN, {"profiles": list(profiles)})
