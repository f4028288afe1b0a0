"""Whether a step that waits will surely be owed, read a second time: from the definition's YAML and what its steps have come to, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

FOLDER = Path(__file__).parents[3] / "process_definitions"
Coming = Literal["surely", "perhaps", "never"]
RANK: dict[Coming, int] = {"never": 0, "perhaps": 1, "surely": 2}
SETTLED = {"done", "does_not_apply", "not_needed", "overtaken"}
Came = Mapping[str, list[tuple[str, str]]]  # of each step: the status and the outcome of its parties
Facts = Mapping[str, object]


@cache
def _steps(process: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load((FOLDER / f"{process}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)["steps"]
    return read


@cache
def is_ours(owner: str) -> bool:
    """Whether the trust owes what that role does; software is ours."""
    roles = yaml.load((FOLDER / "roles.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)["roles"]
    return not owner or roles[re.sub(r"_\d+$", "", owner)]["ours"] == "yes"


def perhaps_never(process: str, step: str, owner: str, came: Came, facts: Facts) -> bool:
    """Whether nobody should be chased for this waiting step: of others' steps, where it is not sure to come; of our own, where it cannot."""
    coming = _coming(process, step, came, facts)
    return coming == "never" if is_ours(owner) else coming != "surely"


def _coming(process: str, step: str, came: Came, facts: Facts) -> Coming:
    read = _steps(process)[step]
    for fact, word in read.get("only_if", {}).items():
        known = facts.get(fact)
        if isinstance(word, str) and isinstance(known, str) and known != word:
            return "never"
    after = _holds(process, read["after"], came, facts)
    return after or "surely"


def _holds(process: str, node: Any, came: Came, facts: Facts) -> Coming | None:
    """What a condition will come to; None where it leaves itself out."""
    if isinstance(node, str):
        return "surely" if node == "opening" else _after(process, node, [], came, facts)
    if isinstance(node, list):
        return _joined(process, node, came, facts, min)
    (name, inner), *more = node.items()
    if more:
        return _joined(process, [{key: value} for key, value in node.items()], came, facts, min)
    if name == "settled":
        return None
    if name == "some":
        return _holds(process, inner, came, facts)
    if name == "any":
        return _joined(process, inner, came, facts, max)
    return _after(process, name, [inner] if isinstance(inner, str) else inner, came, facts)


def _joined(process: str, parts: list[Any], came: Came, facts: Facts, choose: Any) -> Coming | None:
    found = [one for part in parts if (one := _holds(process, part, came, facts)) is not None]
    chosen: Coming | None = choose(found, key=RANK.__getitem__) if found else None
    return chosen


def _after(process: str, step: str, wanted: list[str], came: Came, facts: Facts) -> Coming | None:
    stands = came.get(step, [])
    if stands and all(status in SETTLED for status, _ in stands):
        words = {outcome if status == "done" else status for status, outcome in stands}
        if not wanted:
            return None if words == {"does_not_apply"} else "never" if words & {"not_needed", "overtaken"} else "surely"
        return "surely" if words <= set(wanted) else "never"
    coming = _coming(process, step, came, facts)
    outcomes = _steps(process)[step].get("outcomes", {"done": {}})
    onward = {word for word, outcome in outcomes.items() if "reopens" not in outcome}
    if not wanted or coming == "never":
        return coming
    return coming if onward <= set(wanted) else "perhaps" if onward & set(wanted) else "never"
