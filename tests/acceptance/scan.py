"""Searches what Prefect keeps, and every log, for the people of an imported trust: names, UPNs, addresses, telephone numbers."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.loader import PROCESS_DEFINITIONS

_AS_THEY_ARE = ("Email", "UPN", "Address", "Phone")


@dataclass(frozen=True)
class People:
    """What would give somebody away. `surnames` alone are sought as whole words, those that are ordinary words of the process left out."""

    texts: frozenset[str]
    surnames: frozenset[str]

    def found_in(self, places: Mapping[str, str]) -> list[str]:
        """Each find as `what: where`. `places`: texts by the name of the place."""
        surname = re.compile(r"\b(?:" + "|".join(re.escape(name) for name in sorted(self.surnames)) + r")\b")
        return [found for place, words in places.items() for found in self._in_place(place, words, surname)]

    def _in_place(self, place: str, words: str, surname: re.Pattern[str]) -> Iterator[str]:
        pieces = _pieces(words)
        for text in self.texts:
            if any(_pieces(form) <= pieces and form in words for form in {text, json.dumps(text)[1:-1]}):
                yield f"{text}: {place}"
        yield from (f"{match[0]}: {place}, in …{words[max(0, match.start() - 60) : match.end() + 60]}…" for match in surname.finditer(words))


def _pieces(words: str) -> set[str]:
    """Every four letters in a row. A text stands in a place only if all its pieces do; thousands of texts are told apart so in one reading."""
    return {words[at : at + 4] for at in range(len(words) - 3)}


def people_of(folder: Path, canaries: Iterable[str]) -> People:
    """Everybody in the CSV files of a trust; `canaries` are further words that must stand nowhere."""
    texts, surnames = set(canaries), set[str]()
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as rows:
            for row in csv.DictReader(rows):
                forename, surname = row.get("Forename") or row.get("Legal forename"), row.get("Surname") or row.get("Legal surname")
                if forename and surname:
                    texts.add(f"{forename} {surname}")
                    surnames.add(surname)
                texts |= {row[column] for column in _AS_THEY_ARE if row.get(column)}
    ordinary = " ".join(file.read_text(encoding="utf-8") for file in PROCESS_DEFINITIONS.rglob("*.yaml"))
    return People(frozenset(texts), frozenset(name for name in surnames if not re.search(rf"\b{re.escape(name)}\b", ordinary)))


def texts_below(folder: Path) -> dict[str, str]:
    """Every file below a folder as text, by its path."""
    return {str(file): file.read_text(encoding="utf-8", errors="replace") for file in folder.rglob("*") if file.is_file()}
