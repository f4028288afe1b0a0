"""What a condition comes to: F (cannot hold in this round), U (not yet known), T (holds), or left out (None, written ∅).

The table is in `docs/definitions.md`, section 3. `statuses.py` derives every status from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from rules.conditions import AllFacts, AllOf, AnyFact, AnyOf, AtLeast, AtMost, DayIs, Done, FactTest, Known, OneOf, Opening, Settled, StepCondition
from rules.position_types import Status
from rules.values import Value

F, U, T = 0, 1, 2
Truth: TypeAlias = int | None
Standing: TypeAlias = tuple[Status, str]  # a status, and the outcome of a step done


class View(Protocol):
    """What a condition reads of a case."""

    def list_of(self, step: str) -> str:
        """The list a step runs over, "" for none."""

    def parties(self, step: str) -> tuple[str, ...] | None:
        """Its parties now; None for a list not yet known."""

    def standing(self, step: str, party: str) -> Standing:
        """How the latest round of an instance stands; party "" asks for the nameless party of a list not yet known."""


def least(values: Iterable[Truth]) -> Truth:
    """Every part must hold; ∅ is left out, and nothing left is ∅."""
    kept = [value for value in values if value is not None]
    return min(kept) if kept else None


def greatest(values: Iterable[Truth]) -> Truth:
    """One part must hold; ∅ is left out, and nothing left is ∅."""
    kept = [value for value in values if value is not None]
    return max(kept) if kept else None


def truth(condition: StepCondition, own_list: str, party: str, view: View) -> Truth:
    """What a step condition comes to, asked by a step of `own_list` for its `party` ("" and "" for a step without parties, and for ends)."""
    if isinstance(condition, Opening):
        return T
    if isinstance(condition, AllOf):
        return least(truth(part, own_list, party, view) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return greatest(truth(part, own_list, party, view) for part in condition.parts)
    return _over_parties(condition, own_list, party, view)


def _over_parties(leaf: Done | Settled, own_list: str, party: str, view: View) -> Truth:
    its_list = view.list_of(leaf.step)
    if its_list and its_list == own_list:
        return leaf_truth(leaf, view.standing(leaf.step, party))
    parties = view.parties(leaf.step)
    if parties is None:
        return leaf_truth(leaf, view.standing(leaf.step, ""))
    if not parties:
        return F if leaf.some else T
    join: Callable[[Iterable[Truth]], Truth] = greatest if leaf.some else least
    return join(leaf_truth(leaf, view.standing(leaf.step, one)) for one in parties)


def leaf_truth(leaf: Done | Settled, standing: Standing) -> Truth:
    """One row of the table, for one instance."""
    status, outcome = standing
    if status in ("waiting", "open"):
        return U
    if isinstance(leaf, Settled):
        return T
    if status == "done":
        return T if not leaf.outcomes or outcome in leaf.outcomes else F
    if status == "does_not_apply":
        return (T if "does_not_apply" in leaf.outcomes else F) if leaf.outcomes else None
    return T if "not_needed" in leaf.outcomes else F


def fact_truth(test: FactTest, fact: Callable[[str], Value | None]) -> int:
    """What a test of facts comes to; U while a fact it needs is unknown. `fact` gives a fact's value."""
    if isinstance(test, AllFacts):
        return min(fact_truth(part, fact) for part in test.parts)
    if isinstance(test, AnyFact):
        return max(fact_truth(part, fact) for part in test.parts)
    value = fact(test.fact)
    if isinstance(test, Known):
        return T if (value is not None) == test.known else F
    if value is None:
        return U
    return T if _holds(test, value) else F


def _holds(test: OneOf | AtLeast | AtMost | DayIs, value: Value) -> bool:
    if isinstance(test, OneOf):
        return any(word in test.words for word in as_words(value))
    if isinstance(test, DayIs):
        return (test.before is None or value < test.before) and (test.since is None or value >= test.since)  # type: ignore[operator]
    if isinstance(test, AtLeast):
        return value >= test.number  # type: ignore[operator]
    return value <= test.number  # type: ignore[operator]


def as_words(value: Value) -> tuple[str, ...]:
    """A fact's value as the words a test may name: yes and no for a bool, digits for a number, each party of a list."""
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return value if isinstance(value, tuple) else (str(value),)
