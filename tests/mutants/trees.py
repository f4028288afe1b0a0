"""A definition as a tree of text, and ways to change one place of it without touching the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rules.loader import PROCESS_DEFINITIONS, REGISTERS

Tree = dict[str, Any]
At = tuple[str | int, ...]
Changed = tuple[str, Tree]  # where, in words, and the whole tree with the change
Operator = Callable[[Tree], Iterator[Changed]]
NOT_A_ROLE = frozenset({"nobody", "party"})


@dataclass(frozen=True)
class Mutant:
    """One definition with one deliberate error. `where` is the place and what stands there now; it is unique within file and operator."""

    file: str
    operator: str
    where: str
    tree: Tree

    @property
    def name(self) -> str:
        """How the mutant is told in tables and in survivors.yaml."""
        return f"{self.file.removesuffix('.yaml')} | {self.operator} | {self.where}"

    @property
    def text(self) -> str:
        """The mutant as a definition's file. JSON is YAML, and is written twenty times faster."""
        return json.dumps(self.tree, ensure_ascii=False)


def definition_files(folder: Path = PROCESS_DEFINITIONS) -> list[Path]:
    """The files of a folder that hold a process, in order."""
    return [path for path in sorted(folder.glob("*.yaml")) if path.name not in REGISTERS]


def read_tree(path: Path) -> Tree:
    """The file's tree; every scalar stays the text that was written."""
    tree: Tree = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return tree


def get(tree: Any, at: At) -> Any:
    """What stands at a path, None if nothing does."""
    for key in at:
        if isinstance(tree, Mapping):
            tree = tree.get(key)
        elif isinstance(tree, list) and isinstance(key, int):
            tree = tree[key]
        else:
            return None
    return tree


def put(tree: Any, at: At, value: Any) -> Any:
    """The tree with that value at the path; what is not on the way is shared with the old tree."""
    if not at:
        return value
    copy = list(tree) if isinstance(tree, list) else dict(tree)
    inside = copy[at[0]] if isinstance(copy, list) else copy.get(at[0])
    copy[at[0]] = put(inside, at[1:], value) if len(at) > 1 else value
    return copy


def drop(tree: Any, at: At) -> Any:
    """The tree without what stands at the path."""
    if len(at) > 1:
        return put(tree, at[:1], drop(tree[at[0]], at[1:]))
    copy = list(tree) if isinstance(tree, list) else dict(tree)
    del copy[at[0]]
    return copy


def told(at: At, now: object = "") -> str:
    """A path and what stands there now, in words."""
    path = ".".join(str(key) for key in at)
    return f"{path}: {now if isinstance(now, str) else json.dumps(now, ensure_ascii=False)}" if now != "" else path


def listed(value: Any) -> list[Any]:
    """A word or a list of words as a list; nothing is an empty one."""
    return [] if value is None or value == "" else list(value) if isinstance(value, list) else [value]


def steps_of(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """The steps by name, in file order."""
    yield from tree["steps"].items()


def outcomes_of(tree: Tree) -> Iterator[tuple[str, str, At, Tree]]:
    """Every outcome: step, name, path, and what it says (empty where it says nothing)."""
    for step, keys in steps_of(tree):
        for name, outcome in (keys.get("outcomes") or {}).items():
            yield step, name, ("steps", step, "outcomes", name), outcome if isinstance(outcome, dict) else {}


def facts_of(tree: Tree) -> Iterator[tuple[str, At, Tree]]:
    """Every fact: name, path, and its keys (a fact written short is its `is`)."""
    for section in ("opens_with", "facts"):
        for name, fact in (tree.get(section) or {}).items():
            yield name, (section, name), fact if isinstance(fact, dict) else {"is": fact}


def date_facts(tree: Tree) -> list[str]:
    """The names of the facts that are days, in file order."""
    return [name for name, _, keys in facts_of(tree) if keys.get("is") in ("date", "planned date")]


def words_of(tree: Tree, step: str) -> list[str]:
    """The outcomes of a step by name; none for a step that is only done."""
    return list(get(tree, ("steps", step, "outcomes")) or {})
