"""Mutants of order: what a step, an end or a correction waits for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.mutants.trees import At, Changed, Tree, drop, facts_of, get, listed, put, steps_of, told, words_of

JOINS = ("all", "any")


def places(tree: Tree) -> Iterator[At]:
    """Where conditions stand."""
    for step, keys in steps_of(tree):
        yield from (("steps", step, key) for key in ("after", "until") if key in keys)
        if isinstance(keys.get("may_come_early"), dict):
            yield "steps", step, "may_come_early", "after"
    yield from (("ends", end, "after") for end in tree.get("ends") or {})
    for _, at, keys in facts_of(tree):
        if isinstance(keys.get("when_changed"), dict):
            yield *at, "when_changed", "until"
    for fact, said in (tree.get("when_changed") or {}).items():
        if isinstance(said, dict):
            yield "when_changed", fact, "until"


def parts(condition: Any, at: At) -> Iterator[tuple[At, Any]]:
    """A condition and everything inside it, each with its path. Names and lists of outcomes are no parts."""
    yield at, condition
    if isinstance(condition, list):
        for n, part in enumerate(condition):
            yield from parts(part, (*at, n))
    elif isinstance(condition, dict):
        for key, inner in condition.items():
            if key in JOINS or key == "some":
                yield from parts(inner, (*at, key))


def _everywhere(tree: Tree) -> Iterator[tuple[At, Any]]:
    for at in places(tree):
        yield from parts(get(tree, at), at)


def after_opening(tree: Tree) -> Iterator[Changed]:
    """A step that waits opens with the case."""
    for step, keys in steps_of(tree):
        if keys.get("after") != "opening":
            yield told(("steps", step, "after")), put(tree, ("steps", step, "after"), "opening")


def drop_a_wait(tree: Tree) -> Iterator[Changed]:
    """One of several things that are waited for is forgotten, or one of several outcomes."""
    for at, part in _everywhere(tree):
        if isinstance(part, list) and len(part) > 1:
            yield from ((told((*at, n), one), drop(tree, (*at, n))) for n, one in enumerate(part))
        elif isinstance(part, dict):
            for key, inner in part.items():
                if len(part) > 1:
                    yield told((*at, key), inner), drop(tree, (*at, key))
                if isinstance(inner, list) and len(inner) > 1 and key not in JOINS:
                    yield from ((told((*at, key), word), drop(tree, (*at, key, n))) for n, word in enumerate(inner))


def any_for_all(tree: Tree) -> Iterator[Changed]:
    """`any` for all, and the other way round."""
    for at, part in _everywhere(tree):
        if isinstance(part, list) and len(part) > 1 and at[-1] not in JOINS:
            yield told(at, "any of it"), put(tree, at, {"any": part})
        elif isinstance(part, dict) and list(part) == ["any"]:
            yield told(at, "all of it"), put(tree, at, _as_list(part["any"]))
        elif isinstance(part, dict) and len(part) > 1:
            yield told(at, "any of it"), put(tree, at, {"any": part})


def _as_list(part: Any) -> list[Any]:
    return [{key: inner} for key, inner in part.items()] if isinstance(part, dict) else list(part)


def settled_for_done(tree: Tree) -> Iterator[Changed]:
    """Settled where it must be done, and done where it need only be settled."""
    for at, part in _everywhere(tree):
        if isinstance(part, str) and part in tree["steps"]:
            yield told(at, f"settled {part}"), put(tree, at, {"settled": part})
        elif isinstance(part, dict):
            for key, inner in part.items():
                if key == "settled":
                    rest = {k: v for k, v in part.items() if k != key}
                    yield told(at, f"done {listed(inner)}"), put(tree, at, [*listed(inner), *([rest] if rest else [])])
                elif key in tree["steps"]:
                    rest = {k: v for k, v in part.items() if k != key}
                    whole = {"settled": key} if not rest else [{"settled": key}, rest]
                    yield told((*at, key), "settled"), put(tree, at, whole)


def other_outcome(tree: Tree) -> Iterator[Changed]:
    """Another outcome of the step than the one to wait for."""
    for at, part in _everywhere(tree):
        if isinstance(part, str) and (words := words_of(tree, part)):
            yield told(at, f"{part}: {words[0]} only"), put(tree, at, {part: words[0]})
        for step, inner in part.items() if isinstance(part, dict) else ():
            words = [word for word in words_of(tree, step) if word not in listed(inner)]
            if words and not isinstance(inner, list):
                yield from ((told((*at, step), f"{inner} -> {word}"), put(tree, (*at, step), word)) for word in words)
            elif words:
                yield told((*at, step), f"{inner[-1]} -> {words[0]}"), put(tree, (*at, step), [*inner[:-1], words[0]])
                yield told((*at, step), f"{words[0]} too"), put(tree, (*at, step), [*inner, words[0]])


def order_of_steps(tree: Tree) -> Iterator[Changed]:
    """A step that waits for the one above it alone comes before it: the two change places."""
    names = list(tree["steps"])
    for name, keys in steps_of(tree):
        first = keys.get("after")
        before = first if isinstance(first, str) else next(iter(first)) if isinstance(first, dict) and len(first) == 1 else ""
        if before not in tree["steps"]:
            continue
        changed = {**tree["steps"], name: {**keys, "after": tree["steps"][before]["after"]}, before: {**tree["steps"][before], "after": name}}
        order = [n for n in names if n != name]
        order.insert(order.index(before), name)
        begins = [name if n == before else n for n in listed(tree.get("begins_with"))]
        yield told(("steps", name), f"before {before}"), {**tree, "begins_with": begins, "steps": {n: changed[n] for n in order}}
