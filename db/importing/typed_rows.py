"""Rows of text to rows of typed values; every bad cell is named, and a row that stands twice with different words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.importing.mapping import Mapped
from db.importing.problems import BadCell, ImportRefused, Problem
from db.importing.read_csv import RawTable


@dataclass(frozen=True, slots=True)
class TypedRow:
    """One row: where it stands, its values by column name (None for an empty cell that may be empty), and which columns its file has."""

    file: str
    line: int
    values: Mapping[str, object]
    columns: frozenset[str]

    def key(self, names: tuple[str, ...]) -> tuple[object, ...]:
        """The values that together name the row."""
        return tuple(self.values.get(n) for n in names)

    def where_told(self, told: Mapping[str, tuple[str, object]]) -> dict[str, object]:
        """`told` (attribute: column of the file, value), without what the file has no column for: what is known of it stays."""
        return {attribute: value for attribute, (column, value) in told.items() if column in self.columns}


def typed_rows(table: RawTable, mapped: Mapped) -> list[TypedRow]:
    """All rows of `table`, read by the columns of its kind. Raises ImportRefused with every bad cell and every doubled row."""
    at = {heading: index for index, heading in enumerate(table.headings)}
    problems: list[Problem] = []
    rows: list[TypedRow] = []
    seen: dict[tuple[object, ...], TypedRow] = {}
    columns = frozenset(mapped.columns)
    for line, texts in table.rows:
        row = TypedRow(table.file, line, _values(table.file, line, texts, at, mapped, problems), columns)
        key = row.key(mapped.kind.key)
        twin = seen.get(key)
        if twin is None:
            seen[key] = row
            rows.append(row)
        elif twin.values != row.values:
            names = " and ".join(n.replace("_", " ") for n in mapped.kind.key)
            problems.append(Problem(table.file, line, "", f"the same {names} stands in line {twin.line} with other values; keep one"))
    if problems:
        raise ImportRefused(problems)
    return rows


def _values(file: str, line: int, texts: tuple[str, ...], at: Mapping[str, int], mapped: Mapped, problems: list[Problem]) -> dict[str, object]:
    values: dict[str, object] = {}
    for column in mapped.kind.columns:
        heading = mapped.columns.get(column.name)
        text = texts[at[heading]] if heading else ""
        values[column.name] = None
        if not text and not column.required:
            continue
        try:
            if not text and column.name not in ("sen_provision",):
                raise BadCell("the cell is empty")
            values[column.name] = column.read(text)
        except BadCell as fault:
            problems.append(Problem(file, line, heading or column.headings[0], str(fault)))
    return values
