"""A definition as one canonical text that needs no file: its YAML source and every register entry it uses. A running case keeps this text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rules.definition import Counting, Definition, Ladder, Right, Role, Rung
from rules.register_types import Citation, CitedOutcome, Registers

FORM = 1


def pinned_text(definition: Definition, registers: Registers) -> str:
    """Canonical JSON (sorted keys, no spaces, UTF-8): the same definition and registers give the same text to the byte.

    Of a citation only what steers a running case is kept: its counting and what its notice contains."""
    cited = _cited(definition)
    awaited = {step.case for step in definition.steps.values() if step.case}
    pinned: dict[str, Any] = {
        "form": FORM,
        "file": definition.file,
        "source": definition.source,
        "citations": {name: _citation(registers.authorities[name]) for name in sorted(cited) if name in registers.authorities},
        "ladders": {name: [[r.when, r.tells, r.severity, r.template] for r in ladder.rungs] for name, ladder in definition.ladders.items()},
        "rights": {name: [r.law, r.last_day, r.text, _counting(r.counting)] for name, r in definition.rights.items()},
        "roles": {name: _role(role) for name, role in definition.roles.items()},
    }
    if awaited:  # what a `case` step may come to; said only where there is one
        pinned["case_ends"] = {name: list(registers.case_ends.get(name, ())) for name in sorted(awaited)}
    return json.dumps(pinned, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_pinned(text: str) -> Definition:
    """The definition that `pinned_text` wrote; reads no file. Its hash is that of the text.

    Raises ValueError if the text is no pinned definition, DefinitionErrors if its source cannot be read by this version."""
    from rules.loader import parse_definition  # the loader builds pinned texts, so it imports this module

    raw = json.loads(text)
    if not isinstance(raw, dict) or raw.get("form") != FORM:
        raise ValueError(f"this text is no pinned definition of form {FORM}; take it from the ledger's definitions as it was stored")
    definition = parse_definition(raw["source"], raw["file"], _registers(raw))
    if definition.pinned != text:
        given, now = (hashlib.sha256(t.encode()).hexdigest()[:12] for t in (text, definition.pinned))
        raise ValueError(f"pinned definition {raw['file']} ({given}) reads as another one ({now}); a case must never run on it")
    return definition


def _cited(definition: Definition) -> set[str]:
    steps = definition.steps.values()
    names = {name for s in steps for name in (s.law, s.guidance, *s.also_law) if name}
    return names | {total.law for total in definition.totals} | {right.law for right in definition.rights.values()}


def _counting(counting: Counting) -> list[Any]:
    return [counting.rolls, list(counting.leaves_out), counting.name]


def _counting_from(raw: list[Any]) -> Counting:
    return Counting(raw[0], tuple(raw[1]), raw[2])


def _citation(citation: Citation) -> list[Any]:
    outcomes = {name: dict(outcome.contains) for name, outcome in citation.outcomes.items() if outcome.contains}
    return [_counting(citation.counting), dict(citation.contains), outcomes]


def _citation_from(name: str, raw: list[Any]) -> Citation:
    outcomes = {outcome: CitedOutcome(outcome, contains=contains) for outcome, contains in raw[2].items()}
    return Citation(name, "", "", None, None, "", "", "", (), counting=_counting_from(raw[0]), contains=raw[1], outcomes=outcomes)


def _role(role: Role) -> list[Any]:
    """The entry that it is one of stands last, and only where there is one: the texts pinned before read as they did, to the byte."""
    told = [role.title, role.ours, role.reached_by, list(role.recorded_by), role.passes_to]
    return [*told, role.one_of] if role.one_of else told


def _role_from(name: str, raw: list[Any]) -> Role:
    return replace(Role(name, raw[0], raw[1], raw[2], tuple(raw[3]), raw[4]), one_of=raw[5] if len(raw) > 5 else "")


def _registers(raw: Mapping[str, Any]) -> Registers:
    return Registers(
        authorities={name: _citation_from(name, entry) for name, entry in raw["citations"].items()},
        rights={name: Right(name, r[0], r[1], r[2], _counting_from(r[3])) for name, r in raw["rights"].items()},
        ladders={name: Ladder(name, tuple(Rung(*rung) for rung in rungs)) for name, rungs in raw["ladders"].items()},
        roles={name: _role_from(name, entry) for name, entry in raw["roles"].items()},
        case_ends={name: tuple(ends) for name, ends in raw.get("case_ends", {}).items()},
    )
