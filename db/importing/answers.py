"""A person's word on what a file did not name: a role, an LA's contact, a term or a closure is over, or stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.importing.leavers import CannotAnswer
from db.importing.unnamed import in_words, is_there, what_of
from db.models import AuthorityContact, Membership, MissingRow, SchoolClosure, SchoolTerm
from db.permissions import PlainAct
from db.person_schools import refresh_person_schools

GOES_ON_A_DAY = "staff"


@dataclass(frozen=True, slots=True)
class Question:
    """What the last file did not name, of which nobody has said whether it is over. No school: of the whole trust, or an LA's."""

    number: int
    words: str
    school_id: int | None
    noticed_at: datetime


def questions(session: Session) -> list[Question]:
    """Everything of which it must still be said whether it is over, the oldest first."""
    asked = session.scalars(select(MissingRow).where(MissingRow.answer == "").order_by(MissingRow.id)).all()
    return [Question(one.id, in_words(session, what_of(one)), one.school_id, one.noticed_at) for one in asked if is_there(session, what_of(one))]


def question(session: Session, number: int) -> MissingRow:
    """The question of that number which may be answered: it waits, or its answer can be put right. Raises CannotAnswer when there is none."""
    found = session.get(MissingRow, number)
    can_be_answered = found is not None and (found.answer in ("", "stays") or (found.answer == "left" and found.kind == GOES_ON_A_DAY))
    if found is None or not can_be_answered:
        raise CannotAnswer(f"there is no question R{number}; `sendflow leavers` lists what is asked")
    return found


def act_of(asked: MissingRow) -> PlainAct:
    """What answering it is to `db/permissions.py`, at its school, or at any where it has none."""
    if asked.kind in ("term", "closure"):
        return "redate"
    return "end_trust_post" if asked.school_id is None else "end_role"


def answer_question(session: Session, number: int, *, over_on: date | None, actor_id: int, now: datetime, today: date) -> None:
    """The answer: over after that day, or (None) it stays. A role ends on its day, which may be still to come, and such an answer may be put right.

    A contact, a term or a closure goes at once; the next file may bring it back. Raises CannotAnswer as `question` does, and for one of those
    that is to go on a later day.
    """
    asked = question(session, number)
    if over_on and over_on > today and asked.kind != GOES_ON_A_DAY:
        raise CannotAnswer(f"R{number} goes at once and on no later day; answer it without --on, or on {over_on}")
    if asked.kind == GOES_ON_A_DAY:
        _end_role(session, asked, over_on)
    elif over_on:
        _take_out(session, asked)
    asked.answer, asked.ended_on, asked.answered_by, asked.answered_at = ("left" if over_on else "stays"), over_on, actor_id, now
    session.flush()
    refresh_person_schools(session)


def _end_role(session: Session, asked: MissingRow, on: date | None) -> None:
    if on is None and asked.answer != "left":
        return  # it stays, with whatever day a file has said
    held = [Membership.person_id == asked.person_id, Membership.role == asked.role]
    if asked.school_id is not None:
        held.append(Membership.school_id == asked.school_id)
    session.execute(update(Membership).where(*held).values(until_on=on))


def _take_out(session: Session, asked: MissingRow) -> None:
    if asked.kind == "contact":
        contact = (
            AuthorityContact.authority_id == asked.authority_id,
            AuthorityContact.person_id == asked.person_id,
            AuthorityContact.role == asked.role,
        )
        session.execute(delete(AuthorityContact).where(*contact))
        return
    model = SchoolTerm if asked.kind == "term" else SchoolClosure
    session.execute(delete(model).where(model.school_id == asked.school_id, model.first_on == asked.first_on))
