"""Guards of the shape: tests that fail when somebody forgets. Each says which habit of the house it keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("rules", "db", "notifications", "tasks", "flows", "web", "cli")
FILES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "node_modules" not in p.parts)
LONGEST_FILE, LONGEST_FUNCTION = 300, 40


@cache
def trees() -> dict[Path, ast.Module]:
    """Every file of ours, parsed when a guard first asks: each process of the run collects this file, one runs it."""
    return {p: ast.parse(p.read_text(encoding="utf-8")) for p in FILES}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))


def imported(tree: ast.Module) -> set[str]:
    found = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    return found | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}


def test_small_files_with_one_job() -> None:
    long = {named(p): n for p in FILES if (n := len(p.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE}
    assert long == {}, "split them"


def test_short_functions() -> None:
    def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        first = function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
        return (function.end_lineno or 0) - first.lineno + 1

    long = {f"{named(p)}:{f.name}": length(f) for p, tree in trees().items() for f in functions(tree) if length(f) > LONGEST_FUNCTION}
    assert long == {}, "split them"


def test_public_functions_and_classes_say_what_they_do() -> None:
    silent = [
        f"{named(p)}:{node.name}"
        for p, tree in trees().items()
        if "versions" not in p.parts
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_module_says_what_it_is_for() -> None:
    assert [named(p) for p, tree in trees().items() if tree.body and not ast.get_docstring(tree) and "versions" not in p.parts] == []


def test_anything_leaves_only_by_channels() -> None:
    assert [named(p) for p, tree in trees().items() if any(m.split(".")[0] == "apprise" for m in imported(tree))] == [
        "notifications/channels.py", "notifications/govuk_notify.py", "notifications/microsoft_mail.py", "notifications/teams_note.py",
        "notifications/text_messages.py",
    ]  # fmt: skip


def test_the_wall_clock_is_read_at_the_edge_alone() -> None:
    asks = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")
    assert [named(p) for p in FILES if asks.search(p.read_text(encoding="utf-8"))] == ["db/clock.py"]


def test_prefect_is_paid_for_only_where_flows_run() -> None:
    eager = [
        named(p)
        for p, tree in trees().items()
        if p.relative_to(ROOT).parts[0] not in ("flows",)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom)) and any(m.split(".")[0] == "prefect" for m in imported(ast.Module([node], [])))
    ]
    assert eager == [], "import it inside the function that needs it"


def test_cases_change_only_in_the_ledger() -> None:
    writes = re.compile(r"\b(insert\s+into|update|delete\s+from)\s+(cases|events|steps|private_texts)\b", re.IGNORECASE)
    elsewhere = [named(p) for p in FILES if writes.search(p.read_text(encoding="utf-8"))]
    allowed = ("db/migrations/", "db/acts/", "db/sql/", "db/chase.py")
    assert [name for name in elsewhere if not name.startswith(allowed)] == []


def test_no_registry_and_no_index_is_named_in_any_file() -> None:
    hosts = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org|--(extra-)?index-url|--find-links", re.IGNORECASE)
    ours = [p for pattern in ("*.lock", "*.toml", "*.json", "*.sh", "Makefile", "*.md", "*.yaml", ".ci/run") for p in ROOT.glob(pattern)]
    ours += [p for folder in ("web/styles", "tests/bpmn_js") for kind in ("*.json", "*.sh") for p in (ROOT / folder).glob(kind)]
    ours += (ROOT / "docs").rglob("*.md")
    assert [named(p) for p in ours if hosts.search(p.read_text(encoding="utf-8"))] == []


def test_every_dependency_has_bounds_and_a_hash() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = project["dependencies"] + project["optional-dependencies"]["dev"]
    unbounded = [d for d in stated if ">=" not in d or "<" not in d]
    assert unbounded == []
    for lock in ("requirements.lock", "requirements-dev.lock"):
        pins = re.findall(r"^([a-z0-9][^ =]*)==\S+(.*?)(?=^[a-z0-9]|\Z)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert len(pins) > 100
        assert [name for name, rest in pins if "--hash=sha256:" not in rest] == []


@pytest.mark.parametrize("banned", ["unittest.mock", "pytest_mock", "time.sleep(60"])
def test_tests_use_real_parts(banned: str) -> None:
    assert [named(p) for p in (ROOT / "tests").rglob("*.py") if banned in p.read_text(encoding="utf-8") and p != Path(__file__)] == []
