"""Who holds a link to a case; withdrawing one, and allowing it again. The row says who did, and when.

A link is withdrawn for its reader, step and round: no reminder brings another (`Links.make`), until a person allows it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.field_fault import FieldFault
from db.links import OWED_BY_ITS_READER

_NAME = "concat_ws(' ', NULLIF({0}.title, ''), NULLIF({0}.given_name, ''), {0}.family_name)"
_READER = f"COALESCE(NULLIF({_NAME.format('p')}, ''), a.name || ' SEN team', '') AS reader"
# A reader's links to one step are one to people: its newest, with the day of the first. A step that is open although its link was used (they said by
# when it will be done) can be answered again by the list that has it, and by the link of the next message.
_HELD = text(f"""
    SELECT * FROM (
        SELECT DISTINCT ON (l.step, l.party, l.round, l.person_id, l.authority_id) l.id, l.step, l.party, l.round, l.to_role, l.expires_on,
               l.used_at IS NOT NULL AS used, l.revoked_at, min(l.made_at) OVER same AS made_at,
               {_READER},
               reads_now(l.case_id, l.person_id, l.authority_id, l.to_role, :today) AND {OWED_BY_ITS_READER} AS reads,
               {_NAME.format("w")} AS withdrawn_by
        FROM links l JOIN cases c ON c.id = l.case_id LEFT JOIN persons p ON p.id = l.person_id LEFT JOIN authorities a ON a.id = l.authority_id
        LEFT JOIN persons w ON w.id = l.revoked_by
        WHERE c.ref = :case AND c.ended = '' AND l.allowed_at IS NULL AND (l.revoked_at IS NOT NULL OR l.expires_on >= :today)
          AND EXISTS (SELECT FROM steps s WHERE s.case_id = l.case_id AND s.step = l.step AND s.party = l.party AND s.round = l.round
                        AND s.closed_seq IS NULL)
        WINDOW same AS (PARTITION BY l.step, l.party, l.round, l.person_id, l.authority_id)
        ORDER BY l.step, l.party, l.round, l.person_id, l.authority_id, l.revoked_at IS NULL, used, l.made_at DESC
    ) held ORDER BY made_at, id
""")  # noqa: S608  our own columns
# One deed is one time: all of a reader's links to a step were withdrawn together.
_WITHDRAWN = text(f"""
    SELECT DISTINCT ON (l.revoked_at, l.person_id, l.authority_id, l.step, l.party) l.step, l.party, l.revoked_at, l.allowed_at,
           {_READER}, {_NAME.format("w")} AS withdrawn_by, {_NAME.format("g")} AS allowed_by
    FROM links l JOIN cases c ON c.id = l.case_id LEFT JOIN persons p ON p.id = l.person_id LEFT JOIN authorities a ON a.id = l.authority_id
    LEFT JOIN persons w ON w.id = l.revoked_by LEFT JOIN persons g ON g.id = l.allowed_by
    WHERE c.ref = :case AND l.revoked_at IS NOT NULL ORDER BY l.revoked_at DESC, l.person_id, l.authority_id, l.step, l.party
""")  # noqa: S608  our own columns
_THE_SAME = """
    c.id = l.case_id AND c.ref = :case AND o.id = :link AND o.case_id = l.case_id AND o.step = l.step AND o.party = l.party AND o.round = l.round
    AND o.person_id IS NOT DISTINCT FROM l.person_id AND o.authority_id IS NOT DISTINCT FROM l.authority_id
"""
_WITHDRAW = text(f"""
    UPDATE links l SET revoked_at = :now, revoked_by = :by FROM cases c, links o
    WHERE {_THE_SAME} AND l.revoked_at IS NULL RETURNING l.id
""")  # noqa: S608  our own columns
_ALLOW = text(f"""
    UPDATE links l SET allowed_at = :now, allowed_by = :by FROM cases c, links o
    WHERE {_THE_SAME} AND l.revoked_at IS NOT NULL AND l.allowed_at IS NULL RETURNING l.id
""")  # noqa: S608  our own columns


class CannotWithdraw(FieldFault):
    """There is nothing to withdraw, or to allow again, any more: somebody was quicker."""


@dataclass(frozen=True, slots=True)
class HeldLink:
    """A link that somebody holds to an open step of the case. `made_at`: when the first of its messages was written.

    `works`: it opens the step today. It does not where it is `withdrawn_at`, where it was `used` (the next message brings another), or where what it
    asks for is with somebody else now.
    """

    id: UUID
    reader: str
    role: str
    step: str
    party: str
    round: int
    made_at: datetime
    expires_on: date
    works: bool
    used: bool
    withdrawn_at: datetime | None
    withdrawn_by: str

    @property
    def short(self) -> str:
        """Its number as people type it."""
        return self.id.hex[:8]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That a reader's link to a step was withdrawn, by whom, and whether and by whom it was allowed again. It stays on the page."""

    reader: str
    step: str
    party: str
    withdrawn_at: datetime
    withdrawn_by: str
    allowed_at: datetime | None
    allowed_by: str


def withdrawals(session: Session, case: str) -> list[Withdrawal]:
    """Every withdrawal of a case's links, the newest first, also of steps that are done. Needs a scheduler session."""
    return [
        Withdrawal(row.reader, row.step, row.party, row.revoked_at, row.withdrawn_by, row.allowed_at, row.allowed_by)
        for row in session.execute(_WITHDRAWN, {"case": case})
    ]


def links_held(session: Session, case: str, today: date) -> list[HeldLink]:
    """The links to a case's open steps, the oldest first; empty also for a case that is not there. Needs a scheduler session."""
    return [_held(row) for row in session.execute(_HELD, {"case": case, "today": today})]


def withdraw_link(session: Session, case: str, link: UUID, *, by: int, now: datetime) -> None:
    """Withdraw this link, and others of its reader to the same step. Needs a scheduler session; the caller asks who may (`make_link`).

    Raises CannotWithdraw when it was withdrawn before.
    """
    if not session.execute(_WITHDRAW, {"case": case, "link": link, "by": by, "now": now}).all():
        raise CannotWithdraw("This link has been withdrawn already, or it is not of this case. Nothing was changed")


def allow_again(session: Session, case: str, link: UUID, *, by: int, now: datetime) -> None:
    """Let the reader of a withdrawn link have one again, with their next message. Needs a scheduler session; as `withdraw_link`."""
    if not session.execute(_ALLOW, {"case": case, "link": link, "by": by, "now": now}).all():
        raise CannotWithdraw("This link is not withdrawn, or somebody has allowed it again. Nothing was changed")


def _held(row: Any) -> HeldLink:
    return HeldLink(
        row.id, row.reader, row.to_role, row.step, row.party, row.round, row.made_at, row.expires_on,
        row.reads and not row.used and row.revoked_at is None, row.used, row.revoked_at, row.withdrawn_by,
    )  # fmt: skip
