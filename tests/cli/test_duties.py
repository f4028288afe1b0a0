"""`sendflow duties` as a person reads it; it needs no database."""

import json

from typer.testing import CliRunner, Result

from cli.main import app


def duties(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["duties", *arguments])


def test_the_whole_matrix_and_its_sum() -> None:
    said = duties().stdout
    assert all(f"Section {number}: " in said for number in range(1, 23))
    assert "22 sections" in said and "gaps." in said
    assert "Annual review of an EHC plan: Hold the review meeting (SENCO)" in said


def test_one_section_only_the_gaps_and_as_json() -> None:
    whole = json.loads(duties("--section", "22", "--json").stdout)
    gaps = json.loads(duties("--section", "22", "--gaps", "--json").stdout)
    assert [part["section"] for part in whole] == ["22"]
    assert gaps[0]["clauses"] == [clause for clause in whole[0]["clauses"] if clause["kept"] == "gap"]
    assert len(gaps[0]["clauses"]) == gaps[0]["gaps"]


def test_a_section_that_is_none_is_refused_in_words() -> None:
    answer = duties("--section", "23")
    assert answer.exit_code == 2 and "no section '23'" in answer.stderr
