"""What a ring of `check` finds, and the report of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from rules.definition import Definition, Step


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that law or sense would not bear. `rule` is its short name inside the ring; `history` the shortest one that shows it, an
    event a line, empty where no history is needed."""

    ring: str
    rule: str
    file: str
    line: int
    step: str
    message: str
    cure: str
    history: tuple[str, ...] = ()

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}" + (f" step {self.step}" if self.step else "")
        told = "".join(f"\n    {number}. {event}" for number, event in enumerate(self.history, 1))
        return f"[{self.ring} {self.rule}] {at}: {self.message}. {self.cure}{told}"


@dataclass(frozen=True, slots=True)
class Figures:
    """How much of a definition was explored. `positions` without, `corrected` with corrections and growing lists; `histories` from opening to
    an end with no step reopened, `reopened` those with at most one reopening. `seconds` of processor time; `notes` in words."""

    process: str
    file: str
    steps: int
    positions: int
    corrected: int
    histories: int
    reopened: int
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass
class Report:
    """Everything `check` found, and the figures of each definition, in the order of the files."""

    findings: list[Finding] = field(default_factory=list)
    figures: list[Figures] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class Find(Protocol):
    """A maker of findings of one ring about one definition. The key gives the line, unless a line is given."""

    def __call__(self, rule: str, step: Step | None, key: str, message: str, cure: str, history: Iterable[str] = (), line: int = 0) -> Finding: ...


def finder(ring: str, definition: Definition) -> Find:
    """A maker of findings of that ring about that definition."""

    def find(rule: str, step: Step | None, key: str, message: str, cure: str, history: Iterable[str] = (), line: int = 0) -> Finding:
        at = line or (step.at(key) if step is not None else definition.line_of(key))
        return Finding(ring, rule, definition.file, at, step.name if step is not None else "", message, cure, tuple(history))

    return find
