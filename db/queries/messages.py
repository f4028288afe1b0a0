"""Messages owed, sent and failed, without their text: that is made when they are sent, and kept by the mail server."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.kept_away import kept_away
from db.queries.definitions_read import definitions_by_hash
from db.queries.message_words import KEPT_AWAY, NOT_THEIRS, where_it_is
from db.told_by_a_person import WAY_WORDS
from rules.definition import Definition
from rules.explain import in_full
from rules.refusals import step_title

_REACHED_NOBODY = ("failed", "bounced")
_KEPT_AWAY = kept_away("c.pupil_id", "m.person_id")
# A parent whose responsibility is over by now, or another adult than the one who speaks in the case: what they were owed is not theirs any more.
_NOT_THEIRS = """(m.to_role = 'parent' AND m.person_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM families f WHERE f.pupil_id = c.pupil_id AND f.person_id = m.person_id
       AND COALESCE(speaks_in(c.id) = m.person_id, f.parental_responsibility)))"""
# A line of a list or a morning is where its message is.
_MESSAGES = f"""
    SELECT m.id, c.ref, d.hash, m.step, m.party, m.round, m.moment, m.template, m.to_role, m.severity, m.due_on, m.created_at,
           COALESCE('LIST-' || CASE WHEN g.id < 1000000 THEN lpad(g.id::text, 6, '0') ELSE g.id::text END, m.reference) AS reference,
           COALESCE(g.state, m.state) AS state, COALESCE(g.attempts, m.attempts) AS attempts, COALESCE(g.error_code, m.error_code) AS error_code,
           COALESCE(g.may_be_twice, m.may_be_twice) AS may_be_twice, COALESCE(g.handed_over_at, m.handed_over_at) AS handed_over_at,
           COALESCE(g.settled_at, m.settled_at) AS settled_at, COALESCE(g.next_try_at, m.next_try_at) AS next_try_at,
           COALESCE(NULLIF(concat_ws(' ', NULLIF(p.title, ''), p.given_name, p.family_name), ''), a.name || ' SEN team', '') AS reader,
           m.told_way, m.told_on, concat_ws(' ', t.given_name, t.family_name) AS told_by, COALESCE(p.language, 'en') AS language,
           {_KEPT_AWAY} AS kept_away, {_NOT_THEIRS} AS not_theirs
    FROM deliveries m JOIN cases c ON c.id = m.case_id JOIN definitions d ON d.id = c.definition_id
    LEFT JOIN persons p ON p.id = m.person_id LEFT JOIN authorities a ON a.id = m.authority_id
    LEFT JOIN persons t ON t.id = m.told_by
    LEFT JOIN mailings g ON g.id = m.mailing_id AND m.state = 'listed'
"""  # noqa: S608  our own columns
LIST = "LIST-"
_LINES = text("""
    SELECT g.id, count(*) AS lines FROM mailings g JOIN deliveries m ON m.mailing_id = g.id
    WHERE g.kind = 'list' AND g.id = ANY(:numbers) GROUP BY g.id
