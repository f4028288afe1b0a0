"""The LAs' profiles read a second time, as YAML: which officer is there for which pupil, to whom a breach rises, which addresses are desks."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LEVELS = ("manager", "head_of_service", "director")
YEARS = {"N": -1, "R": 0}


@dataclass(frozen=True, slots=True)
class PlainProfile:
    """`officers` as the file has them; `raised`: addresses by level, the lowest first; `desks`: where messages of some steps go."""

    officers: Sequence[Mapping[str, Any]]
    raised: Sequence[str]
    desks: frozenset[str]

    @property
    def people(self) -> set[str]:
        """Addresses of everybody named."""
        return {one["email"].casefold() for one in self.officers} | set(self.raised)

    def officer_for(self, surname: str, year: int | None, urn: str) -> str | None:
        """The address of the first of the nearest officers; None: the file names nobody for such a pupil, and the mailbox is asked."""
        fitting = [one for one in self.officers if _fits(one.get("for", {}), surname, year, urn)]
        fitting.sort(key=lambda one: 1 if "schools" in one.get("for", {}) else 2 if one.get("for") else 3)
        return fitting[0]["email"].casefold() if fitting else None


def plain_profiles(folder: Path) -> dict[str, PlainProfile]:
    """Every profile of the folder, by the LA's code."""
    read = (yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader) for file in sorted(folder.glob("la_profile_*.yaml")))
    return {one["la"]: _profile(one) for one in read}


def _profile(read: dict[str, Any]) -> PlainProfile:
    raised = [read["escalation"][level]["email"].casefold() for level in LEVELS if level in read.get("escalation", {})]
    desks = frozenset(one["to"].casefold() for one in read.get("send", ()) if "@" in one["to"])
    return PlainProfile(read.get("officers", []), raised, desks)


def _fits(area: Mapping[str, Any], surname: str, year: int | None, urn: str) -> bool:
    if "schools" in area and urn not in area["schools"]:
        return False
    if "surnames" in area:
        first, last = area["surnames"].split(" to ")
        letter = next(one for one in unicodedata.normalize("NFKD", surname).upper() if "A" <= one <= "Z")
        if not first <= letter <= last:
            return False
    if "years" in area:
        first, last = (YEARS.get(end) if end in YEARS else int(end) for end in area["years"].split(" to "))
        return year is not None and first <= year <= last
    return True
