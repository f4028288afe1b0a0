"""A child who is not on roll: an LA consults the school on them or names it, or the family applies. No file of the school's brings them yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.models import Authority, Family, Person, Pupil, School


@dataclass(frozen=True, slots=True)
class NewChild:
    """What the letter or the application says, and no more.

    `parent_email`: empty where it is not given, and then nobody of the family is entered. `has_plan`: no for an application without an EHC plan; what
    help such a child gets is settled once they are here, so they are entered as having none yet.
    """

    school_id: int
    authority_id: int
    given_name: str
    family_name: str
    born_on: date
    year_group: int | None = None
    parent_given_name: str = ""
    parent_family_name: str = ""
    parent_email: str = ""
    has_plan: bool = True


def hold_rolls(session: Session, schools: Iterable[int]) -> None:
    """Nobody enters a child at these schools until the transaction ends: the same child, sent twice at once or brought by a file, is one."""
    session.execute(select(School.id).where(School.id.in_(set(schools))).order_by(School.id).with_for_update(key_share=True))


def add_child(session: Session, child: NewChild, today: date) -> int:
    """Enter the child; the pupil's id. A child of the same names and birthday on roll today at that school is the same child and is entered once.

    The session is the scheduler's: the caller has asked whether the actor may open cases at the school. Sendflow holds no text of the plan.
    """
    hold_rolls(session, [child.school_id])
    same = (Pupil.school_id == child.school_id, Pupil.given_name == child.given_name, Pupil.family_name == child.family_name)
    on_roll = or_(Pupil.left_on.is_(None), Pupil.left_on >= today)
    known = session.scalars(select(Pupil.id).where(*same, Pupil.born_on == child.born_on, on_roll)).first()
    if known is not None:
        return known
    pupil = Pupil(
        school_id=child.school_id, authority_id=child.authority_id, given_name=child.given_name, family_name=child.family_name,
        born_on=child.born_on, year_group=child.year_group, sen_provision="E" if child.has_plan else "N",
    )  # fmt: skip
    session.add(pupil)
    session.flush()
    if child.parent_email:
        _add_parent(session, pupil, child)
    return pupil.id


def adopt_entered(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Children entered by hand whom a school's file now brings: the row of the file is theirs from here on. How many were met.

    `rows` are values of `pupils`. Met by school, names and birthday, as long as no number of the school's system is known of the child.
    """
    schools = {row["school_id"] for row in rows}
    entered = session.scalars(select(Pupil).where(Pupil.mis_id == "", Pupil.left_on.is_(None), Pupil.school_id.in_(schools))).all()
    if not entered:
        return 0
    by_child = {(r["school_id"], r["given_name"].casefold(), r["family_name"].casefold(), r["born_on"]): r["mis_id"] for r in rows}
    taken = {(school, number) for school, number in session.execute(select(Pupil.school_id, Pupil.mis_id).where(Pupil.mis_id != ""))}
    met = 0
    for pupil in entered:
        mis_id = by_child.get((pupil.school_id, pupil.given_name.casefold(), pupil.family_name.casefold(), pupil.born_on))
        if mis_id and (pupil.school_id, mis_id) not in taken:
            pupil.mis_id, met = mis_id, met + 1
    session.flush()
    return met


def authorities(session: Session) -> list[tuple[int, str]]:
    """Every LA that the trust knows, by name."""
    return [(id_, name) for id_, name in session.execute(select(Authority.id, Authority.name).order_by(Authority.name, Authority.id))]


def _add_parent(session: Session, pupil: Pupil, child: NewChild) -> None:
    parent = Person(
        kind="family", given_name=child.parent_given_name, family_name=child.parent_family_name, email=child.parent_email,
        school_ids=[pupil.school_id],
    )  # fmt: skip
    session.add(parent)
    session.flush()
    session.add(Family(pupil_id=pupil.id, person_id=parent.id, school_id=pupil.school_id, relationship="parent", parental_responsibility=True))
