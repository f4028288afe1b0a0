"""A warning on opening, as `warns` of a process writes it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OpeningWarning:
    """What whoever opens a case is told, and may pass over: it holds for a case opened on or before the day of `until` (a rule's text)."""

    name: str
    until: str
    title: str
    law: str = ""
    policy: str = ""
    line: int = field(default=0, compare=False)
