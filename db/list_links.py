"""The signed link of a whole list: one page on which its reader answers every line. It opens nothing else, and each answer uses a link of its line.

A line can be answered while its step is open in that round and the school has not withdrawn the line's own link.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import Engines
from db.links import LinkRefused, Links

SALT = "sendflow.list"
DAYS = 60
_LIST = text("SELECT id, person_id, authority_id, sent_for FROM mailings WHERE id = :id AND kind = 'list'")
# One line a step: of several reminders of it the newest. A link that the school withdrew is never made anew from here.
_LINES = text("""
    SELECT DISTINCT ON (c.id, d.step, d.party, d.round, d.to_role) d.id, c.ref, d.school_id, d.step, d.party, d.round, d.to_role, d.person_id,
           c.ended = '' AND EXISTS (SELECT FROM steps s WHERE s.case_id = d.case_id AND s.step = d.step AND s.party = d.party AND s.round = d.round
               AND s.closed_seq IS NULL) AS open,
           EXISTS (SELECT FROM links l WHERE l.case_id = d.case_id AND l.step = d.step AND l.party = d.party AND l.round = d.round
               AND l.person_id IS NOT DISTINCT FROM d.person_id AND l.to_role = d.to_role AND l.revoked_at IS NOT NULL) AS revoked
    FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE d.mailing_id = :id AND d.state = 'listed' AND d.round IS NOT NULL
    ORDER BY c.id, d.step, d.party, d.round, d.to_role, d.id DESC
""")


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of a list. `open`: it can be answered. `id` is its delivery's number, which names it on the page."""

    id: int
    case: str
    school_id: int
    step: str
    party: str
    round: int
    role: str
    person_id: int | None
    open: bool


@dataclass(frozen=True, slots=True)
class ListLink:
    """A list whose link is good now. `schools` is the scope of everything it may read."""

    reference: str
    schools: frozenset[int]
    expires_on: date
    lines: tuple[ListLine, ...]


class ListLinks:
    """Making and reading the links of lists. `keys`: the signing keys, oldest first."""

    def __init__(self, keys: list[str]) -> None:
        self._signer = URLSafeSerializer(keys, salt=SALT)
        self._links = Links(keys)

    def make(self, mailing_id: int, schools: frozenset[int]) -> str:
        """The token of that list; the same whenever it is made for the same schools."""
        token = self._signer.dumps([mailing_id, sorted(schools)])
        return token if isinstance(token, str) else token.decode()

    def read(self, engines: Engines, token: str, today: date) -> ListLink:
        """The list behind a token, if it is good today; nothing is recorded. Raises LinkRefused."""
        id_, schools = self._parts(token)
        with engines.app(schools) as session:
            row = session.execute(_LIST, {"id": id_}).one_or_none()
            if row is None:
                raise LinkRefused("gone")
            lines = tuple(_line(one) for one in session.execute(_LINES, {"id": id_}))
        expires_on = row.sent_for + timedelta(days=DAYS)
        if today > expires_on:
            raise LinkRefused("expired")
        return ListLink(f"LIST-{row.id:06}", schools, expires_on, tuple(sorted(lines, key=lambda line: line.id)))

    def is_signed(self, token: str) -> bool:
        """Whether we made this token; asks no database."""
        try:
            self._parts(token)
        except LinkRefused:
            return False
        return True

    def link_of(self, session: Session, line: ListLine, expires_on: date) -> UUID:
        """The link by which this line is answered: its own if it is unused, else a new one. Needs a scheduler session."""
        token = self._links.make(
            session, case=line.case, step=line.step, party=line.party, round=line.round, role=line.role, person_id=line.person_id,
            expires_on=expires_on,
        )  # fmt: skip
        return self._links.number(token)

    def _parts(self, token: str) -> tuple[int, frozenset[int]]:
        try:
            id_, schools = self._signer.loads(token)
            return int(id_), frozenset(int(school) for school in schools)
        except (BadSignature, ValueError, TypeError):
            raise LinkRefused("edited") from None


def _line(row: Any) -> ListLine:
    is_open = row.open and not row.revoked
    return ListLine(row.id, row.ref, row.school_id, row.step, row.party, row.round, row.to_role, row.person_id, is_open)
