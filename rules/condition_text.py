"""Reads `after`, `until`, `only_if` and `if` from YAML into the trees of `rules/conditions.py`."""

from __future__ import annotations

import re

from rules.conditions import AllFacts, AllOf, AnyFact, AnyOf, AtLeast, AtMost, DayIs, Done, FactTest, Known, OneOf, Opening, Settled, StepCondition
from rules.problems import Problems
from rules.schema import described, read_day, read_words
from rules.yaml_lines import Items, Keys, Node, Text

FORMS = "Write `step`, `{step: outcome}`, `{settled: step}`, a list, `{any: [...]}` or `{some: step}`."
TESTS = "Write `{fact: word}`, `{fact: [words]}`, `9 or above`, `6 or below`, `known`, `unknown`, `before 2027-09-01` or `from 2027-09-01`."


def read_condition(node: Node, problems: Problems) -> StepCondition | None:
    """A step condition, or None after noting what is wrong."""
    if isinstance(node, Text):
        if not node.value.strip():
            problems.add(node.line, "a condition is empty", FORMS)
            return None
        return Opening() if node.value == "opening" else Done(node.value.strip())
    if isinstance(node, Items):
        return _joined(node, problems, AllOf)
    parts = [_entry(key, child, node.lines[key], problems) for key, child in node.entries.items()]
    known = [p for p in parts if p is not None]
    if len(known) < len(parts):
        return None
    if not known:
        problems.add(node.line, "a condition is empty", FORMS)
        return None
    return known[0] if len(known) == 1 else AllOf(tuple(known))


def _joined(node: Node, problems: Problems, kind: type[AllOf] | type[AnyOf]) -> StepCondition | None:
    if not isinstance(node, Items):
        return read_condition(node, problems) if not isinstance(node, Keys) else _joined(_as_items(node), problems, kind)
    parts = [read_condition(item, problems) for item in node.items]
    known = tuple(p for p in parts if p is not None)
    if not node.items:
        problems.add(node.line, "a condition's list is empty", FORMS)
    if not known or len(known) < len(parts):
        return None
    return known[0] if len(known) == 1 else kind(known)


def _as_items(node: Keys) -> Items:
    """`any: {a: x, b: y}` as the list it means."""
    return Items(tuple(Keys({k: v}, node.lines[k], {k: node.lines[k]}) for k, v in node.entries.items()), node.line)


def _entry(key: str, node: Node, line: int, problems: Problems) -> StepCondition | None:
    if key == "all":
        return _joined(node, problems, AllOf)
    if key == "any":
        return _joined(node, problems, AnyOf)
    if key == "settled":
        steps = tuple(Settled(step) for step in read_words(node, problems, "`settled`"))
        return None if not steps else steps[0] if len(steps) == 1 else AllOf(steps)
    if key == "some":
        return _some(node, line, problems)
    words = read_words(node, problems, f"`{key}`")
    return Done(key, words) if words else None


def _some(node: Node, line: int, problems: Problems) -> StepCondition | None:
    inner = read_condition(node, problems)
    if isinstance(inner, Done):
        return Done(inner.step, inner.outcomes, some=True)
    if isinstance(inner, Settled):
        return Settled(inner.step, some=True)
    if inner is not None:
        problems.add(line, "`some` stands around more than one step", "Write `{some: step}` once for each step.")
    return None


def read_fact_test(node: Node, problems: Problems) -> FactTest | None:
    """A test of facts, or None after noting what is wrong."""
    if isinstance(node, Items):
        return _all_facts([read_fact_test(item, problems) for item in node.items], node, problems)
    if not isinstance(node, Keys):
        problems.add(node.line, f"a fact test is {described(node)}", TESTS)
        return None
    return _all_facts([_fact_entry(key, child, node.lines[key], problems) for key, child in node.entries.items()], node, problems)


def _all_facts(parts: list[FactTest | None], node: Node, problems: Problems) -> FactTest | None:
    known = tuple(p for p in parts if p is not None)
    if not parts:
        problems.add(node.line, "a fact test is empty", TESTS)
    if not known or len(known) < len(parts):
        return None
    return known[0] if len(known) == 1 else AllFacts(known)


def _fact_entry(key: str, node: Node, line: int, problems: Problems) -> FactTest | None:
    if key in ("any", "all"):
        items = node.items if isinstance(node, Items) else (node,)
        parts = [read_fact_test(item, problems) for item in items]
        known = tuple(p for p in parts if p is not None)
        if not known or len(known) < len(parts):
            if not parts:
                problems.add(line, f"`{key}` is empty", TESTS)
            return None
        return AnyFact(known) if key == "any" else AllFacts(known)
    words = read_words(node, problems, f"`{key}`")
    if not words:
        return None
    return OneOf(key, words) if len(words) > 1 else _fact_word(key, words[0], line, problems)


def _fact_word(fact: str, word: str, line: int, problems: Problems) -> FactTest | None:
    if match := re.fullmatch(r"(\d{1,6}) or (above|below)", word):
        number = int(match[1])
        return AtLeast(fact, number) if match[2] == "above" else AtMost(fact, number)
    if word in ("known", "unknown"):
        return Known(fact, word == "known")
    if match := re.fullmatch(r"(before|from) (\S+)", word):
        day = read_day(match[2], problems, line)
        if day is None:
            return None
        return DayIs(fact, before=day) if match[1] == "before" else DayIs(fact, since=day)
    if " or " in word:
        problems.add(line, f"{word!r} is no test", TESTS)
        return None
    return OneOf(fact, (word,))


def steps_in(condition: StepCondition | None) -> tuple[Done | Settled, ...]:
    """Every step that a condition reads, in the order written."""
    if condition is None or isinstance(condition, Opening):
        return ()
    if isinstance(condition, Done | Settled):
        return (condition,)
    return tuple(leaf for part in condition.parts for leaf in steps_in(part))


def facts_in(test: FactTest | None) -> tuple[OneOf | AtLeast | AtMost | Known | DayIs, ...]:
    """Every single test of a fact in a test, in the order written."""
    if test is None:
        return ()
    if isinstance(test, AllFacts | AnyFact):
        return tuple(leaf for part in test.parts for leaf in facts_in(part))
    return (test,)


def has_opening(condition: StepCondition | None) -> bool:
    """Whether `opening` stands anywhere in the condition."""
    if isinstance(condition, AllOf | AnyOf):
        return any(has_opening(part) for part in condition.parts)
    return isinstance(condition, Opening)
