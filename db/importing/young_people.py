"""Rows of families that say the contact is the pupil: by them a young person of 16 or over is written to, so they must be the pupil's."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.importing.codes import SELF
from db.importing.moved_pupils import Pair
from db.importing.problems import ImportRefused, Problem
from db.importing.typed_rows import TypedRow
from db.models import Pupil


def refuse_others_as_self(session: Session, rows: Mapping[Pair, TypedRow]) -> None:
    """Raises ImportRefused for each row of `rows` that says Self of somebody else.

    Somebody else: who shares neither forename nor surname with the pupil, or has another forename and parental responsibility for the pupil.
    """
    selves = {pair: row for pair, row in rows.items() if row.values["relationship"] == SELF}
    asked = select(Pupil).where(Pupil.id.in_({pupil for pupil, _ in selves})).execution_options(populate_existing=True)
    pupils = {one.id: one for one in session.scalars(asked)}
    reason = "this is the pupil by Relationship and not by name; write what they are to the pupil, or the pupil's name as pupils.csv has it"
    problems = [
        Problem(row.file, row.line, "Relationship", f"{reason}, and No under Parental responsibility")
        for (pupil, _), row in selves.items()
        if not _may_be(pupils[pupil], row)
    ]
    if problems:
        raise ImportRefused(problems)


def _may_be(pupil: Pupil, row: TypedRow) -> bool:
    forename, surname = str(row.values["forename"]).casefold(), str(row.values["surname"]).casefold()
    if forename in {pupil.given_name.casefold(), pupil.known_as.casefold()}:
        return True
    return surname == pupil.family_name.casefold() and not row.values["parental_responsibility"]
