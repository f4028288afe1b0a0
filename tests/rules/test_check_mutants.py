"""Each rule of `check` is shown to fail on a mutant of the shipped definitions: one that the shipped ones do not have."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.check import explored
from rules.check.authorities import authorities_ring
from rules.check.duties import duties_ring
from rules.check.examples import examples_ring
from rules.check.finding import Finding
from rules.check.schema import schema_ring
from rules.check.timed import timed_ring
from rules.library import Library
from rules.loader import PROCESS_DEFINITIONS, load_library
from tests.rules.mutants import AR, DROP, MUTANTS, NA, Edit, Mutant
from tests.rules.mutants_across import ACROSS
from tests.rules.mutants_told import TOLD

ALL = (*MUTANTS, *ACROSS, *TOLD)
REGISTERS = ("authorities", "duties", "ladders", "roles")


class Plain(yaml.CSafeDumper):  # libyaml's, as the reader in rules/: a fifth of the time, the same text
    """Writes every value out, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


RINGS: dict[str, Callable[[Library], list[Finding]]] = {
    "S": schema_ring,
    "E": lambda library: [f for d in library.all() for f in explored.explored_ring(d, library)[0]],
    "T": lambda library: [f for d in library.all() for f in timed_ring(d)[0]],
    "X": lambda library: [f for d in library.all() for f in examples_ring(d)],
    "R": authorities_ring,
    "P": duties_ring,
}


@pytest.fixture(scope="module")
def trees() -> dict[str, Any]:
    """The files that mutants are made of, as trees of text: two processes and the registers. The other processes would only take time."""
    files = [PROCESS_DEFINITIONS / f"{name}.yaml" for name in (AR, NA, *REGISTERS)]
    return {path.stem: yaml.load(path.read_text(), Loader=yaml.CBaseLoader) for path in files}


@pytest.fixture(scope="module")
def shipped(trees: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, str, str]]]:
    """What each ring finds in these without a mutant: registers name processes that are not here."""
    library = mutated(trees, (), tmp_path_factory.mktemp("shipped"))
    return {ring: {(f.rule, f.step, f.message) for f in run(library)} for ring, run in RINGS.items()}


def edited(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The tree with a path changed; fails if the path is not there (a mutant must stay a mutant)."""
    if not path:
        return value(tree) if callable(value) else value
    copy = list(tree) if isinstance(tree, list) else dict(tree)
    key = path[0]
    if len(path) == 1 and value is DROP:
        del copy[key]
        return copy
    inner = copy[key] if isinstance(copy, list) or key in copy else None
    assert inner is not None or len(path) == 1, f"no {key} here"
    copy[key] = edited(inner, path[1:], value)
    return copy


@cache
def _shipped_text(name: str) -> str:
    return (PROCESS_DEFINITIONS / f"{name}.yaml").read_text()


def mutated(trees: dict[str, Any], edits: tuple[Edit, ...], folder: Path) -> Library:
    """The library of these files, edited."""
    changed = dict(trees)
    for file, path, value in edits:
        changed[file] = edited(changed[file], path, value) if path else dict(changed[value])
    for name, tree in changed.items():
        same = tree is trees.get(name)
        text = _shipped_text(name) if same else yaml.dump(tree, Dumper=Plain, sort_keys=False, allow_unicode=True, width=1000)
        (folder / f"{name}.yaml").write_text(text)
    return load_library(folder)


@pytest.mark.parametrize("mutant", ALL, ids=lambda m: f"{m.ring} {m.rule}: {m.title}")
def test_a_mutant_is_found(mutant: Mutant, trees: dict[str, Any], shipped: dict[str, set[tuple[str, str, str]]], tmp_path: Path) -> None:
    library = mutated(trees, mutant.edits, tmp_path)
    if mutant.ring in "ETX":
        library = only(library, {edit[0] for edit in mutant.edits})
    found = [f for f in RINGS[mutant.ring](library) if (f.rule, f.step, f.message) not in shipped[mutant.ring]]
    caught = [f for f in found if f.rule == mutant.rule]
    assert caught, [str(f) for f in found]
    assert all(f.cure and f.line >= 1 and f.file.endswith(".yaml") for f in caught)
    if mutant.ring in "ETX" and mutant.rule not in ("never reached", "without effect", "no opens_on"):
        assert caught[0].history, caught[0]


def only(library: Library, names: set[str]) -> Library:
    """The library with these processes alone."""
    return replace(library, definitions={name: texts for name, texts in library.definitions.items() if name in names})


def test_too_many_positions_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    library = load_library()
    monkeypatch.setattr("rules.explore.MOST_POSITIONS", 50)
    findings, _ = explored.explored_ring(library.definitions["annual_review"][0], library)
    assert "too many" in {f.rule for f in findings}


def test_every_rule_of_check_has_a_mutant() -> None:
    """The rules as the source names them, against the table."""
    source = "\n".join(path.read_text() for path in Path(explored.__file__).parent.glob("*.py"))
    flat = re.sub(r"\s+", " ", source)
    named = set(re.findall(r'(?:find|broken|told)\( ?"([a-z_ -]+)"', flat)) | set(re.findall(r'_of\( ?\w+, (?:carried, )?"([a-z_ -]+)"', flat))
    named |= set(re.findall(r'\)\("([a-z_ -]+)"', flat))
    assert len(named) > 40
    assert named - {mutant.rule for mutant in ALL} == {"too many"}
