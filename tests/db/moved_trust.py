"""A trust that wants its cases on another text: what the tests of a case that moves stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from db.ledger import Actor, Ledger, Receipt
from rules.definition import Definition
from rules.library import Library
from rules.loader import load_library
from rules.position_text import position_to_text
from tests.db.ledger_story import EXAMPLE, Village

WHY = "the trust's policy of January"


@dataclass
class Trust:
    """A village, its trust's SEND lead, and the text that the trust wants its cases on."""

    ash: Village
    lead: Actor
    new: Definition
    stricter: Definition

    @property
    def ledger(self) -> Ledger:
        return self.ash.ledger

    def moved(self, case: str, to: Definition | None = None, **more: Any) -> Receipt:
        return self.ledger.move_to_text(self.lead, **({"key": uuid4(), "case": case, "to": to, "because": WHY} | more))

    def stands(self, case: str) -> tuple[str, str, list[Any]]:
        """Text, position to the byte, and the open rows."""
        definition, position, _ = self.ledger.position(case)
        rows = self.ash.rows("SELECT s.* FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s AND s.closed_seq IS NULL ORDER BY s.no", case)
        return definition.hash, position_to_text(position), [tuple(row) for row in rows]


def library_of(definition: Definition) -> Library:
    return Library.of([definition], load_library(EXAMPLE).registers)


def facts_of(trust: Trust, case: str) -> dict[str, Any]:
    facts = trust.ledger.position(case)[1].facts
    return {name: facts[name] for name in ("review_due_on", "reason", "year_group", "looked_after")}
