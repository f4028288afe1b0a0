"""A fixed sample of the mutants, spread over operators and processes: at least 95 of 100 are caught (`make mutants` judges them all)."""

from __future__ import annotations

import random

import pytest

from notifications.template_check import check_templates
from rules.check import check
from rules.loader import DefinitionErrors
from tests.mutants.judge import SURVIVED, judge, shipped, with_mutant
from tests.mutants.operators import OPERATORS, mutants_of
from tests.mutants.own import own
from tests.mutants.trees import Mutant, definition_files

SEED = 20261129
EACH = 7  # mutants of every operator
AT_LEAST = 95.0
TOLD_TWICE = "LSRPM"  # the rings that compare two tellings; they cost 20 ms a mutant, a walk of all histories up to three seconds


def sample(each: int) -> list[Mutant]:
    """The same few mutants of every operator at each run, as many processes as there are."""
    chosen = random.Random(SEED)
    shuffled = [mutant for path in definition_files() for mutant in mutants_of(path) if not own(mutant, _shipped(mutant))]
    chosen.shuffle(shuffled)
    return [one for operator in OPERATORS for one in [m for m in shuffled if m.operator == operator][:each]]


def _shipped(mutant: Mutant):  # type: ignore[no-untyped-def]
    return next(one for one in shipped().all() if one.file == mutant.file)


def test_the_sample_is_caught() -> None:
    """Those that two tellings do not tell apart are walked through every history, cheapest process first, until the threshold is reached."""
    mutants = sample(EACH)
    assert len({mutant.operator for mutant in mutants}) == len(OPERATORS)
    assert {mutant.file for mutant in mutants} == {path.name for path in definition_files()}
    left = [mutant for mutant in mutants if judge(mutant, TOLD_TWICE) == SURVIVED]
    may_survive = int(len(mutants) * (100 - AT_LEAST) / 100)
    assert len(left) <= 2 * may_survive, [mutant.name for mutant in left]
    for mutant in sorted(left, key=lambda m: len(m.text)):
        if len(left) <= may_survive:
            break
        if judge(mutant, "XTE") != SURVIVED:
            left.remove(mutant)
    assert len(left) <= may_survive, [mutant.name for mutant in left]


SAME_AS_THE_CHECK = ("drop a wait", "settled for done", "other outcome", "drop a notice", "lengthen")


@pytest.mark.parametrize("operator", SAME_AS_THE_CHECK)
def test_the_bench_says_what_the_whole_check_says(operator: str) -> None:
    """The bench takes short cuts; here it is held to `sendflow check` itself, on the smallest processes."""
    path = next(path for path in definition_files() if path.stem == "support_transfer")
    mutant = next((m for m in mutants_of(path) if m.operator == operator), None)
    if mutant is None:  # the process sets no period of law
        mutant = next(m for p in definition_files() if p.stem == "advice_request" for m in mutants_of(p) if m.operator == operator)
    assert (judge(mutant) != SURVIVED) == whole_check(mutant)


def whole_check(mutant: Mutant) -> bool:
    """Whether `sendflow check` of the mutant's process finds anything."""
    try:
        library, changed, _ = with_mutant(shipped(), mutant)
    except DefinitionErrors:
        return True
    return bool(check(library, explored=[changed.process]).findings or check_templates(library))
