"""The ladders read a second time: from the file, as YAML, each rung's day counted with a loop over days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parents[3] / "process_definitions" / "ladders.yaml"
DAYS = {"day": 1, "week": 7}
_WHEN = re.compile(r"(\d+) (day|week)s? (before|after)")


@dataclass(frozen=True, slots=True)
class Rung:
    """`number` from 1, as the ladder is written; `tells` a role or `owner`."""

    number: int
    when: str
    tells: str
    severity: str


@cache
def ladders() -> dict[str, tuple[Rung, ...]]:
    """Every ladder of the file, by name."""
    read = yaml.load(FILE.read_text(encoding="utf-8"), yaml.BaseLoader)["ladders"]
    return {
        name: tuple(Rung(n, one["when"], one["tells"], one["severity"]) for n, one in enumerate(ladder["rungs"], start=1))
        for name, ladder in read.items()
    }


def rung_day(when: str, due_on: date) -> date:
    """The day of a rung. Raises ValueError for words that this plain reading does not know: then it must be taught them."""
    if when == "on":
        return due_on
    found = _WHEN.fullmatch(when)
    if found is None:
        raise ValueError(f"the oracle cannot read the rung {when!r}")
    number, unit, way = int(found[1]), found[2], found[3]
    day = due_on
    for _ in range(number * DAYS[unit]):
        day += timedelta(days=1 if way == "after" else -1)
    return day


def rung_days(rungs: Sequence[Rung], due_on: date, not_before: date | None) -> list[date]:
    """The day of each rung of a ladder; while a date is lifted, none before the day on which it is looked at again."""
    days: list[date] = []
    for rung in rungs:
        day = rung_day(rung.when, due_on)
        if not_before is not None and day < not_before:
            day = not_before
        if days and day < days[-1]:
            day = days[-1]
        days.append(day)
    return days
