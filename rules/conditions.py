"""What `after`, `until`, `only_if` and `if` say, as small frozen trees.

Two kinds: a *step condition* reads what steps have come to; a *fact test* reads facts. Their truth tables are in `docs/definitions.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Opening:
    """`after: opening`: holds from the first moment of the case."""


@dataclass(frozen=True, slots=True)
class Done:
    """`s`, `{s: o}` or `{s: [o, p]}`; `outcomes` empty means any outcome. `some`: one party is enough."""

    step: str
    outcomes: tuple[str, ...] = ()
    some: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """`{settled: s}`: done, does not apply, not needed or overtaken, whichever."""

    step: str
    some: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part that is not left out holds."""

    parts: tuple[StepCondition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part that is not left out holds."""

    parts: tuple[StepCondition, ...]


StepCondition: TypeAlias = Opening | Done | Settled | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class OneOf:
    """The fact is one of these words (yes and no included, as `yes`/`no`), or these whole numbers as text."""

    fact: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`9 or above`."""

    fact: str
    number: int


@dataclass(frozen=True, slots=True)
class AtMost:
    """`6 or below`."""

    fact: str
    number: int


@dataclass(frozen=True, slots=True)
class Known:
    """`known` (or `unknown`, when `known` is false)."""

    fact: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class DayIs:
    """`before 2027-09-01` or `from 2027-09-01`, for date facts."""

    fact: str
    before: date | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class AllFacts:
    """Every test holds."""

    parts: tuple[FactTest, ...]


@dataclass(frozen=True, slots=True)
class AnyFact:
    """One test holds."""

    parts: tuple[FactTest, ...]


FactTest: TypeAlias = OneOf | AtLeast | AtMost | Known | DayIs | AllFacts | AnyFact
