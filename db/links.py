"""Signed links for people without an account: good for one step, one round, one person, until a day, and for one decision; and only while that
person reads in that role for that case (`reads_now` in `db/sql`), and the school has not withdrawn it (`db/links_held.py`).

Reading a link records nothing, since mail scanners open links. The link is used up in the transaction of the act it decides
(`Actor.link`, `use_link` in `db/sql`), so one link never decides twice and a refused act leaves it good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import EVERY_READER, Engines
from db.kept_away import kept_away

SALT = "sendflow.link"
Reason = Literal["edited", "gone", "used", "revoked", "with_another", "expired", "moved_on"]
_WORDS: dict[Reason, str] = {
    "edited": "This link is not complete, or it has been changed on its way. Open it again from the message you were sent. {ask} for a new one "
    "if you still need it.",
    "gone": "We no longer know this link. {ask} for a new one if you still need it.",
    "used": "This link has been used already, and what you sent is recorded. {ask} for a new one if you still need it.",
    "revoked": "The school has withdrawn this link. {ask} if you think that you should have one.",
    "with_another": "What this link asked for is with somebody else now, so it opens nothing any more. They have a link of their own, or get one "
    "with the next message. {ask} if you think that it is yours to answer.",
    "expired": "This link has expired. {ask} for a new one if you still need it.",
    "moved_on": "What this link asked for has been settled in the meantime, so this page takes no more. {ask} if there is something that you still "
    "want to say.",
}
_MAKE = text("""
    INSERT INTO links (id, case_id, person_id, authority_id, school_id, expires_on, round, step, party, to_role)
    SELECT :id, c.id, CAST(:person AS bigint),
           CASE WHEN CAST(:person AS bigint) IS NULL THEN COALESCE(CAST(:authority AS int), u.authority_id, s.authority_id) END,
           c.school_id, :expires, :round, :step, :party, :role
    FROM cases c JOIN schools s ON s.id = c.school_id LEFT JOIN pupils u ON u.id = c.pupil_id WHERE c.ref = :case RETURNING school_id
""")
# The one made before, if it is still good; or one that the school has withdrawn and not allowed again, in whichever role it was.
_BEFORE = text("""
    SELECT l.id, l.school_id, l.revoked_at IS NOT NULL AS withdrawn
    FROM links l JOIN cases c ON c.id = l.case_id JOIN schools s ON s.id = c.school_id LEFT JOIN pupils u ON u.id = c.pupil_id
    WHERE c.ref = :case AND l.step = :step AND l.party = :party AND l.round = :round AND CASE
            WHEN CAST(:person AS bigint) IS NOT NULL THEN l.person_id = :person
            ELSE l.person_id IS NULL AND l.authority_id = COALESCE(CAST(:authority AS int), u.authority_id, s.authority_id) END
      AND CASE WHEN l.revoked_at IS NULL THEN l.to_role = :role AND l.expires_on >= :expires AND l.used_at IS NULL ELSE l.allowed_at IS NULL END
    ORDER BY withdrawn DESC, l.made_at DESC LIMIT 1
""")
# A parent's link to a step that has been the young person's since the rights passed to them is with another; `db/acts/who.py` asks it again.
OWED_BY_ITS_READER = """NOT EXISTS (SELECT FROM steps o WHERE o.case_id = l.case_id AND o.step = l.step AND o.party = l.party AND o.round = l.round
                                      AND o.closed_seq IS NULL AND o.owner <> l.to_role)"""
_READ = text(f"""
    SELECT l.id, c.ref, l.school_id, l.person_id, l.to_role, l.step, l.party, l.round, l.expires_on, l.used_at, c.ended, o.name, o.phone,
           l.revoked_at IS NOT NULL AS revoked, {kept_away("c.pupil_id", "l.person_id")} AS kept_away,
           reads_now(l.case_id, l.person_id, l.authority_id, l.to_role, :today) AND {OWED_BY_ITS_READER} AS reads,
           EXISTS (SELECT 1 FROM steps s WHERE s.case_id = l.case_id AND s.step = l.step AND s.party = l.party
                    AND (s.round > l.round OR s.round = l.round AND s.closed_seq IS NOT NULL)) AS moved_on
    FROM links l JOIN cases c ON c.id = l.case_id JOIN schools o ON o.id = l.school_id WHERE l.id = :id
""")  # noqa: S608  our own columns


class LinkRefused(Exception):
    """A link that opens nothing. `reason` says which way, `message` says it to the person, without a word about any child or case.

    `school`: whom to ask, where the link is one of ours: its name and telephone.
    """

    def __init__(self, reason: Reason, school: str = "the school") -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = _WORDS[reason].format(ask=f"Ask {school}")


class LinkWithdrawn(LookupError):
    """The school has withdrawn this reader's link to this step, and nobody has allowed it again: none is made."""

    def __init__(self) -> None:
        super().__init__("withdrawn")
        self.message = "The school has withdrawn your link to this step. Ask the school if you think that you should have one."


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

    def make(
        self,
        session: Session,
        *,
        case: str,
        step: str,
        party: str,
        round: int,
        role: str,
        person_id: int | None,
        expires_on: date,
        authority_id: int | None = None,
    ) -> str:
        """A token for that person and step, last good on `expires_on`. A reminder gets the token of the link made before, if that is still good.

        `authority_id`: whose mailbox it goes to where there is no person; if not given, that of the case's LA. Needs a scheduler session.
        Raises LookupError when there is no such case, LinkWithdrawn where the school has withdrawn it.
        """
        values = {"case": case, "step": step, "party": party, "round": round, "role": role, "person": person_id, "authority": authority_id}
        values["expires"] = expires_on
        before = session.execute(_BEFORE, values).one_or_none()
        if before is not None and before.withdrawn:
            raise LinkWithdrawn
        if before is not None:
            return self._token(before.id, before.school_id)
        id_ = uuid4()
        school_id = session.scalar(_MAKE, {**values, "id": id_})
        if school_id is None:
            raise LookupError(f"there is no case {case} to make a link for")
        return self._token(id_, school_id)

    def read(self, engines: Engines, token: str, today: date) -> Link:
        """The link behind a token, if it is good today and its holder's still; nothing is recorded. Raises LinkRefused."""
        id_, school_id = self._parts(token)
        with engines.app({school_id: (EVERY_READER,)}) as session:
            row = session.execute(_READ, {"id": id_, "today": today}).one_or_none()
        if row is None:
            raise LinkRefused("gone")
        reason = _refusal(row, today)
        if reason is not None:
            raise LinkRefused(reason) if row.kept_away else LinkRefused(reason, whom_to_ask(row.name, row.phone))
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


def whom_to_ask(name: str, phone: str) -> str:
    """A school as readers of links are told to ask it: `Ash School, telephone 01234 567890,`."""
    return f"{name}, telephone {phone}," if phone else name


def _refusal(row: Any, today: date) -> Reason | None:
    if row.used_at is not None:
        return "used"
    if row.revoked or row.kept_away:
        return "revoked"
    if row.ended or row.moved_on:
        return "moved_on"
    if not row.reads:
        return "with_another"
    return "expired" if today > row.expires_on else None
