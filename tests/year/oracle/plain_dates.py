"""Dates of law counted a second time: the plain forms of the rule language, with loops over days. What it cannot read it says so, and is counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from tests.year.days import ONE, KnownDays, SchoolDays, is_working_day
from tests.year.oracle.findings import Findings
from tests.year.oracle.stretches import Stretch

_FORMS = (
    (re.compile(r"on (?P<base>\S.*)"), "on"),
    (re.compile(r"(?P<n>\d+) (?P<unit>day|week|month)s? after (?P<base>\S.*)"), "after"),
    (re.compile(r"(?P<n>\d+) (?P<unit>day|week|month)s? before (?P<base>\S.*)"), "before"),
    (re.compile(r"(?P<n>\d+) (?P<unit>day|week|month)s? (?:beginning|starting) with (?P<base>\S.*)"), "with"),
    (re.compile(r"(?P<n>\d+) clear (?P<unit>day|week)s? before (?P<base>\S.*)"), "clear"),
    (re.compile(r"(?P<n>\d+) (?P<unit>working day|school day)s? (?P<way>after|before) (?P<base>\S.*)"), "kind"),
)


def judge_dates(stretches: Iterable[Stretch], days: KnownDays, findings: Findings) -> None:
    """Every date that is chased for, once."""
    seen = {(one.case_id, one.no, one.chased_for, one.rule, one.bases): one for one in stretches if one.chased_for is not None and one.rule}
    for one in seen.values():
        plain = counted(one.rule, dict(one.bases), days.at(one.since).schools[one.school_id])
        findings.figures["dates counted again" if plain else "dates of a rule that is too long to count again"] += 1
        if plain is not None and plain != one.chased_for:
            findings.wrong("date counted otherwise", f"{one.ref} {one.step}: {one.rule} of {one.bases} is {plain}, not {one.chased_for}")


def counted(rule: str, bases: Mapping[str, date], school: SchoolDays) -> date | None:
    """The day that a rule comes to; None where it is none of the plain forms, or its base is not among those known."""
    for form, kind in _FORMS:
        found = form.fullmatch(rule)
        if found is None:
            continue
        base = bases.get(found["base"]) or (bases.get("it opens") if found["base"] == "it opens" else None)
        if base is None:
            return None
        if kind == "on":
            return base
        number, unit = int(found["n"]), found["unit"]
        if kind == "kind":
            return _stepped(base, number, unit, 1 if found["way"] == "after" else -1, school)
        return _moved(base, number, unit, kind)
    return None


def _moved(base: date, number: int, unit: str, kind: str) -> date:
    if kind == "after":
        return _later(base, number, unit)
    if kind == "with":
        return _later(base, number, unit) - ONE
    if unit == "month":
        return _later(base, -number, unit)
    day = base - timedelta(days=number * (7 if unit == "week" else 1))
    return day - ONE if kind == "clear" else day


def _later(base: date, number: int, unit: str) -> date:
    if unit != "month":
        return base + timedelta(days=number * (7 if unit == "week" else 1))
    months = base.year * 12 + base.month - 1 + number
    year, month = divmod(months, 12)
    day = base.day
    while True:  # the corresponding day, or the month's last
        try:
            return date(year, month + 1, day)
        except ValueError:
            day -= 1


def _stepped(base: date, number: int, unit: str, way: int, school: SchoolDays) -> date:
    day = base
    while number:
        day += way * ONE
        number -= is_working_day(day) if unit == "working day" else school.has(day)
    return day
