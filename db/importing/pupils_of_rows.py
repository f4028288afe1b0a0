"""The pupils whom rows of families and plans speak of, by the school and the number there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.importing.problems import ImportRefused, Problem
from db.importing.typed_rows import TypedRow
from db.importing.write_trust import schools_by_urn
from db.models import Pupil

PupilKey = tuple[object, object]


def pupil_key(row: TypedRow) -> PupilKey:
    """URN and number there: what names the pupil of a row."""
    return (row.values["urn"], row.values["mis_id"])


def pupils_of(session: Session, rows: Sequence[TypedRow]) -> dict[PupilKey, tuple[int, int]]:
    """Database ids of pupil and school by URN and number. Raises ImportRefused naming each row whose pupil is not known."""
    schools = schools_by_urn(session, rows)
    urn_of = {id_: urn for urn, id_ in schools.items()}
    known: dict[PupilKey, tuple[int, int]] = {
        (urn_of[school], mis): (id_, school) for id_, school, mis in session.execute(select(Pupil.id, Pupil.school_id, Pupil.mis_id))
    }
    problems = [
        Problem(r.file, r.line, "", f"no pupil {r.values['mis_id']} is at the school {r.values['urn']}; import pupils.csv with the pupil first")
        for r in rows
        if pupil_key(r) not in known
    ]
    if problems:
        raise ImportRefused(problems)
    return known
