"""The rule language of dates (`docs/definitions.md`, section on dates): its parts as frozen values.

`parse_rule` and `parse_period` live in `rules/rule_parser.py` and are offered here; what a rule comes to is worked out by `rules/due.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Literal, TypeAlias

Unit = Literal["day", "week", "month", "year", "working day", "school day"]
Direction = Literal["after", "before", "beginning with"]
BaseKind = Literal["name", "due of", "it opens", "day"]


class RuleError(ValueError):
    """A rule, period or rung that cannot be read. `column` counts from 1; `problem` says what was read there, `cure` what to write instead."""

    def __init__(self, text: str, column: int, problem: str, cure: str) -> None:
        super().__init__(f"{text!r}, column {column}: {problem}. {cure}")
        self.text = text
        self.column = column
        self.problem = problem
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as the law says it: `6 weeks`, `2 clear weeks`, `15 working days`. `clear` leaves out the day at either end."""

    number: int
    unit: Unit
    clear: bool = False

    def __str__(self) -> str:
        unit = self.unit if self.number == 1 else f"{self.unit}s"
        return f"{self.number} {'clear ' if self.clear else ''}{unit}"


@dataclass(frozen=True, slots=True)
class Base:
    """The day a rule counts from. `kind`: `name` (a fact or a step), `due of` (the due date of step `name`), `it opens` (the day the
    step opens) or `day` (a calendar date written out, `day`). `if_any`: left out of account while unknown.

    `key` is what `due_date` asks of `known`: the name itself, or `due of STEP`.
    """

    kind: BaseKind
    name: str
    if_any: bool = False
    day: date | None = None

    @property
    def key(self) -> str:
        """The text by which the day is asked for: `meeting_on`, `due of la_decision`, `it opens` or `2026-03-03`."""
        return f"due of {self.name}" if self.kind == "due of" else self.name


@dataclass(frozen=True, slots=True)
class Count:
    """`6 weeks after base`. `beginning with` and `starting with` are one thing: the base is day one."""

    period: Period
    direction: Direction
    base: Base


@dataclass(frozen=True, slots=True)
class OnDay:
    """`on base`."""

    base: Base


@dataclass(frozen=True, slots=True)
class YearDay:
    """`before 15 February of base` (the 14th) or `by 15 February of base` (the 15th), in the base's calendar year;
    `years` is -1 or 1 for the year before or after it. A `year` fact is known as its 1 January."""

    day: int
    month: int
    before: bool
    years: int
    base: Base


@dataclass(frozen=True, slots=True)
class TermEnd:
    """`end of term of base` (the term it falls in, or the next one from a holiday), or `end of term after base` (the next whole term)."""

    after: bool
    base: Base


@dataclass(frozen=True, slots=True)
class Choice:
    """`later of A and B`, `earlier of A and B and C`."""

    later: bool
    parts: tuple[Shape, ...]


Shape: TypeAlias = Count | OnDay | YearDay | TermEnd | Choice


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule: its text as written, its shape, and every base it names in the order written."""

    text: str
    shape: Shape
    bases: tuple[Base, ...]

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    @property
    def units(self) -> frozenset[Unit]:
        """Every unit the rule counts in (a target in school days before a duty in weeks breaks over the summer)."""
        return frozenset(_units(self.shape))


def _units(shape: Shape) -> list[Unit]:
    if isinstance(shape, Choice):
        return [unit for part in shape.parts for unit in _units(part)]
    return [shape.period.unit] if isinstance(shape, Count) else []


@lru_cache(maxsize=8192)
def parse_rule(text: str) -> Rule:
    """Read a rule such as `later of 2 months after sent_on and 1 month after certificate_on if any`. Cached by its text. Raises RuleError."""
    from rules.rule_parser import read_rule

    return read_rule(text)


@cache
def parse_period(text: str) -> Period:
    """Read a bare period such as `6 weeks` or `2 clear weeks` (`0 days` too). Cached. Raises RuleError."""
    from rules.rule_parser import read_period

    return read_period(text)


@cache
def parse_rung(when: str) -> tuple[Period, Direction]:
    """Read a rung's `when`: `on`, `1 week before`, `2 school days after`. `on` is `0 days after`. Cached. Raises RuleError."""
    from rules.rule_parser import read_rung

    return read_rung(when)


def within(period_text: str, base: str) -> Rule:
    """The rule of a limit said as a bare period: `within("4 weeks", "meeting_on")` is `4 weeks after meeting_on`.

    A period that says how it begins keeps its words: `within("12 months starting with", "made_on")`. Raises RuleError.
    """
    joined = period_text.strip()
    if not joined.endswith((" beginning with", " starting with", " after", " before")):
        joined = f"{joined} after"
    return parse_rule(f"{joined} {base}")
