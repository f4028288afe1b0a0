"""Which of the staff's roles read a case at all, read a second time: from the definition's YAML and the facts of its opening, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from tests.year.oracle.plain_waits import FOLDER


@cache
def _process(process: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load((FOLDER / f"{process}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    return read


def roles_that_read(process: str, facts: Mapping[str, object]) -> frozenset[str] | None:
    """The roles, without whoever the case is about (decision 185). None: everybody who reads cases at its school."""
    read = _process(process)
    if "readers" not in read:
        return None
    aside = {role for role, tests in read.get("stands_aside", {}).items() if all(facts.get(fact) == word for fact, word in tests.items())}
    return frozenset(read["readers"]) - aside
