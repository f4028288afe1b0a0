"""Headings to columns: by the mapping kept for the school, then by the synonym table; what is missing is said with what would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.importing.columns import KINDS, Column, Kind
from db.importing.problems import ImportRefused, Problem
from db.importing.read_csv import RawTable


@dataclass(frozen=True, slots=True)
class Mapped:
    """Which heading stands for which column, and the headings that nobody reads."""

    kind: Kind
    columns: Mapping[str, str]
    unread: tuple[str, ...]


def map_columns(table: RawTable, kind: Kind, kept: Mapping[str, str] | None = None) -> Mapped:
    """The mapping of `table`, `kept` (column to heading) first. Raises ImportRefused naming each required column that no heading stands for."""
    found: dict[str, str] = {}
    problems = []
    for column in kind.columns:
        heading = _heading_for(column, table.headings, kept or {})
        if heading:
            found[column.name] = heading
        elif column.required:
            reason = f"no heading for {column.name.replace('_', ' ')}; name the column one of: {', '.join(column.headings)}"
            problems.append(Problem(table.file, 1, column.headings[0], reason))
    if problems:
        raise ImportRefused(problems)
    return Mapped(kind, found, tuple(h for h in table.headings if h and h not in found.values()))


def kind_of_file(file: str, headings: tuple[str, ...]) -> Kind:
    """The kind of a file, by its name if it says one (`pupils.csv`, `oakfield_pupils.csv`), else by its headings.

    Raises ImportRefused when neither tells.
    """
    stem = file.rsplit("/", 1)[-1].removesuffix(".csv").casefold().replace("-", "_").replace(" ", "_")
    for kind in KINDS.values():
        if stem == kind.name or stem.endswith(f"_{kind.name}") or stem == f"ehc_{kind.name}":
            return kind
    fitting = [k for k in KINDS.values() if all(_heading_for(c, headings, {}) for c in k.columns if c.required)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(f"{k}.csv" for k in KINDS)
    raise ImportRefused([Problem(file, 0, "", f"it is not clear what this file holds; name it one of: {names}")])


def _heading_for(column: Column, headings: tuple[str, ...], kept: Mapping[str, str]) -> str:
    wanted = kept.get(column.name)
    if wanted in headings and wanted:
        return wanted
    folded = {_fold(h): h for h in reversed(headings)}
    return next((folded[_fold(s)] for s in column.headings if _fold(s) in folded), "")


def _fold(heading: str) -> str:
    return " ".join(heading.replace("_", " ").split()).casefold()
