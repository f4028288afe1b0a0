"""Pupils into their table."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from db.importing.moved_pupils import refuse_shared_upns
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, upsert
from db.importing.write_trust import schools_by_urn
from db.models import Pupil
from db.new_child import adopt_entered, hold_rolls


def write_pupils(session: Session, rows: Sequence[TypedRow]) -> Counts:
    """Pupils by school and MIS id. Raises ImportRefused for a UPN that stands twice or is on another school's roll."""
    schools = schools_by_urn(session, rows)
    hold_rolls(session, {schools[r.values["urn"]] for r in rows})
    refuse_shared_upns(session, rows, schools)
    values = [
        {
            "school_id": schools[r.values["urn"]],
            "mis_id": r.values["mis_id"],
            "given_name": r.values["forename"],
            "family_name": r.values["surname"],
            "born_on": r.values["born_on"],
            "year_group": r.values["year_group"],
            "sen_provision": r.values["sen_provision"],
            **_told_of_pupil(r),
        }
        for r in rows
    ]
    adopt_entered(session, values)
    return upsert(session, Pupil, ["school_id", "mis_id"], values)


def _told_of_pupil(row: TypedRow) -> dict[str, object]:
    """What a file need not have: without the column it changes nothing, an empty cell says that there is none."""
    return row.where_told({
        "upn": ("upn", row.values["upn"]),
        "class_name": ("registration_group", row.values["registration_group"] or ""),
        "primary_need": ("sen_need", row.values["sen_need"] or ""),
        "looked_after": ("looked_after", bool(row.values["looked_after"])),
    })  # fmt: skip
