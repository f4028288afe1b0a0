"""The policy's matrix: every clause of every section, what carries it, and where nothing does. Read off `duties.yaml` and the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rules.condition_words import fact_words
from rules.definition import Role
from rules.library import Library
from rules.register_types import CarriedBy, Clause
from rules.timeline import titles_of

Kept = Literal["carried", "standing", "gap"]


@dataclass(frozen=True, slots=True)
class CarryingStep:
    """A step that carries a clause: its names, what people call it, whose it is, and in which cases it applies (empty: in all)."""

    process: str
    process_title: str
    step: str
    title: str
    who: str
    only_if: str = ""


@dataclass(frozen=True, slots=True)
class DutyRow:
    """A clause of the policy. `kept`: `carried` by `steps`; `standing`, a duty at all times that no step could be; or a `gap`. `why`: the reason."""

    clause: str
    says: str
    kept: Kept
    steps: tuple[CarryingStep, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class PolicySection:
    """A section of the policy with its clauses in the order written."""

    number: str
    title: str
    rows: tuple[DutyRow, ...]

    @property
    def gaps(self) -> int:
        """How many clauses nothing carries."""
        return sum(row.kept == "gap" for row in self.rows)


def duty_matrix(library: Library) -> tuple[PolicySection, ...]:
    """The whole matrix, section by section in the policy's order. A section without a clause comes back empty, so that it is seen."""
    registers = library.registers
    numbers = dict.fromkeys([*registers.sections, *(clause.section for clause in registers.duties)])
    return tuple(_section(library, number) for number in numbers)


def _section(library: Library, number: str) -> PolicySection:
    rows = tuple(_row(library, clause) for clause in library.registers.duties if clause.section == number)
    return PolicySection(number, library.registers.sections.get(number, ""), rows)


def _row(library: Library, clause: Clause) -> DutyRow:
    if clause.steps:
        return DutyRow(clause.name, clause.says, "carried", tuple(_carrying(library, carried) for carried in clause.steps))
    return DutyRow(clause.name, clause.says, "standing" if clause.standing else "gap", why=clause.standing or clause.no_step)


def _carrying(library: Library, carried: CarriedBy) -> CarryingStep:
    """The newest text's words for a step. What `check` would find missing is shown by its bare name."""
    texts = library.definitions.get(carried.process, ())
    definition = next((text for text in reversed(texts) if carried.step in text.steps), None)
    titles = {} if definition is None else titles_of(definition)
    return CarryingStep(
        process=carried.process,
        process_title=texts[-1].title if texts else "",
        step=carried.step,
        title=titles.get(carried.step, ""),
        who=_who(carried, library.registers.roles),
        only_if="" if carried.applies is None else fact_words(carried.applies, titles),
    )


def _who(carried: CarriedBy, roles: Mapping[str, Role]) -> str:
    if carried.who == "software":
        return "Sendflow"
    if carried.who == "party":
        return f"each of the {carried.each.replace('_', ' ')}" if carried.each else "each party"
    return roles[carried.who].title if carried.who in roles else carried.who
