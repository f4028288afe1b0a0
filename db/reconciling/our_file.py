"""The reconciliation file: a row a pupil, our dates filled in, a place for the LA's beside each. It holds names: send it by a safe way only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from db.queries.la_reconciliation import OurDates
from db.reconciling.compare import Compared
from db.reconciling.items import ITEMS, OURS, THEIRS

_PUPIL = ("UPN", "Surname", "Forename", "Date of birth", "School URN", "School", "LA reference", "Review case", "Transfer case")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t")


def as_csv(rows: Iterable[OurDates]) -> str:
    """The file's text, with its heading row; dates as 2026-11-05. Spreadsheets open it, and read nothing in it as a formula."""
    headings = [*_PUPIL, *(f"{side}{item.title}" for item in ITEMS for side in (OURS, THEIRS))]
    return written([headings, *(_cells(row) for row in rows)])


def differences_csv(compared: Compared) -> str:
    """What differs, a line an item: what is read by the two who put it right. Rows of one side alone stand below."""
    headings = ("Line", "UPN", "Pupil", "School", "Case", "What", "Ours", "Theirs", "Difference")
    lines: list[Sequence[object]] = [(d.line, d.upn, d.pupil, d.school, d.case, d.item, d.ours, d.theirs, d.says) for d in compared.differences]
    lines += [(s.line, s.upn, f"{s.forename} {s.surname}".strip(), "", "", "", "", "", "no pupil of ours") for s in compared.strangers]
    missing = ((m, m.review or m.transfer) for m in compared.missing)
    lines += [("", m.upn, f"{m.forename} {m.surname}", m.school, case, "", "", "", "not in the LA's file") for m, case in missing]
    lines += [(problem.line, "", "", "", "", problem.column, "", "", f"not read: {problem.reason}") for problem in compared.problems]
    return written([headings, *lines])


def written(lines: Iterable[Sequence[object]]) -> str:
    """Lines as CSV; None is an empty cell."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([_cell(value) for value in line] for line in lines)
    return out.getvalue()


def _cells(row: OurDates) -> list[object]:
    pupil = [row.upn, row.surname, row.forename, row.born_on, row.urn, row.school, row.la_reference, row.review, row.transfer]
    return [*pupil, *(value for item in ITEMS for value in (getattr(row, item.name), None))]


def _cell(value: object) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
