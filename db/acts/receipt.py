"""What an act answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.position_types import Instance


@dataclass(frozen=True, slots=True)
class Receipt:
    """An act is in the ledger. `seq` is its number in the case; `recorded_at` (UTC) is the database's own time of writing.

    `opened`, `closed`: what the act opened and closed. `ended`: the end the case came to, or empty. `repeated`: the same act was here
    before, and this is the first one's receipt. `also_opened`: references of the cases that the act opened.
    """

    case: str
    seq: int
    version: int
    recorded_at: datetime
    opened: tuple[Instance, ...]
    closed: tuple[Instance, ...]
    ended: str
    repeated: bool
    also_opened: tuple[str, ...] = ()
