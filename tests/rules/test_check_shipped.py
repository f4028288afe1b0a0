"""The shipped definitions bear every ring of `check`; and a dead end that `check` reports of a mutant is one in the readable fold."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.check import check
from rules.check.explored import owed
from rules.explore import Graph, explore
from rules.library import Library
from rules.loader import PROCESS_DEFINITIONS, load_library
from tests.rules.mutants import EXPLORED, Mutant
from tests.rules.test_check_mutants import mutated
from tests.rules.test_explore import Replay

DEAD_ENDS = [mutant for mutant in EXPLORED if mutant.rule == "dead end"]


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


def test_the_shipped_definitions_have_no_finding(library: Library) -> None:
    report = check(library, processors=2)
    assert report.findings == [], "\n".join(str(finding) for finding in report.findings)
    for figures in report.figures:
        print(figures)
    assert {figures.process for figures in report.figures} == set(library.definitions) >= {"annual_review", "ehc_needs_assessment"}
    largest = [f for f in report.figures if f.process in ("annual_review", "ehc_needs_assessment", "reassessment")]
    assert all(f.positions > 100 and f.histories > 1_000_000 and f.reopened > f.histories for f in largest)
    assert all(f.positions > 20 and f.histories > 90 and f.reopened >= f.histories for f in report.figures if f.process != "trust_intervention")
    (small,) = (f for f in report.figures if f.process == "trust_intervention")  # one step after the other, and one that sends back
    assert (small.positions, small.histories, small.reopened) == (8, 5, 9)


@pytest.mark.parametrize("mutant", DEAD_ENDS, ids=lambda m: m.title)
def test_a_dead_end_found_is_one_in_the_fold(mutant: Mutant, tmp_path: Path) -> None:
    trees: dict[str, Any] = {path.stem: yaml.load(path.read_text(), Loader=yaml.BaseLoader) for path in PROCESS_DEFINITIONS.glob("*.yaml")}
    definition = mutated(trees, mutant.edits, tmp_path).definitions[mutant.edits[0][0]][0]
    graph = explore(definition)
    number = next(n for n, position in enumerate(graph.positions) if not position.ends and not owed(position, graph))
    replay = replayed(graph, number)
    assert replay.position is not None
    assert not replay.position.ended
    assert {i.step for i in replay.position.open()} <= {s.name for s in definition.steps.values() if s.aside or s.may}


def replayed(graph: Graph, number: int) -> Replay:
    """The shortest history to a position, in the fold; of a list, the first party that has not acted yet acts."""
    replay = Replay(graph.model.definition, graph.model)
    opening, *moves = graph.moves(number)
    replay.open(opening)
    for move in moves:
        assert replay.position is not None
        live = [i.party for i in replay.position.instances if i.step == move.step and i.status in ("open", "waiting") and not i.early]
        replay.apply(move, live[0] if move.member is not None else "")
    return replay
