"""All definitions of a folder, and which text a new case gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from rules.definition import Definition
from rules.register_types import Registers
from rules.values import Facts


class NoDefinition(LookupError):
    """No text of that process is in force on that day; the message says which are."""


@dataclass(frozen=True)
class Library:
    """The definitions by process, each process with its texts in order of time, and the registers."""

    definitions: Mapping[str, tuple[Definition, ...]]
    registers: Registers

    @classmethod
    def of(cls, definitions: Iterable[Definition], registers: Registers) -> Library:
        """A library of these definitions."""
        texts: dict[str, list[Definition]] = {}
        for definition in definitions:
            texts.setdefault(definition.process, []).append(definition)
        ordered = {name: tuple(sorted(found, key=lambda d: (d.in_force_from or date.min, d.file))) for name, found in sorted(texts.items())}
        return cls(ordered, registers)

    @cached_property
    def awaited(self) -> frozenset[str]:
        """The processes for a case of which some step of another waits."""
        return frozenset(step.case for definition in self.all() for step in definition.steps.values() if step.case)

    def all(self) -> tuple[Definition, ...]:
        """Every definition, process by process."""
        return tuple(definition for texts in self.definitions.values() for definition in texts)

    def for_new_case(self, process: str, on: date, facts: Facts) -> Definition:
        """The text a case opened on `on` with these facts gets: the one in force on the day its `by` fact gives, else on `on`.

        Raises NoDefinition if there is none."""
        texts = self.definitions.get(process, ())
        for definition in texts:
            if _holds(definition, on, facts):
                return definition
        if not texts:
            raise NoDefinition(f"There is no process {process!r}. Name one of: {', '.join(self.definitions)}.")
        times = "; ".join(f"{d.file} from {d.in_force_from or 'ever'} until {d.in_force_until or 'further notice'}" for d in texts)
        raise NoDefinition(f"No text of {process} is in force for a case opened on {on}: {times}. Add the text for that time.")


def _holds(definition: Definition, on: date, facts: Facts) -> bool:
    day = facts.get(definition.in_force_by) if definition.in_force_by else on
    if not isinstance(day, date):
        return False
    return (definition.in_force_from or date.min) <= day <= (definition.in_force_until or date.max)
