"""Signed links for people without an account: good for one step, one round, one person, until a day, and for one decision.

Reading a link records nothing, since mail scanners open links. The link is used up in the transaction of the act it decides
(`Actor.link`, `use_link` in `db/sql`), so one link never decides twice and a refused act leaves it good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import EVERY_READER, Engines
from db.kept_away import kept_away

SALT = "sendflow.link"
Reason = Literal["edited", "gone", "used", "revoked", "expired", "moved_on"]
_ASK = "Ask the school for a new one if you still need it."
_WORDS: dict[Reason, str] = {
    "edited": f"This link is not complete, or it has been changed on its way. Open it again from the message you were sent. {_ASK}",
    "gone": f"We no longer know this link. {_ASK}",
    "used": f"This link has been used already, and what you sent is recorded. {_ASK}",
    "revoked": f"The school has withdrawn this link. {_ASK}",
    "expired": f"This link has expired. {_ASK}",
    "moved_on": "What this link asked for has been settled in the meantime. There is nothing more to do here.",
}
_MAKE = text("""
    INSERT INTO links (id, case_id, person_id, school_id, expires_on, round, step, party, to_role)
    SELECT :id, c.id, :person, c.school_id, :expires, :round, :step, :party, :role FROM cases c WHERE c.ref = :case RETURNING school_id
""")
_SAME = text("""
    SELECT l.id, l.school_id FROM links l JOIN cases c ON c.id = l.case_id
    WHERE c.ref = :case AND l.person_id IS NOT DISTINCT FROM :person AND l.step = :step AND l.party = :party AND l.round = :round
      AND l.to_role = :role AND l.expires_on >= :expires AND l.used_at IS NULL AND l.revoked_at IS NULL ORDER BY l.made_at DESC LIMIT 1
""")
_READ = text(f"""
    SELECT l.id, c.ref, l.school_id, l.person_id, l.to_role, l.step, l.party, l.round, l.expires_on, l.used_at, c.ended,
           l.revoked_at IS NOT NULL OR {kept_away("c.pupil_id", "l.person_id")} AS revoked,
           EXISTS (SELECT 1 FROM steps s WHERE s.case_id = l.case_id AND s.step = l.step AND s.party = l.party
                    AND (s.round > l.round OR s.round = l.round AND s.closed_seq IS NOT NULL)) AS moved_on
    FROM links l JOIN cases c ON c.id = l.case_id WHERE l.id = :id
""")  # noqa: S608  our own columns
_REVOKE = text("""
    UPDATE links SET revoked_at = :now FROM cases c
    WHERE c.id = links.case_id AND c.ref = :case AND (CAST(:step AS text) IS NULL OR links.step = :step)
      AND (CAST(:person AS bigint) IS NULL OR links.person_id = :person) AND links.used_at IS NULL AND links.revoked_at IS NULL RETURNING links.id
""")


class LinkRefused(Exception):
    """A link that opens nothing. `reason` says which way, `message` says it to the person, without a word about any child or case."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = _WORDS[reason]


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is good now. `person_id` is None for an LA's mailbox. `school_id` is the scope of everything it may read."""

    id: UUID
    case: str
    school_id: int
    person_id: int | None
    role: str
    step: str
    party: str
    round: int
    expires_on: date


class Links:
    """Making and reading signed links. `keys`: the signing keys, oldest first; links are signed with the last and read with any."""

    def __init__(self, keys: list[str]) -> None:
        self._signer = URLSafeSerializer(keys, salt=SALT)

    def make(self, session: Session, *, case: str, step: str, party: str, round: int, role: str, person_id: int | None, expires_on: date) -> str:
        """A token for that person and step, last good on `expires_on`. A reminder gets the token of the link made before, if that is still good.

        Needs a scheduler session. Raises LookupError when there is no such case.
        """
        values = {"case": case, "step": step, "party": party, "round": round, "role": role, "person": person_id, "expires": expires_on}
        same = session.execute(_SAME, values).one_or_none()
        if same is not None:
            return self._token(same.id, same.school_id)
        id_ = uuid4()
        school_id = session.scalar(_MAKE, {**values, "id": id_})
        if school_id is None:
            raise LookupError(f"there is no case {case} to make a link for")
        return self._token(id_, school_id)

    def read(self, engines: Engines, token: str, today: date) -> Link:
        """The link behind a token, if it is good today; nothing is recorded. Raises LinkRefused."""
        id_, school_id = self._parts(token)
        with engines.app({school_id: (EVERY_READER,)}) as session:
            row = session.execute(_READ, {"id": id_}).one_or_none()
        if row is None:
            raise LinkRefused("gone")
        reason = _refusal(row, today)
        if reason is not None:
            raise LinkRefused(reason)
        return Link(row.id, row.ref, row.school_id, row.person_id, row.to_role, row.step, row.party, row.round, row.expires_on)

    def number(self, token: str) -> UUID:
        """The number of the link behind a token that we made. Raises LinkRefused for any other."""
        return self._parts(token)[0]

    def _token(self, id_: UUID, school_id: int) -> str:
        token = self._signer.dumps([id_.hex, school_id])
        return token if isinstance(token, str) else token.decode()

    def _parts(self, token: str) -> tuple[UUID, int]:
        try:
            id_, school_id = self._signer.loads(token)
            return UUID(id_), int(school_id)
        except (BadSignature, ValueError, TypeError):
            raise LinkRefused("edited") from None


def revoke_links(session: Session, case: str, now: datetime, *, step: str | None = None, person_id: int | None = None) -> int:
    """Withdraw the unused links of a case (of one step, of one person). Needs a scheduler session. Returns how many."""
    return len(session.execute(_REVOKE, {"case": case, "now": now, "step": step, "person": person_id}).all())


def _refusal(row: Any, today: date) -> Reason | None:
    if row.used_at is not None:
        return "used"
    if row.revoked:
        return "revoked"
    if row.ended or row.moved_on:
        return "moved_on"
    return "expired" if today > row.expires_on else None
