"""Single cells: identifiers, dates, codes. Each reader returns a typed value or raises BadCell with the value seen and what to write.

Formats and traps: docs/import.md (UPN check letter: DfE error 1510; Excel turns a UPN into 1.2E+12 and a date into 3/4/26).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from stdnum.gb import upn as stdnum_upn

from db.importing.problems import BadCell

_UPN = re.compile(r"^[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]$")
_DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%d %b %Y")
_TWO_DIGIT_YEAR = re.compile(r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2}$")
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_YES = {"yes", "y", "true", "1", "t"}
_NO = {"no", "n", "false", "0", "f", ""}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def text(cell: str) -> str:
    """Any text without control letters."""
    if _CONTROL.search(cell) or any(0xD800 <= ord(c) <= 0xDFFF for c in cell):
        raise BadCell("there is a letter that cannot be shown; type the cell again")
    return cell


def name(cell: str) -> str:
    """A person's or school's name: at most 200 letters."""
    if len(cell) > 200:
        raise BadCell("a name may have 200 letters at most")
    return text(cell)


def upn(cell: str) -> str:
    """A Unique Pupil Number: 13 characters whose first is the check letter."""
    value = cell.replace(" ", "").upper()
    if re.search(r"E\+\d", value):
        raise BadCell(f"{cell!r} is a number that Excel shortened; format the column as text and export it again")
    if not _UPN.match(value):
        raise BadCell(f"{cell!r} is not a UPN: a letter, then 12 digits (the last may be a letter)")
    expected = stdnum_upn.calc_check_digit(value[1:])
    if value[0] != expected:
        raise BadCell(f"the check letter of {cell!r} is wrong: for these digits it is {expected}")
    return value


def day(cell: str) -> date:
    """A date: 2026-03-04, 04/03/2026, 4-Mar-2026, 4 March 2026, or Excel's day number."""
    if re.fullmatch(r"\d{5}", cell):
        return _EXCEL_DAY_ZERO + timedelta(days=int(cell))
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(cell.split(" 00:00")[0], form).date()  # noqa: DTZ007  a date alone has no zone
        except ValueError:
            continue
    if _TWO_DIGIT_YEAR.match(cell):
        raise BadCell(f"{cell!r} can be read in two ways; write the year with four digits, as 04/03/2026")
    raise BadCell(f"{cell!r} is not a date; write it as 04/03/2026 or 2026-03-04")


def yes_or_no(cell: str) -> bool:
    """Yes or no; an empty cell is no."""
    word = cell.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCell(f"{cell!r} is neither yes nor no")


def year_group(cell: str) -> int:
    """National curriculum year: Reception is 0, nursery -1, `Year 9`, `9`."""
    word = cell.casefold().removeprefix("year").removeprefix("yr").strip()
    if word in {"r", "reception", "rec"}:
        return 0
    if word in {"n", "n1", "n2", "nursery"}:
        return -1
    if re.fullmatch(r"\d{1,2}", word) and int(word) <= 14:
        return int(word)
    raise BadCell(f"{cell!r} is not a year group; write a number from 1 to 14, R for Reception or N for nursery")


def urn(cell: str) -> int:
    """A school's Unique Reference Number, 6 digits."""
    if not re.fullmatch(r"\d{6}", cell):
        raise BadCell(f"{cell!r} is not a URN; it has 6 digits")
    return int(cell)


def dfe_number(cell: str) -> str:
    """DfE number (LAEstab): 3 digits of the council and 4 of the school, `840/4001` or `8404001`."""
    value = cell.replace("/", "").replace(" ", "")
    if not re.fullmatch(r"\d{7}", value):
        raise BadCell(f"{cell!r} is not a DfE number; it has 7 digits, as 840/4001")
    return value


def la_code(cell: str) -> str:
    """A local authority's code, 3 digits."""
    if not re.fullmatch(r"\d{3}", cell):
        raise BadCell(f"{cell!r} is not a local authority code; it has 3 digits")
    return cell


def e_mail(cell: str) -> str:
    """One plain e-mail address."""
    if len(cell) > 254 or not re.fullmatch(r"[A-Za-z0-9.!#$%'*+/=?^_`{|}~-]+@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+", cell):
        raise BadCell(f"{cell!r} is not one e-mail address")
    return cell
