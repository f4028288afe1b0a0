"""National figures that stand beside an LA's own (`national_figures.yaml`): each with its year and its source."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("national_figures.yaml")


class FiguresError(ValueError):
    """`national_figures.yaml` cannot be read; the message names the entry and what to write."""


@dataclass(frozen=True, slots=True)
class NationalFigure:
    """The percentage of times that England's LAs kept one duty. `of`: what it is a share of; `about`: which children or plans it counts."""

    process: str
    step: str
    percent: float
    of: str
    year: int
    about: str
    source: str
    read: str

    @property
    def words(self) -> str:
        """`47.4% (2025; DfE, SEN2 …): reviews of children …`: never the bare number."""
        return f"{self.percent}% ({self.year}; {self.source}): {self.about}"


@cache
def national_figures(path: Path = FIGURES) -> dict[tuple[str, str], NationalFigure]:
    """The newest published figure of each duty, by process and step. Raises FiguresError naming the entry that is not whole."""
    import yaml

    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(raw, list):
        raise FiguresError(f"{path.name}: write a list of figures")
    read = sorted((_figure(path, number, entry) for number, entry in enumerate(raw, 1)), key=lambda one: one.year)
    return {(one.process, one.step): one for one in read}


def _figure(path: Path, number: int, entry: Any) -> NationalFigure:
    where = f"{path.name}, figure {number}"
    wanted = {field.name for field in fields(NationalFigure)}
    if not isinstance(entry, dict) or set(entry) != wanted:
        raise FiguresError(f"{where}: write exactly {', '.join(sorted(wanted))}")
    figure = NationalFigure(**entry)
    if type(figure.percent) not in (int, float) or not 0 <= figure.percent <= 100:
        raise FiguresError(f"{where}: percent is {figure.percent!r}; write a number from 0 to 100")
    if type(figure.year) is not int or not 2014 <= figure.year <= 2100:
        raise FiguresError(f"{where}: year is {figure.year!r}; write the year that was counted, as 2025")
    if figure.of != "decided":
        raise FiguresError(f"{where}: of is {figure.of!r}; write decided")
    return figure