""")


@dataclass(frozen=True, slots=True)
class Telling:
    """That a person told the reader: how, on which day (London's), and their name."""

    way: str
    on: date
    by: str

    @property
    def words(self) -> str:
        """As a sentence without its full stop."""
        return f"told {WAY_WORDS[self.way]} on {in_full(self.on)} by {self.by}"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message to one reader. `state` as in `db.models.DELIVERY_STATES`, that of its list or morning where it is a line of one; `reference`
    finds the mail in the mail server's log and the demo's sink. `whom`: the reader, or the role where nobody holds it ("the pupil"). `language`:
    what its reader reads, an ISO code or words; the letter is in English. `kept_away`: an order keeps its reader from contact now. `not_theirs`:
    its reader was a parent in the case, and is none now."""

    id: int
    case: str
    about: str
    step: str
    party: str
    round: int | None
    moment: str
    template: str
    reader: str
    whom: str
    to_role: str
    severity: str
    state: str
    attempts: int
    error_code: str
    reference: str
    may_be_twice: bool
    due_on: date | None
    created_at: datetime
    handed_over_at: datetime | None
    settled_at: datetime | None
    next_try_at: datetime
    told: Telling | None
    language: str
    kept_away: bool
    not_theirs: bool

    @property
    def where(self) -> str:
        """Where it is, in words, and what a person is to do if that is what it waits for."""
        if self.kept_away and self.state in _REACHED_NOBODY:
            return KEPT_AWAY
        if self.not_theirs and self.state in _REACHED_NOBODY:
            return NOT_THEIRS
        return where_it_is(self.state, self.error_code) if self.told is None else self.told.words

    @property
    def reached_nobody(self) -> bool:
        """Whether a person must tell the reader. Nobody tells whom an order keeps from contact, or who is no parent in the case any more."""
        return self.state in _REACHED_NOBODY and not self.kept_away and not self.not_theirs


def messages_of(session: Session, ref: str) -> list[MessageRow]:
    """The messages of a case, newest first."""
    return _read(session, "WHERE c.ref = :case ORDER BY m.created_at DESC, m.id DESC", {"case": ref})


def sent_messages(session: Session, limit: int = 200) -> list[MessageRow]:
    """The newest messages of the session's schools, sent or not."""
    return _read(session, "ORDER BY m.id DESC LIMIT :limit", {"limit": limit})


def lines_of_lists(session: Session, references: Collection[str]) -> dict[str, int]:
    """How many lines of each of these lists to an officer (`LIST-000012`) the session reads. A scheduler session counts them all."""
    numbers = [int(one.removeprefix(LIST)) for one in references if one.startswith(LIST)]
    return {f"{LIST}{row.id:06}": row.lines for row in session.execute(_LINES, {"numbers": numbers})} if numbers else {}


def message_of(session: Session, number: int) -> MessageRow | None:
    """One message by the number of its delivery; None: there is none that this session may read."""
    return next(iter(_read(session, "WHERE m.id = :id", {"id": number})), None)


def failed_messages(session: Session, limit: int = 200) -> list[MessageRow]:
    """Messages that reached nobody: a person must tell the reader by another way (`MessageRow.where` says which). Newest first."""
    untold = f"WHERE COALESCE(g.state, m.state) IN ('failed', 'bounced') AND {_KEPT_AWAY} IS NOT TRUE AND NOT {_NOT_THEIRS}"  # of these few
    return _read(session, f"{untold} ORDER BY m.id DESC LIMIT :limit", {"limit": limit})


def _read(session: Session, rest: str, values: dict[str, Any]) -> list[MessageRow]:
    rows = session.execute(text(_MESSAGES + rest), values).all()
    definitions = definitions_by_hash(session, {row.hash for row in rows})
    return [_message(row, definitions[row.hash]) for row in rows]


def _message(row: Any, definition: Definition) -> MessageRow:
    about = step_title(definition, row.step, row.party) if row.step in definition.steps else definition.title
    role = definition.roles[row.to_role].title if row.to_role in definition.roles else row.to_role.replace("_", " ")
    return MessageRow(
        id=row.id,
        case=row.ref,
        about=about,
        step=row.step,
        party=row.party,
        round=row.round,
        moment=row.moment,
        template=row.template,
        reader=row.reader,
        whom=row.reader or role,
        to_role=row.to_role,
        severity=row.severity,
        state=row.state,
        attempts=row.attempts,
        error_code=row.error_code,
        reference=row.reference,
        may_be_twice=row.may_be_twice,
        due_on=row.due_on,
        created_at=row.created_at,
        handed_over_at=row.handed_over_at,
        settled_at=row.settled_at,
        next_try_at=row.next_try_at,
        language=row.language,
        kept_away=row.kept_away,
        not_theirs=row.not_theirs,
        told=Telling(row.told_way, row.told_on, row.told_by) if row.state == "told" else None,
    )
