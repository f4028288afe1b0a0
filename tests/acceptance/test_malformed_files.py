"""Acceptance 8: 200 malformed import files and 100 malformed definitions. A clear error each, and the ledger as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from db.engine import Engines
from db.importing.problems import ImportRefused
from db.importing.run import import_files, import_folder
from db.sample.trust import write_sample_trust
from rules.loader import PROCESS_DEFINITIONS, parse_definition, read_registers
from rules.problems import DefinitionErrors

TODAY = date(2026, 11, 24)
Table = list[list[str]]
Spoil = Callable[[Table, Random], str]


def cells(text_: str) -> Table:
    return [line.split(",") for line in text_.splitlines()]


def joined(table: Table) -> str:
    return "\n".join(",".join(row) for row in table) + "\n"


def spoil_upn(table: Table, random: Random) -> str:
    row = random.choice(table[1:])
    row[2] = random.choice(["1.2E+12", "Q" + row[2][1:] if row[2][0] != "Q" else "R" + row[2][1:], "B80", "999"])
    return joined(table)


def spoil_date(table: Table, random: Random) -> str:
    random.choice(table[1:])[5] = random.choice(["3/4/26", "31/02/2026", "soon", "2026-13-01", "1.2E+5"])
    return joined(table)


def spoil_year(table: Table, random: Random) -> str:
    random.choice(table[1:])[6] = random.choice(["77", "x", "-5", "2026"])
    return joined(table)


def spoil_provision(table: Table, random: Random) -> str:
    random.choice(table[1:])[8] = random.choice(["Z", "statemented", "K+", "??"])
    return joined(table)


def spoil_school(table: Table, random: Random) -> str:
    random.choice(table[1:])[0] = random.choice(["123456", "abc", "", "99"])
    return joined(table)


def ragged(table: Table, random: Random) -> str:
    row = random.choice(table[1:])
    if random.random() < 0.5:
        row.append("more")
    else:
        row.pop()
    return joined(table)


def twin_heading(table: Table, random: Random) -> str:
    table[0][random.randrange(6, 11)] = table[0][random.randrange(6)].upper()
    return joined(table)


def column_gone(table: Table, random: Random) -> str:
    at = random.choice([0, 1, 3, 4, 5, 6, 8])
    for row in table:
        del row[at]
    return joined(table)


def nul(table: Table, random: Random) -> str:
    spoiled = joined(table)
    at = random.randrange(len(spoiled))
    return spoiled[:at] + "\x00" + spoiled[at:]


def open_quote(table: Table, random: Random) -> str:
    random.choice(table[1:])[3] = '"never closed'
    return joined(table)


def doubled_row(table: Table, random: Random) -> str:
    row = list(random.choice(table[1:]))
    row[4] = row[4] + "x"
    table.append(row)
    return joined(table)


def empty(table: Table, random: Random) -> str:
    return random.choice(["", "\n\n", "\ufeff"])


SPOILS: list[Spoil] = [
    spoil_upn, spoil_date, spoil_year, spoil_provision, spoil_school, ragged, twin_heading, column_gone, nul, open_quote, doubled_row, empty,
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sample")
    write_sample_trust(made, TODAY, pupils=100)
    return made


@pytest.fixture(scope="module")
def imported(engines: Engines, folder: Path) -> Engines:
    with engines.scheduler() as session:
        import_folder(session, folder, actor_id=None, today=TODAY)
    return engines


def fingerprint(engines: Engines) -> list[tuple[str, str]]:
    """Each table's rows as one digest: what must not change."""
    with engines.scheduler() as session:
        names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).all()
        return [
            (name, str(session.scalar(text(f"SELECT count(*) || md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"))))
            for name in names
            if name != "alembic_version"
        ]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoil=st.sampled_from(SPOILS), seed=st.integers(0, 10_000))
def test_a_malformed_file_is_refused_in_words_and_nothing_is_imported(imported: Engines, folder: Path, spoil: Spoil, seed: int) -> None:
    table = cells((folder / "pupils.csv").read_text(encoding="utf-8-sig"))
    given_files = {p.name: p.read_bytes() for p in folder.glob("*.csv")}
    given_files["pupils.csv"] = spoil(table, Random(seed)).encode()
    given_files["staff.csv"] += b"990001,S-new,Ann,Other,ann.other@example.org,Teacher\n"
    with pytest.raises(ImportRefused) as refused, imported.scheduler() as session:
        import_files(session, given_files, actor_id=None, today=TODAY)
    problems = refused.value.problems
    assert problems and all(len(p.reason) > 15 and p.file == "pupils.csv" for p in problems)
    assert spoil is empty or any(p.line for p in problems)


def test_after_all_of_them_the_ledger_is_as_it_was(imported: Engines, folder: Path) -> None:
    before = fingerprint(imported)
    for seed, spoil in enumerate(SPOILS):
        table = cells((folder / "pupils.csv").read_text(encoding="utf-8-sig"))
        files = {p.name: p.read_bytes() for p in folder.glob("*.csv")} | {"pupils.csv": spoil(table, Random(seed)).encode()}
        files["staff.csv"] += b"990001,S-new,Ann,Other,ann.other@example.org,Teacher\n"
        with pytest.raises(ImportRefused), imported.scheduler() as session:
            import_files(session, files, actor_id=None, today=TODAY)
    assert fingerprint(imported) == before


KEY = re.compile(r"\s*(- )?[a-z_]+:")
REGISTERS, _ = read_registers(PROCESS_DEFINITIONS)
SOURCES = [
    (f.name, f.read_text(encoding="utf-8").splitlines())
    for f in sorted(PROCESS_DEFINITIONS.glob("*.yaml"))
    if "\nsteps:" in f.read_text(encoding="utf-8")
]


@settings(max_examples=100, deadline=None)
@given(which=st.sampled_from(SOURCES), seed=st.integers(0, 10_000))
def test_a_malformed_definition_is_refused_with_line_and_cure(which: tuple[str, list[str]], seed: int) -> None:
    file, source = which
    random = Random(seed)
    lines = list(source)
    at = random.choice([n for n, line in enumerate(lines) if KEY.match(line)])  # in the midst of a folded text anything is text
    kind = random.choice(["unknown_key", "tag", "twin", "tab", "bracket", "anchor"])
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    spoiled = {
        "unknown_key": [lines[at], f"no_such_key_anywhere: {seed}"],
        "tag": [f"{indent}x: !!python/object:os.system {seed}", lines[at]],
        "twin": [lines[at], "process: annual_review"],
        "tab": [f"\t{lines[at].strip()}", f"{indent}\tx"],
        "bracket": [lines[at], f"{indent}y: [never, closed"],
        "anchor": [f"{indent}z: &a [1]", f"{indent}w: *a", lines[at]],
    }[kind]
    lines[at : at + 1] = spoiled
    with pytest.raises(DefinitionErrors) as refused:
        parse_definition("\n".join(lines), file, REGISTERS)
    problems = refused.value.problems
    assert problems and all(p.file == file and p.message and p.cure for p in problems)
    assert any(p.line for p in problems)
