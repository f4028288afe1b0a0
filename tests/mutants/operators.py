"""All ways in which the bench gets a definition wrong: section 7 of the design of the definitions, each operator by the name it has in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.mutants import conditions, dates, people, shape
from tests.mutants.trees import Mutant, Operator, read_tree

OPERATORS: Mapping[str, Operator] = {
    "misname": shape.misname,
    "drop a key": shape.drop_a_key,
    "drop a step": shape.drop_a_step,
    "drop an outcome": shape.drop_an_outcome,
    "drop a record": shape.drop_a_record,
    "drop what opens": shape.drop_what_opens,
    "after opening": conditions.after_opening,
    "drop a wait": conditions.drop_a_wait,
    "any for all": conditions.any_for_all,
    "settled for done": conditions.settled_for_done,
    "other outcome": conditions.other_outcome,
    "order of steps": conditions.order_of_steps,
    "drop an end": shape.drop_an_end,
    "other case": shape.other_case,
    "lengthen": dates.lengthen,
    "shorten": dates.shorten,
    "other unit": dates.other_unit,
    "counted otherwise": dates.counted_otherwise,
    "other base": dates.other_base,
    "drop a date": dates.drop_a_date,
    "other role": people.other_role,
    "other who may": people.other_who_may,
    "drop a notice": people.drop_a_notice,
    "drop a right": people.drop_a_right,
    "drop a party": people.drop_a_party,
    "excuse too wide": shape.excuse_too_wide,
}


@cache
def _mutants(path: Path) -> tuple[Mutant, ...]:
    tree = read_tree(path)
    found: dict[str, Mutant] = {}
    for name, operator in OPERATORS.items():
        for where, changed in operator(tree):
            if changed != tree:
                one = Mutant(path.name, name, where, changed)
                found.setdefault(one.name, one)
    return tuple(found.values())


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of one definition's file, operator by operator; always the same, in the same order."""
    yield from _mutants(path)
