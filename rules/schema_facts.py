"""The schema of facts: what the opener states and what steps record."""

from __future__ import annotations

from typing import cast

from rules.condition_text import read_condition
from rules.definition import ADULT, Fact, FactType, WhenChanged
from rules.problems import nearest
from rules.schema import Block, check_new_name, described, read_words
from rules.yaml_lines import Items, Keys, Node, Text

TYPES = ("date", "planned date", "year", "whole number", "yes or no", "list", ADULT)
TYPE_CURE = "Write date, planned date, year, whole number, yes or no, list, adult of the family, or a list of words such as [maintain, amend, cease]."


def read_facts(block: Block, key: str, *, opener: bool) -> dict[str, Fact]:
    """The facts under `key`, by name. `opener`: those of `opens_with`, whose planned dates need no bounds."""
    facts: dict[str, Fact] = {}
    for name, node, line in block.each(key):
        if check_new_name(name, block.problems, line):
            facts[name] = _fact(name, node, line, block, opener)
    return facts


def _fact(name: str, node: Node, line: int, outer: Block, opener: bool) -> Fact:
    short = not isinstance(node, Keys)
    keys = Block(Keys({"is": node}, line, {"is": line}) if short else node, outer.problems, f"fact `{name}`")
    kind, words = _type(keys)
    title = keys.text("title") or name.replace("_", " ").removesuffix(" on")
    no_sooner, no_later = keys.rule("no_sooner"), keys.rule("no_later")
    at_least, grows = keys.number("at_least"), keys.yes("grows")
    if kind == "list":
        words = keys.words("of", "Write `of:` and a list under `parties`, or role names: the parties it may name.")
    elif keys.has("at_least") or keys.has("grows"):
        outer.problems.add(line, f"fact `{name}` is no list, yet has `at_least` or `grows`", "Remove them, or write `is: list`.")
    if kind == "planned date" and not opener and not (no_sooner and no_later):
        outer.problems.add(line, f"fact `{name}` is a planned date without both bounds", "Write `no_sooner: RULE` and `no_later: RULE`.")
    if kind not in ("planned date", "date") and (no_sooner or no_later):
        outer.problems.add(
            line, f"fact `{name}` has bounds but is no planned date", "Write `is: planned date`, or remove `no_sooner` and `no_later`."
        )
    changed = read_when_changed(keys, "when_changed")
    keys.finish()
    return Fact(name, kind, title, words, no_sooner, no_later, at_least, grows, changed, line)


def _type(keys: Block) -> tuple[FactType, tuple[str, ...]]:
    node = keys.node("is", TYPE_CURE)
    if node is None:
        return "date", ()
    if isinstance(node, Items):
        words = read_words(node, keys.problems, "`is`")
        if len(words) < 2:
            keys.problems.add(node.line, "a fact's list of words has fewer than two", TYPE_CURE)
        return "words", words
    if isinstance(node, Text) and node.value.strip() in TYPES:
        return cast(FactType, node.value.strip()), ()
    cure = nearest(node.value, TYPES) if isinstance(node, Text) else TYPE_CURE
    keys.problems.add(node.line, f"`is` is {described(node)}", cure)
    return "date", ()


def read_when_changed(block: Block, key: str) -> WhenChanged | None:
    """`fixed`, or `{reopens: STEP, until: CONDITION}`; None if not said."""
    node = block.node(key)
    return None if node is None else when_changed_from(node, block, block.line_of(key))


def when_changed_from(node: Node, block: Block, line: int) -> WhenChanged | None:
    """As `read_when_changed`, from the node."""
    cure = "Write `fixed`, or `{reopens: STEP, until: CONDITION}`."
    if isinstance(node, Text):
        if node.value != "fixed":
            block.problems.add(line, f"`when_changed` is {described(node)}", cure)
        return WhenChanged(fixed=True)
    keys = Block(node, block.problems, "`when_changed`")
    reopens = keys.name("reopens", cure)
    until = keys.node("until", "Write `until: CONDITION`: what must stop it, or a late correction reopens a case long decided.")
    condition = None if until is None else read_condition(until, block.problems)
    keys.finish()
    return WhenChanged(False, reopens, condition)
