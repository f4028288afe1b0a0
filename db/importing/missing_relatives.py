"""Parents whom a file of their child's family does not name any more. They never lose their responsibility without a person's yes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from db.importing.codes import SELF
from db.importing.moved_pupils import Pair
from db.importing.part_files import is_part, said_of_part
from db.importing.problems import Problem
from db.importing.pupils_of_rows import PupilKey, pupil_key
from db.importing.typed_rows import TypedRow
from db.models import Family, MissingRelative, Person, Pupil, School

LISTED_FOR = timedelta(days=90)
_ASKED = ("", "stays")
_SHARE = 0.25  # a file of first contacts names every child, and leaves out a parent of each who has two
Standing = Row[int, int, int, bool, str | None, str, str]


@dataclass(frozen=True, slots=True)
class Absent:
    """A parent whom the last file did not name, and of whom nobody has said whether that is over, or somebody (`gone`) that it is.

    `number` answers for this child alone.
    """

    number: int
    name: str
    relationship: str
    pupil_name: str
    school_id: int
    school: str
    noticed_at: datetime
    gone: bool = False


def note_missing_relatives(session: Session, import_id: int, rows: Sequence[TypedRow]) -> tuple[int, tuple[Problem, ...]]:
    """Note whoever has parental responsibility for a pupil of `rows` and is not named beside them: how many were noted anew, and what is
    said: of who was gone and has it again by the file, and of a school of whose parents the file names only a part; nobody is asked about those.

    A file that names any of a pupil's family is taken to name all of it; of other pupils it says nothing. Nobody is asked about the pupil's own row,
    about whom an order keeps away (nothing is sent to them), or about whom no file has brought. Those named again are forgotten.
    """
    named: dict[PupilKey, dict[str, TypedRow]] = {}
    for row in rows:
        named.setdefault(pupil_key(row), {})[f"family:{row.values['urn']}:{row.values['contact_id']}"] = row
    standing = [one for one in _families(session, {str(urn) for urn, _ in named}) if (int(one.urn), one.mis_id) in named]
    row_of = {(one.pupil_id, one.person_id): named[int(one.urn), one.mis_id].get(str(one.external_id)) for one in standing}
    there = {pair: row for pair, row in row_of.items() if row is not None}
    asked = _answered(session, _ASKED)
    unasked = [one for one in standing if one.parental_responsibility and (pair := _pair(one)) not in there and pair not in asked]
    parts = _parts(session, rows[0].file, [one for one in standing if one.parental_responsibility and _pair(one) in there], unasked)
    missing = [
        MissingRelative(pupil_id=one.pupil_id, person_id=one.person_id, import_id=import_id, school_id=one.school_id)
        for one in unasked
        if one.school_id not in parts
    ]
    session.add_all(missing)
    _settle(session, asked & there.keys(), _ASKED, "named")
    gone = _answered(session, ("gone",)) & there.keys()
    returned = {pair for pair in gone if there[pair].values["parental_responsibility"]}
    _settle(session, returned, ("gone",), "returned")
    _settle(session, gone - returned, ("gone",), "named")  # the file says No itself, so nothing is left to take back
    session.flush()
    return len(missing), (*parts.values(), *(_returned(there[pair]) for pair in sorted(returned)))


def missing_relatives(session: Session) -> list[Absent]:
    """Everybody of whom it must still be said whether their parental responsibility is over, by school, pupil and name."""
    return _absent(session, MissingRelative.answer == "")


def lately_gone(session: Session, now: datetime) -> list[Absent]:
    """Everybody of whom somebody said in the last 90 days that it is over, in the same order: a slip can still be taken back."""
    return _absent(session, (MissingRelative.answer == "gone") & (MissingRelative.answered_at > now - LISTED_FOR))


def _absent(session: Session, which: ColumnElement[bool]) -> list[Absent]:
    relative = aliased(Person)
    found = session.execute(
        select(MissingRelative, relative, Family.relationship, Pupil, School)
        .join(relative, relative.id == MissingRelative.person_id)
        .join(Family, (Family.pupil_id == MissingRelative.pupil_id) & (Family.person_id == MissingRelative.person_id))
        .join(Pupil, Pupil.id == MissingRelative.pupil_id)
        .join(School, School.id == MissingRelative.school_id)
        .where(which)
        .order_by(School.name, Pupil.family_name, Pupil.given_name, relative.family_name, relative.given_name, MissingRelative.id)
    )
    return [
        Absent(one.id, _name(person), relationship, _name(pupil), school.id, school.name, one.noticed_at, gone=one.answer == "gone")
        for one, person, relationship, pupil, school in found
    ]


def answer_relative(session: Session, number: int, *, gone: bool, actor_id: int, now: datetime) -> None:
    """A person's word on a missing parent: the responsibility is over (an adoption, a death, an order), or they stay.

    Whoever is gone holds no rights in any case of the child from then on: what has not left goes to who does (`db/redirect.py`), and links close.
    Their row stays, with what protects them or others. That somebody is gone is taken back by saying that they stay: they have the rights again.
    Raises LookupError when nobody asked under this number, a file has settled it, or the same was said before.
    """
    answered = update(MissingRelative).where(MissingRelative.id == number, MissingRelative.answer.in_(("",) if gone else ("", "gone"))).values(
        answer="gone" if gone else "stays", answered_by=actor_id, answered_at=now
    )  # fmt: skip
    found = session.execute(answered.returning(MissingRelative.pupil_id, MissingRelative.person_id)).first()
    if found is None:
        raise LookupError(f"nobody is asked about under the number {number}")
    whose = (Family.pupil_id == found.pupil_id, Family.person_id == found.person_id)
    session.execute(update(Family).where(*whose).values(parental_responsibility=not gone))


def _pair(one: Standing) -> Pair:
    return one.pupil_id, one.person_id


def _parts(session: Session, file: str, named: Sequence[Standing], unasked: Sequence[Standing]) -> dict[int, Problem]:
    """The schools of whose parents this file names only a part (the first contacts alone, say), and what is said of each."""
    here, out = Counter(one.school_id for one in named), Counter(one.school_id for one in unasked)
    return {
        school: Problem(file, 0, "", said_of_part(session.get_one(School, school).name, here[school], left_out, "parents of the children in it"))
        for school, left_out in out.items()
        if is_part(here[school], left_out, share=_SHARE)
    }


def _families(session: Session, urns: set[str]) -> Sequence[Standing]:
    return session.execute(
        select(Family.pupil_id, Family.person_id, Family.school_id, Family.parental_responsibility, Person.external_id, School.urn, Pupil.mis_id)
        .join(Person, Person.id == Family.person_id)
        .join(Pupil, Pupil.id == Family.pupil_id)
        .join(School, School.id == Pupil.school_id)
        .where(School.urn.in_(urns), Person.external_id.is_not(None), Family.relationship != SELF, ~Family.no_contact)
        .order_by(Family.pupil_id, Family.person_id)
    ).all()


def _answered(session: Session, answers: Sequence[str]) -> set[Pair]:
    asked = select(MissingRelative.pupil_id, MissingRelative.person_id).where(MissingRelative.answer.in_(answers))
    return {(pupil, person) for pupil, person in session.execute(asked)}


def _settle(session: Session, pairs: set[Pair], was: Sequence[str], now: str) -> None:
    if pairs:
        who = tuple_(MissingRelative.pupil_id, MissingRelative.person_id).in_(pairs)
        session.execute(update(MissingRelative).where(who, MissingRelative.answer.in_(was)).values(answer=now))


def _returned(row: TypedRow) -> Problem:
    reason = "somebody had said that this is over; the file says Yes again, so they are written to again"
    return Problem(row.file, row.line, "Parental responsibility", reason)


def _name(one: Person | Pupil) -> str:
    return f"{one.given_name} {one.family_name}".strip()
