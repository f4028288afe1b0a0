"""The truth table of conditions, row by row as the notes have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest

from rules.conditions import AllFacts, AllOf, AnyFact, AnyOf, AtLeast, AtMost, DayIs, Done, Known, OneOf, Opening, Settled, StepCondition
from rules.truth import F, Standing, T, Truth, U, fact_truth, truth
from rules.values import Value

STANDINGS: dict[str, Standing] = {
    "waiting": ("waiting", ""),
    "open": ("open", ""),
    "done": ("done", "o"),
    "does_not_apply": ("does_not_apply", ""),
    "not_needed": ("not_needed", ""),
    "overtaken": ("overtaken", ""),
}


@dataclass
class Case:
    """A view made by hand: lists by step, and standings by step and party."""

    standings: dict[tuple[str, str], Standing]
    lists: dict[str, str] = field(default_factory=dict)
    named: dict[str, tuple[str, ...] | None] = field(default_factory=dict)

    def list_of(self, step: str) -> str:
        return self.lists.get(step, "")

    def parties(self, step: str) -> tuple[str, ...] | None:
        return self.named[self.lists[step]] if step in self.lists else ("",)

    def standing(self, step: str, party: str) -> Standing:
        return self.standings[step, party]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [  # in the order of STANDINGS
        (Done("s"), (U, U, T, None, F, F)),
        (Done("s", ("o", "p")), (U, U, T, F, F, F)),
        (Done("s", ("p",)), (U, U, F, F, F, F)),
        (Done("s", ("p", "does_not_apply")), (U, U, F, T, F, F)),
        (Done("s", ("p", "not_needed")), (U, U, F, F, T, T)),
        (Settled("s"), (U, U, T, T, T, T)),
        (Opening(), (T, T, T, T, T, T)),
    ],
)
def test_each_row_of_the_table(condition: StepCondition, expected: tuple[Truth, ...]) -> None:
    assert tuple(truth(condition, "", "", Case({("s", ""): one})) for one in STANDINGS.values()) == expected


def test_a_list_is_the_least_and_any_the_greatest_with_left_out_parts_left_out() -> None:
    case = Case({("t", ""): ("done", "done"), ("u", ""): ("open", ""), ("f", ""): ("overtaken", ""), ("n", ""): ("does_not_apply", "")})
    t, u, f, n = (Done(name) for name in "tufn")
    assert [truth(AllOf(parts), "", "", case) for parts in ((t, u), (u, f), (t, n), (n, n))] == [U, F, T, None]
    assert [truth(AnyOf(parts), "", "", case) for parts in ((t, u), (u, f), (f, n), (n, n))] == [T, U, F, None]


def test_over_parties() -> None:
    standings = {("s", "a"): STANDINGS["done"], ("s", "b"): STANDINGS["open"], ("s", "c"): STANDINGS["does_not_apply"]}
    case = Case(standings, {"s": "givers", "mine": "givers"}, {"givers": ("a", "b", "c")})
    assert truth(Done("s"), "", "", case) == U
    assert truth(Done("s", some=True), "", "", case) == T
    assert [truth(Done("s"), "givers", party, case) for party in ("a", "b", "c")] == [T, U, None]
    assert truth(Done("s"), "others", "a", case) == U
    case.named["givers"] = ()
    assert (truth(Done("s"), "", "", case), truth(Done("s", some=True), "", "", case), truth(Settled("s"), "", "", case)) == (T, F, T)
    case.named["givers"], case.standings["s", ""] = None, STANDINGS["waiting"]
    assert (truth(Done("s"), "", "", case), truth(Settled("s", some=True), "", "", case)) == (U, U)


def test_facts() -> None:
    facts: dict[str, Value] = {"age": 9, "urgent": True, "kind": "early", "on": date(2026, 9, 1), "who": ("health", "la")}
    expected = [
        (OneOf("kind", ("early", "late")), T),
        (OneOf("kind", ("late",)), F),
        (OneOf("urgent", ("yes",)), T),
        (OneOf("age", ("9",)), T),
        (OneOf("who", ("la",)), T),
        (OneOf("missing", ("yes",)), U),
        (AtLeast("age", 9), T),
        (AtLeast("age", 10), F),
        (AtMost("age", 8), F),
        (Known("age"), T),
        (Known("missing"), F),
        (Known("missing", known=False), T),
        (DayIs("on", before=date(2026, 9, 1)), F),
        (DayIs("on", since=date(2026, 9, 1)), T),
        (AllFacts((AtLeast("age", 9), OneOf("missing", ("x",)))), U),
        (AllFacts((AtLeast("age", 10), OneOf("missing", ("x",)))), F),
        (AnyFact((AtLeast("age", 9), OneOf("missing", ("x",)))), T),
        (AnyFact((AtLeast("age", 10), OneOf("missing", ("x",)))), U),
    ]
    assert [(test, fact_truth(test, facts.get)) for test, _ in expected] == expected
