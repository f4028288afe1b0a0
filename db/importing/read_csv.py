"""Bytes to rows: encodings, separators, ragged lines, twin headings (faults.md I1)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from db.importing.problems import ImportRefused, Problem

_BIGGEST = 50 * 1024 * 1024
_LONGEST_CELL = 2000
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class RawTable:
    """A file's headings and its rows with their line numbers, still text."""

    file: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_csv(file: str, content: bytes) -> RawTable:
    """The table in `content`. Reads UTF-8 with or without mark, UTF-16 with mark, else Windows-1252, which is what MIS and Excel write.

    Raises ImportRefused naming line and reason for anything that cannot be a table.
    """
    text = _text(file, content)
    lines = _lines(file, text)
    if not lines:
        raise ImportRefused([Problem(file, 0, "", "the file is empty; export it again with its heading row")])
    (_, first), *rest = lines
    headings = tuple(h.strip() for h in first)
    problems = _heading_problems(file, headings)
    rows = []
    for line, cells in rest:
        if not any(c.strip() for c in cells):
            continue
        fault = _row_fault(headings, cells)
        if fault:
            problems.append(Problem(file, line, "", fault))
        rows.append((line, tuple(c.strip() for c in cells)))
    if problems:
        raise ImportRefused(problems)
    return RawTable(file, headings, tuple(rows))


def _text(file: str, content: bytes) -> str:
    if len(content) > _BIGGEST:
        raise ImportRefused([Problem(file, 0, "", "the file is over 50 MB; export one school at a time")])
    try:
        text = content.decode("utf-16") if content.startswith((b"\xff\xfe", b"\xfe\xff")) else _decode(content)
    except UnicodeDecodeError as fault:
        raise ImportRefused([Problem(file, 0, "", "the text's encoding is not known; save it as CSV UTF-8")]) from fault
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise ImportRefused([Problem(file, line, "", "there is a NUL byte, so this is not a CSV file; export it again as CSV")])
    return text


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _lines(file: str, text: str) -> list[tuple[int, list[str]]]:
    head = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=head.count) if any(s in head for s in _SEPARATORS) else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if cells:
                found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as fault:
        reason = f"the quotation marks or separators do not fit ({fault}); export it again as CSV"
        raise ImportRefused([Problem(file, begins, "", reason)]) from fault
    return found


def _heading_problems(file: str, headings: tuple[str, ...]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for heading in headings:
        if heading and heading.casefold() in seen:
            problems.append(Problem(file, 1, heading, "this heading stands twice; keep one"))
        seen.add(heading.casefold())
    if not any(headings):
        problems.append(Problem(file, 1, "", "the first line must be the heading row"))
    return problems


def _row_fault(headings: tuple[str, ...], cells: list[str]) -> str:
    if len(cells) != len(headings):
        return f"this row has {len(cells)} cells and the heading row {len(headings)}; look for a missing or extra separator"
    if any(len(c) > _LONGEST_CELL for c in cells):
        return f"a cell is longer than {_LONGEST_CELL} letters"
    return ""
