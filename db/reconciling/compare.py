"""Our dates and an LA's, held against each other. Pure: what was read goes in, differences come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from db.importing.problems import Problem
from db.queries.la_reconciliation import OurDates
from db.reconciling.items import ITEMS, Item
from db.reconciling.their_file import TheirDates, TheirFile


@dataclass(frozen=True, slots=True)
class Difference:
    """One item of one pupil in which the two differ. `line`: of the LA's file, 0 where it has no row for the pupil. `case`: ours, if there is one."""

    line: int
    upn: str
    pupil: str
    school: str
    case: str
    item: str
    ours: str
    theirs: str
    says: str


@dataclass(frozen=True, slots=True)
class Compared:
    """`same`: pupils without a difference. `strangers`: rows about nobody of ours. `missing`: ours who have something to report and no row there."""

    same: int
    differences: list[Difference]
    strangers: list[TheirDates]
    missing: list[OurDates]
    problems: list[Problem]


def compare(file: str, ours: Sequence[OurDates], theirs: TheirFile) -> Compared:
    """Hold the two against each other, by UPN, else by surname, forename and birth date. A second row about a pupil is a problem."""
    # A child who has moved between our schools stands at both: the return is about the one that has the case.
    by_upn = {one.upn: one for one in sorted(ours, key=lambda one: bool(one.review or one.transfer)) if one.upn}
    by_name: dict[tuple[str, str, date], list[OurDates]] = {}
    for one in ours:
        by_name.setdefault(_name(one.surname, one.forename, one.born_on), []).append(one)
    lines: dict[int, int] = {}
    same, differences, strangers, problems = 0, [], [], list(theirs.problems)
    for row in theirs.rows:
        found = _found(row, by_upn, by_name)
        if found is None:
            strangers.append(row)
        elif found.pupil_id in lines:
            problems.append(Problem(file, row.line, "", f"line {lines[found.pupil_id]} is about the same pupil; keep one"))
        else:
            lines[found.pupil_id] = row.line
            unlike = [unlike_one for item in ITEMS if item.name in row.items and (unlike_one := _difference(item, found, row))]
            differences += unlike
            same += not unlike
    met = {one.upn for one in ours if one.upn and one.pupil_id in lines}
    missing = [one for one in ours if one.pupil_id not in lines and one.upn not in met and (one.review or one.transfer)]
    return Compared(same, differences, strangers, missing, problems)


def _found(row: TheirDates, by_upn: dict[str, OurDates], by_name: dict[tuple[str, str, date], list[OurDates]]) -> OurDates | None:
    """Twins of one name and birthday are told apart by the UPN alone."""
    if row.upn:
        return by_upn.get(row.upn) or _alone(row, by_name, without_upn=True)
    return _alone(row, by_name)


def _alone(row: TheirDates, by_name: dict[tuple[str, str, date], list[OurDates]], without_upn: bool = False) -> OurDates | None:
    if row.born_on is None:
        return None
    named = [one for one in by_name.get(_name(row.surname, row.forename, row.born_on), []) if not (without_upn and one.upn)]
    return named[0] if len(named) == 1 else None


def _name(surname: str, forename: str, born_on: date) -> tuple[str, str, date]:
    return surname.casefold().replace("’", "'"), forename.casefold().replace("’", "'"), born_on


def _difference(item: Item, ours: OurDates, row: TheirDates) -> Difference | None:
    we, they = getattr(ours, item.name), row.items[item.name]
    # A decision is nothing to hold against where we have none: an empty word.
    we = we or None
    if we == they or (item.name == "transfer_due_on" and _is_the_day_after(we, they)):
        return None
    case = ours.transfer if item.name.startswith("transfer") else ours.review
    return Difference(
        row.line, ours.upn, f"{ours.forename} {ours.surname}", ours.school, case, item.title, _text(we), _text(they), _says(we, they)
    )  # fmt: skip


def _is_the_day_after(we: object, they: object) -> bool:
    """The plan is owed *before* 15 February: ours is the last lawful day, the return's may be the day that the regulation names."""
    return isinstance(we, date) and isinstance(they, date) and they - we == timedelta(days=1)


def _says(we: object, they: object) -> str:
    if we is None:
        return "the LA has it, we have not"
    if they is None:
        return "we have it, the LA has not"
    if isinstance(we, date) and isinstance(they, date):
        days = (they - we).days
        return f"the LA's is {abs(days)} day{'s' if abs(days) != 1 else ''} {'later' if days > 0 else 'earlier'}"
    return "the two differ"


def _text(value: object) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
