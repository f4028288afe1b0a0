"""The policy's matrix, and how its register is read."""

import pytest

from rules.duty_matrix import PolicySection, duty_matrix
from rules.loader import load_library
from rules.problems import Problems
from rules.register_duties import read_duties


@pytest.fixture(scope="module")
def matrix() -> dict[str, PolicySection]:
    return {part.number: part for part in duty_matrix(load_library())}


def test_every_section_of_the_policy_appears_and_is_told(matrix: dict[str, PolicySection]) -> None:
    assert list(matrix) == [str(number) for number in range(1, 23)]
    assert all(part.title and part.rows for part in matrix.values())
    for part in matrix.values():
        assert [row.clause for row in part.rows] == [f"{part.number}.{number}" for number in range(1, len(part.rows) + 1)]


def test_each_clause_is_carried_or_says_why_not(matrix: dict[str, PolicySection]) -> None:
    rows = [row for part in matrix.values() for row in part.rows]
    assert all(bool(row.steps) != bool(row.why) and (row.kept == "carried") == bool(row.steps) for row in rows)
    assert all(step.title and step.process_title and step.who for row in rows for step in row.steps)


def test_a_step_is_named_in_words_with_whose_it_is_and_when_it_applies(matrix: dict[str, PolicySection]) -> None:
    (joined,) = next(row for row in matrix["14"].rows if row.clause == "14.12").steps
    assert (joined.process_title, joined.who) == ("Annual review of an EHC plan", "SENCO")
    assert "looked after" in joined.only_if


@pytest.mark.parametrize("section", ["8", "10", "13", "14", "15", "16"])
def test_these_sections_have_no_gap(matrix: dict[str, PolicySection], section: str) -> None:
    assert [row.clause for row in matrix[section].rows if row.kept == "gap"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{clause: "1.1", section: 1, says: x}', "none of `steps`, `no_step` and `standing`"),
        ('{clause: "1.1", section: 1, says: x, no_step: y, standing: z}', "`no_step` and `standing`"),
        ('{clause: "9.1", section: 9, says: x, no_step: y}', "section '9', which is none"),
    ],
)
def test_a_clause_that_says_too_little_or_too_much_is_refused(text: str, message: str) -> None:
    problems = Problems("duties.yaml")
    read_duties(f"sections: {{1: Law}}\nduties: [{text}]", problems)
    assert [message in problem.message for problem in problems.found] == [True]


def test_a_section_without_a_title_is_refused() -> None:
    problems = Problems("duties.yaml")
    read_duties("sections: {one: Law}\nduties: []", problems)
    assert "no section with a title" in problems.found[0].message
