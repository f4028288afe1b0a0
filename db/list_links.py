"""The signed link of a whole list: one page on which its reader answers every line. It opens nothing else, and each answer uses a link of its line.

A line can be answered while its step is open in that round and the school has not withdrawn the line's own link. A line that is with somebody else
by now, as after the pupil's plan has moved to another LA, is left out and counted: its old reader sees nothing more of that child.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.engine import EVERY_READER, Engines
from db.links import LinkRefused, Links, whom_to_ask

SALT = "sendflow.list"
DAYS = 60
_LIST = text("SELECT id, person_id, authority_id, sent_for FROM mailings WHERE id = :id AND kind = 'list'")
# One line a step: of several reminders of it the newest. A link that the school withdrew is never made anew from here.
_LINES = text("""
    SELECT DISTINCT ON (c.id, d.step, d.party, d.round, d.to_role) d.id, c.ref, d.school_id, d.step, d.party, d.round, d.to_role, d.person_id,
           d.authority_id, o.name, o.phone, reads_now(d.case_id, d.person_id, d.authority_id, d.to_role, :today) AS reads,
           c.ended = '' AND EXISTS (SELECT FROM steps s WHERE s.case_id = d.case_id AND s.step = d.step AND s.party = d.party AND s.round = d.round
               AND s.closed_seq IS NULL) AS open,
           EXISTS (SELECT FROM links l WHERE l.case_id = d.case_id AND l.step = d.step AND l.party = d.party AND l.round = d.round
               AND (l.person_id = d.person_id OR l.person_id IS NULL AND l.authority_id = d.authority_id)
               AND l.revoked_at IS NOT NULL AND l.allowed_at IS NULL) AS revoked
    FROM deliveries d JOIN cases c ON c.id = d.case_id JOIN schools o ON o.id = d.school_id
    WHERE d.mailing_id = :id AND d.state = 'listed' AND d.round IS NOT NULL
    ORDER BY c.id, d.step, d.party, d.round, d.to_role, d.id DESC
""")


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of a list. `open`: it can be answered; `withdrawn`: it could be, had the school not withdrawn it. `id` is its delivery's number,
    which names it on the page."""

    id: int
    case: str
    school_id: int
    step: str
    party: str
    round: int
    role: str
    person_id: int | None
    authority_id: int | None
    open: bool
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ListLink:
    """A list whose link is good now. `schools` is the scope of everything it may read. `elsewhere`: lines that are with somebody else by now, by the
    number of the delivery; `ask`: the schools of those."""

    reference: str
    schools: frozenset[int]
    expires_on: date
    lines: tuple[ListLine, ...]
    elsewhere: frozenset[int] = frozenset()
    ask: str = ""

    @property
    def scope(self) -> dict[int, tuple[str, ...]]:
        """What a session reads that shows these lines: all cases of these schools, since who may read this list has been asked."""
        return _scope(self.schools)


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
        with engines.app(_scope(schools)) as session:
            row = session.execute(_LIST, {"id": id_}).one_or_none()
            if row is None:
                raise LinkRefused("gone")
            found = session.execute(_LINES, {"id": id_, "today": today}).all()
        expires_on = row.sent_for + timedelta(days=DAYS)
        if today > expires_on:
            raise LinkRefused("expired")
        mine, others = [one for one in found if one.reads], [one for one in found if not one.reads]
        ask = " or ".join(sorted({whom_to_ask(one.name, one.phone) for one in others}))
        if others and not mine:
            raise LinkRefused("with_another", ask)
        lines = sorted((_line(one) for one in mine), key=lambda line: line.id)
        return ListLink(f"LIST-{row.id:06}", schools, expires_on, tuple(lines), frozenset(one.id for one in others), ask)

    def is_signed(self, token: str) -> bool:
        """Whether we made this token; asks no database."""
        try:
            self._parts(token)
        except LinkRefused:
            return False
        return True

    def link_of(self, session: Session, line: ListLine, expires_on: date) -> UUID:
        """The link by which this line is answered: its own if it is unused, else a new one. Needs a scheduler session. Raises LinkWithdrawn."""
        token = self._links.make(
            session, case=line.case, step=line.step, party=line.party, round=line.round, role=line.role, person_id=line.person_id,
            expires_on=expires_on, authority_id=line.authority_id,
        )  # fmt: skip
        return self._links.number(token)

    def _parts(self, token: str) -> tuple[int, frozenset[int]]:
        try:
            id_, schools = self._signer.loads(token)
            return int(id_), frozenset(int(school) for school in schools)
        except (BadSignature, ValueError, TypeError):
            raise LinkRefused("edited") from None


def _scope(schools: frozenset[int]) -> dict[int, tuple[str, ...]]:
    return dict.fromkeys(schools, (EVERY_READER,))


def _line(row: Any) -> ListLine:
    about = (row.id, row.ref, row.school_id, row.step, row.party, row.round, row.to_role, row.person_id, row.authority_id)
    return ListLine(*about, open=row.open and not row.revoked, withdrawn=row.open and row.revoked)
