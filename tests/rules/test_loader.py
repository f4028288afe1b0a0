"""The example of the design notes loads whole, pins itself, and comes back from its pinned text without files."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rules.conditions import AllOf, AtLeast, Done, OneOf, Settled
from rules.library import Library, NoDefinition
from rules.loader import DefinitionErrors, load_library, parse_definition
from rules.pinned import from_pinned
from rules.problems import Problems
from rules.registers import read_roles

EXAMPLE = Path(__file__).parent / "example"


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(EXAMPLE)


def test_the_example_is_read_as_written(library: Library) -> None:
    review = library.definitions["annual_review"][0]
    assert len(review.steps) == 17
    assert review.steps["agree_meeting_date"].after == Done("la_agrees_to_review_early", ("agrees", "does_not_apply"))
    assert review.steps["circulate_advice"].after == AllOf((Done("agree_meeting_date"), Settled("gather_advice")))
    assert review.steps["fix_one_meeting_with_pep"].only_if == OneOf("looked_after", ("yes",))
    assert review.steps["prepare_adulthood"].only_if == AtLeast("year_group", 9)
    assert review.steps["la_decision"].due[0].rule == "4 weeks after meeting_on"
    assert review.totals[2].rule == "on review_due_on"
    assert review.facts["looked_after"].when_changed is not None
    assert review.facts["looked_after"].when_changed.reopens == "fix_one_meeting_with_pep"


def test_law_brings_its_counting_and_its_notice(library: Library) -> None:
    review = library.definitions["annual_review"][0]
    decision = review.steps["la_decision"]
    assert decision.contains == {"reasons": "the reasons"}
    assert "right_of_appeal" in decision.outcomes["maintain"].contains
    assert review.rights["appeal"].counting.rolls


def test_a_pinned_text_is_the_whole_definition(library: Library) -> None:
    review = library.definitions["annual_review"][0]
    assert from_pinned(review.pinned) == review
    assert len(review.hash) == 64


def test_every_shipped_text_reads_back_from_what_is_pinned() -> None:
    for shipped in load_library().all():
        assert from_pinned(shipped.pinned) == shipped, shipped.file


def test_a_changed_ladder_is_another_version(library: Library) -> None:
    review = library.definitions["annual_review"][0]
    roles = {**library.registers.roles, "senco": library.registers.roles["la"]}
    other = parse_definition(review.source, review.file, replace(library.registers, roles=roles))
    assert other.hash != review.hash


def test_a_foreign_pinned_text_is_refused(library: Library) -> None:
    review = library.definitions["annual_review"][0]
    with pytest.raises(ValueError, match="no pinned definition"):
        from_pinned('{"form": 99}')
    with pytest.raises(ValueError, match="reads as another one"):
        from_pinned(review.pinned + " ")


def two_texts(library: Library, by: str = "") -> Library:
    source = library.definitions["annual_review"][0].source
    old = parse_definition(source + f"in_force: {{until: 2027-08-31{by}}}\n", "annual_review.yaml", library.registers)
    new = parse_definition(source + f"in_force: {{from: 2027-09-01{by}}}\n", "annual_review_from_2027.yaml", library.registers)
    return Library.of([new, old], library.registers)


def test_a_new_case_gets_the_text_in_force_when_it_opens(library: Library) -> None:
    both = two_texts(library)
    assert both.for_new_case("annual_review", date(2027, 8, 31), {}).file == "annual_review.yaml"
    assert both.for_new_case("annual_review", date(2027, 9, 1), {}).file == "annual_review_from_2027.yaml"


def test_or_in_force_on_the_day_of_a_fact(library: Library) -> None:
    both = two_texts(library, ", by: review_due_on")
    chosen = both.for_new_case("annual_review", date(2027, 6, 1), {"review_due_on": date(2027, 10, 1)})
    assert chosen.file == "annual_review_from_2027.yaml"
    with pytest.raises(NoDefinition, match="in force"):
        both.for_new_case("annual_review", date(2027, 6, 1), {})
    with pytest.raises(NoDefinition, match="no process"):
        both.for_new_case("review", date(2027, 6, 1), {})


def test_a_folder_without_registers_says_so(tmp_path: Path) -> None:
    (tmp_path / "annual_review.yaml").write_text((EXAMPLE / "annual_review.yaml").read_text())
    with pytest.raises(DefinitionErrors) as caught:
        load_library(tmp_path)
    assert {p.file for p in caught.value.problems if p.message == "the register is missing"} == {
        "authorities.yaml",
        "duties.yaml",
        "ladders.yaml",
        "roles.yaml",
    }


ASKED = """
roles:
  asked_school:
    title: {title}
    ours: no
    reached_by: link
    recorded_by: [asked_school_1]
    many: {many}
"""


def test_one_entry_tells_many_roles_of_a_kind() -> None:
    problems = Problems("roles.yaml")
    roles = read_roles(ASKED.format(title="school {number} asked", many=3), problems)
    assert not problems.found
    assert [(role.name, role.title, role.one_of) for role in roles.values()] == [
        (f"asked_school_{number}", f"school {number} asked", "asked_school") for number in (1, 2, 3)
    ]


@pytest.mark.parametrize(("title", "many"), [("school asked", 3), ("school {number} asked", 21)])
def test_many_needs_a_number_in_its_title_and_has_an_end(title: str, many: int) -> None:
    problems = Problems("roles.yaml")
    read_roles(ASKED.format(title=title, many=many), problems)
    assert [problem.cure for problem in problems.found][:1] == ["At most 20; and write {number} into the title."]


def test_a_list_of_parties_names_them_all(tmp_path: Path) -> None:
    for file in EXAMPLE.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    roles = tmp_path / "roles.yaml"
    roles.write_text(
        roles.read_text(encoding="utf-8") + "  helper: {title: 'helper {number}', ours: no, reached_by: link, many: 2}\n", encoding="utf-8"
    )
    process = tmp_path / "annual_review.yaml"
    process.write_text(process.read_text(encoding="utf-8").replace("social_care]", "social_care, helper]", 1), encoding="utf-8")
    assert load_library(tmp_path).definitions["annual_review"][0].parties["invited"][-2:] == ("helper_1", "helper_2")
