"""The process of the peers' shape, read with the shipped registers."""

from __future__ import annotations

from pathlib import Path

from rules.library import Library
from rules.loader import PROCESS_DEFINITIONS, parse_definition, read_registers

PROCESS = "sixteen_decisions"
FILE = Path(__file__).parent / "definitions" / f"{PROCESS}.yaml"
FAN, LAST = 4, 12
PARTIES = ("senco", "headteacher", "teacher", "school", "trust_send_lead")
ROUNDS = [(f"step_{n}", party) for n in range(1, LAST + 1) for party in (PARTIES if n == FAN else ("",))]  # 16 decisions a case


def library() -> Library:
    """The process for measuring, as a library of one. Raises rules.loader.DefinitionErrors if the file has a fault."""
    registers, _ = read_registers(PROCESS_DEFINITIONS)
    return Library.of([parse_definition(FILE.read_text(encoding="utf-8"), FILE.name, registers)], registers)
