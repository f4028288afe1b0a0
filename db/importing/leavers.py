"""Pupils who are missing from their school's file. They never leave without a person's yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from db.importing.problems import Problem
from db.importing.typed_rows import TypedRow
from db.models import PendingLeaver, Pupil, School


class CannotAnswer(LookupError):
    """Nobody asked about this, or it cannot be answered so; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A pupil whom the last file did not name, and whose leaving nobody has confirmed or denied."""

    pupil_id: int
    name: str
    school: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Leaving:
    """A pupil on roll whose last day there is known."""

    pupil_id: int
    name: str
    school: str
    left_on: date


def note_missing_pupils(session: Session, import_id: int, rows: Sequence[TypedRow], today: date) -> tuple[int, tuple[Problem, ...]]:
    """Note each pupil on roll at a school of `rows` whom `rows` do not name: how many were noted anew, and who had left and is named again.

    Those named again are on roll: what was asked is forgotten, and a last day that is over is taken away. One still to come stands.
    """
    named = {(str(r.values["urn"]), r.values["mis_id"]): r for r in rows}
    known = session.execute(
        select(Pupil.id, Pupil.school_id, School.urn, Pupil.mis_id, Pupil.left_on)
        .join(School, School.id == Pupil.school_id)
        .where(School.urn.in_({urn for urn, _ in named}), Pupil.mis_id != "")  # not a child whom somebody entered by hand
    ).all()
    waiting = set(session.scalars(select(PendingLeaver.pupil_id).where(PendingLeaver.answer == "")))
    missing = [(p.id, p.school_id) for p in known if p.left_on is None and (p.urn, p.mis_id) not in named and p.id not in waiting]
    session.add_all(PendingLeaver(pupil_id=pupil, import_id=import_id, school_id=school) for pupil, school in missing)
    back = {p.id for p in known if (p.urn, p.mis_id) in named} & waiting
    if back:
        session.execute(update(PendingLeaver).where(PendingLeaver.pupil_id.in_(back), PendingLeaver.answer == "").values(answer="stays"))
    returned = {p.id: _returned(named[p.urn, p.mis_id], p.left_on) for p in known if (p.urn, p.mis_id) in named and p.left_on and p.left_on < today}
    if returned:
        session.execute(update(Pupil).where(Pupil.id.in_(returned)).values(left_on=None))
    session.flush()
    return len(missing), tuple(returned.values())


def _returned(row: TypedRow, left_on: date) -> Problem:
    words = f"the last day of {row.values['forename']} {row.values['surname']} on roll was {left_on}; they are named again, so they are on roll again"
    return Problem(row.file, row.line, "", words)


def missing_pupils(session: Session) -> list[Missing]:
    """Everybody of whom it must still be said whether they left, by school and name."""
    found = session.execute(
        select(Pupil.id, Pupil.given_name, Pupil.family_name, School.name, PendingLeaver.noticed_at)
        .join(Pupil, Pupil.id == PendingLeaver.pupil_id)
        .join(School, School.id == Pupil.school_id)
        .where(PendingLeaver.answer == "")
        .order_by(School.name, Pupil.family_name, Pupil.given_name)
    )
    return [Missing(id_, f"{given} {family}", school, at) for id_, given, family, school, at in found]


def leaving_pupils(session: Session, today: date) -> list[Leaving]:
    """Everybody on roll of whom somebody has said that they leave on a later day, or today; soonest first."""
    found = session.execute(
        select(Pupil.id, Pupil.given_name, Pupil.family_name, School.name, Pupil.left_on)
        .join(School, School.id == Pupil.school_id)
        .where(Pupil.left_on >= today)
        .order_by(Pupil.left_on, School.name, Pupil.family_name, Pupil.given_name)
    )
    return [Leaving(id_, f"{given} {family}", school, left_on) for id_, given, family, school, left_on in found if left_on]


def answer_leaver(session: Session, pupil_id: int, *, left_on: date | None, actor_id: int, now: datetime) -> None:
    """A person's word on a missing pupil: on roll up to and including that day, which may be still to come, or (None) stays.

    An answer may be put right: the day, or that they stay after all. Raises CannotAnswer when nobody asked about this pupil.
    """
    said = session.execute(
        select(PendingLeaver, Pupil)
        .join(Pupil, Pupil.id == PendingLeaver.pupil_id)
        .where(Pupil.id == pupil_id, or_(PendingLeaver.answer == "", and_(PendingLeaver.answer == "left", Pupil.left_on.is_not(None))))
        .order_by(PendingLeaver.import_id.desc())
        .limit(1)
    ).one_or_none()
    if said is None:
        raise CannotAnswer(f"nobody asked about the pupil {pupil_id}, and nobody has said that they left; `sendflow leavers` lists who is missing")
    asked, pupil = said
    asked.answer, asked.left_on, asked.answered_by, asked.answered_at = ("left" if left_on else "stays"), left_on, actor_id, now
    pupil.left_on = left_on
    session.flush()
