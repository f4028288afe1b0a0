"""An LA's file read back: its own export, or ours with its dates filled in. A bad row is named and left out; the others are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from db.importing.mapping import Mapped, map_columns
from db.importing.problems import BadCell, ImportRefused, Problem
from db.importing.read_csv import RawTable, read_csv
from db.reconciling.items import ITEMS, THEIR_FILE, THEIRS, ItemName


@dataclass(frozen=True, slots=True)
class TheirDates:
    """One row: where it stands, who it is about, and what the LA holds of each item (only of those that the file has a column for)."""

    line: int
    upn: str
    surname: str
    forename: str
    born_on: date | None
    items: Mapping[ItemName, object]


@dataclass(frozen=True, slots=True)
class TheirFile:
    """`rows` that could be read; `problems`: each bad row, named by line and column; `unread`: headings that nobody reads."""

    rows: list[TheirDates]
    problems: list[Problem]
    columns: Mapping[str, str]
    unread: tuple[str, ...]


def read_their_file(file: str, content: bytes) -> TheirFile:
    """Raises ImportRefused when it is no table, or has no column of an item, or none that says who a row is about."""
    table = read_csv(file, content)
    mapped = map_columns(table, THEIR_FILE)
    _refuse_useless(table, mapped)
    at = {heading: place for place, heading in enumerate(table.headings)}
    rows: list[TheirDates] = []
    problems: list[Problem] = []
    for line, texts in table.rows:
        faults, values = _values(file, line, texts, at, mapped)
        if not faults and not values["upn"] and not (values["surname"] and values["forename"] and values["born_on"]):
            faults = [Problem(file, line, "", "this row names no pupil; give the UPN, or surname, forename and date of birth")]
        problems += faults
        if not faults:
            rows.append(_row(line, values, mapped))
    return TheirFile(rows, problems, mapped.columns, mapped.unread)


def _refuse_useless(table: RawTable, mapped: Mapped) -> None:
    problems = []
    if not any(item.name in mapped.columns for item in ITEMS):
        named = ", ".join(f"{THEIRS}{item.title} (or {item.headings[0]})" for item in ITEMS)
        problems.append(Problem(table.file, 1, "", f"no column holds a date of the return; name at least one: {named}"))
    if "upn" not in mapped.columns and not {"surname", "forename", "born_on"} <= mapped.columns.keys():
        problems.append(Problem(table.file, 1, "", "no column says who a row is about; give UPN, or Surname, Forename and Date of birth"))
    if problems:
        raise ImportRefused(problems)


def _values(file: str, line: int, texts: tuple[str, ...], at: Mapping[str, int], mapped: Mapped) -> tuple[list[Problem], dict[str, object]]:
    faults: list[Problem] = []
    values: dict[str, object] = {}
    for column in THEIR_FILE.columns:
        heading = mapped.columns.get(column.name, "")
        text = texts[at[heading]] if heading else ""
        values[column.name] = None
        if text:
            try:
                values[column.name] = column.read(text)
            except BadCell as fault:
                faults.append(Problem(file, line, heading, str(fault)))
    return faults, values


def _row(line: int, values: Mapping[str, object], mapped: Mapped) -> TheirDates:
    items = {item.name: values[item.name] for item in ITEMS if item.name in mapped.columns}
    upn, surname, forename = (str(values[name] or "") for name in ("upn", "surname", "forename"))
    return TheirDates(line, upn, surname, forename, cast("date | None", values["born_on"]), items)
