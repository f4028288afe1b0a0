"""All rows of a case's steps as its history under one text makes them: what they would be had the case always run on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from db.acts.rows import row_changes, row_status, step_row
from db.ladders import SHIPPED, Ladders
from rules.calendar import SchoolCalendar
from rules.definition import Definition
from rules.perhaps import perhaps_never
from rules.position_types import Change, Position
from rules.reading import position_of, record_of

Row = dict[str, Any]


def rows_anew(
    definition: Definition, changes: Iterable[tuple[int, SchoolCalendar, Change]], calendar: SchoolCalendar, case_id: int, school_id: int,
    ladders: Ladders = SHIPPED,
) -> list[Row]:  # fmt: skip
    """Rows for `write_many_steps`, open and closed, from each event's number, calendar and change. Open ones are counted with `calendar`
    and chased by `ladders`."""
    rows: dict[int, Row] = {}
    before: Position | None = None
    for seq, judged_by, change in changes:
        found = row_changes(definition, before, change.position, judged_by, ladders)
        for row in found.closed:
            if row["no"] in rows and "closed_seq" not in rows[row["no"]]:
                rows[row["no"]] |= {"closed_seq": seq, "closed_on": row["closed_on"], "outcome": row["outcome"]}
        for row in found.written:
            opened = rows.get(row["no"], {}).get("opened_seq", seq)
            rows[row["no"]] = {**row, "case_id": case_id, "school_id": school_id, "opened_seq": opened}
        before = change.position
    if before is not None:
        now = position_of(definition, record_of(before), calendar)
        perhaps = perhaps_never(definition, now)
        for one in now.tracked():
            rows[one.no] |= step_row(definition, one, row_status(one, perhaps), calendar, now.facts, ladders)
    return list(rows.values())
