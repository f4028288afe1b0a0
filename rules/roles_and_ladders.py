"""Who acts, and who is told when: the entries of `roles.yaml` and `ladders.yaml` as the engine reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Role:
    """Who acts. `ours`: the trust's duty, else chased. `recorded_by`: staff roles that may record what this outside body did."""

    name: str
    title: str
    ours: bool
    reached_by: Literal["inbox", "link"]
    recorded_by: tuple[str, ...] = ()
    passes_to: str = ""  # who holds this role's rights once compulsory school age is over
    one_of: str = ""  # the name under which the register tells many alike, of which this is one


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: when (relative to the due date: `1 week before`, `on`, `3 days after`), whom, how loud."""

    when: str
    tells: str
    severity: str
    template: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who is reminded and told, before, on and after a due date."""

    name: str
    rungs: tuple[Rung, ...]
