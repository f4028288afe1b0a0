"""LAs' profiles as people look at them, and what they say of one case. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.la_profile.profile import Destination, LaProfile, LeadTime
from db.la_profile.read_profile import read_profile
from db.queries.people import Recipient, people_for

_NAME = "concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name)"
_PROFILES = text(f"""
    SELECT a.code, a.name, g.loaded_at, {_NAME} AS loaded_by, g.content,
           ARRAY(SELECT o.says FROM la_profile_people o WHERE o.profile_id = g.id AND o.pupil_id IS NOT NULL) AS for_pupils
    FROM la_profiles g JOIN authorities a ON a.id = g.authority_id LEFT JOIN persons p ON p.id = g.loaded_by
    WHERE g.ended_at IS NULL AND (CAST(:code AS text) IS NULL OR a.code = :code) ORDER BY a.name, a.code
""")  # noqa: S608  our own columns
_OF_CASE = text("""
    SELECT g.content, d.process FROM cases c JOIN definitions d ON d.id = c.definition_id JOIN schools s ON s.id = c.school_id
    LEFT JOIN pupils p ON p.id = c.pupil_id JOIN la_profiles g ON g.authority_id = COALESCE(p.authority_id, s.authority_id) AND g.ended_at IS NULL
    WHERE c.ref = :case
""")
_LEAD_DAYS = text(
    "SELECT x.no, x.lead_on FROM steps x JOIN cases c ON c.id = x.case_id WHERE c.ref = :case AND x.closed_seq IS NULL AND x.lead_on IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class ProfileShown:
    """A profile in force. `profile` is without officers of single pupils; `for_pupils`: how many of those the reader's schools have."""

    code: str
    name: str
    loaded_at: datetime
    loaded_by: str
    profile: LaProfile
    for_pupils: int


@dataclass(frozen=True, slots=True)
class LaOfCase:
    """What a case's LA asks for. `asked`: who is reminded there, each with why. `notices_to`: who has what the law has sent by itself, in words.
    `lead_on` by the step's number; the others by the step's name."""

    asked: tuple[Recipient, ...]
    notices_to: str
    lead_on: Mapping[int, date]
    lead_times: Mapping[str, LeadTime]
    send: Mapping[str, Destination]


def la_profiles(session: Session, code: str | None = None) -> list[ProfileShown]:
    """The profiles in force, by the LA's name; of one LA if its `code` is given."""
    rows = session.execute(_PROFILES, {"code": code})
    return [ProfileShown(r.code, r.name, r.loaded_at, r.loaded_by, _profile(r.content), len(r.for_pupils)) for r in rows]


def la_of_case(session: Session, ref: str, today: date) -> LaOfCase | None:
    """What the profile of the case's LA says of it; None where the LA has none, or for a case that this session cannot see."""
    row = session.execute(_OF_CASE, {"case": ref}).one_or_none()
    if row is None:
        return None
    profile = _profile(row.content)
    return LaOfCase(
        tuple(people_for(session, ref, "la", today)),
        "the mailbox of the SEN team" if profile.notices == "mailbox" else "the officer",
        {one.no: one.lead_on for one in session.execute(_LEAD_DAYS, {"case": ref})},
        {one.step: one for one in profile.lead_times if one.process == row.process},
        {one.step: one for one in profile.send if one.process == row.process},
    )


@lru_cache(maxsize=64)
def _profile(content: str) -> LaProfile:
    return read_profile(content, "the stored profile")
