"""Pupils who are missing from their school's file. They never leave without a person's yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.importing.typed_rows import TypedRow
from db.models import PendingLeaver, Pupil, School


@dataclass(frozen=True, slots=True)
class Missing:
    """A pupil whom the last file did not name, and whose leaving nobody has confirmed or denied."""

    pupil_id: int
    name: str
    school: str
    noticed_at: datetime


def note_missing_pupils(session: Session, import_id: int, rows: Sequence[TypedRow]) -> int:
    """Note each pupil on roll at a school of `rows` whom `rows` do not name; how many were noted anew. Those named again are forgotten."""
    named = {(str(r.values["urn"]), r.values["mis_id"]) for r in rows}
    urns = {urn for urn, _ in named}
    on_roll = session.execute(
        select(Pupil.id, Pupil.school_id, School.urn, Pupil.mis_id)
        .join(School, School.id == Pupil.school_id)
        .where(School.urn.in_(urns), Pupil.left_on.is_(None), Pupil.mis_id != "")  # not a child whom somebody entered by hand
    ).all()
    waiting = set(session.scalars(select(PendingLeaver.pupil_id).where(PendingLeaver.answer == "")))
    missing = [(p.id, p.school_id) for p in on_roll if (p.urn, p.mis_id) not in named and p.id not in waiting]
    session.add_all(PendingLeaver(pupil_id=pupil, import_id=import_id, school_id=school) for pupil, school in missing)
    back = {p.id for p in on_roll if (p.urn, p.mis_id) in named} & waiting
    if back:
        session.execute(update(PendingLeaver).where(PendingLeaver.pupil_id.in_(back), PendingLeaver.answer == "").values(answer="stays"))
    session.flush()
    return len(missing)


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


def answer_leaver(session: Session, pupil_id: int, *, left_on: date | None, actor_id: int, now: datetime) -> None:
    """A person's word on a missing pupil: left on that day, or (None) stays. Raises LookupError when nobody asked about this pupil."""
    found = session.execute(
        update(PendingLeaver)
        .where(PendingLeaver.pupil_id == pupil_id, PendingLeaver.answer == "")
        .values(answer="left" if left_on else "stays", left_on=left_on, answered_by=actor_id, answered_at=now)
        .returning(PendingLeaver.pupil_id)
    ).first()
    if found is None:
        raise LookupError("nobody asked about this pupil; see `sendflow import --missing`")
    if left_on:
        session.execute(update(Pupil).where(Pupil.id == pupil_id).values(left_on=left_on))
