"""Mutants of what stands there at all: keys, steps, outcomes, ends, facts, excuses, names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.mutants.conditions import parts, places
from tests.mutants.trees import At, Changed, Tree, drop, facts_of, get, listed, outcomes_of, put, steps_of, told

# `title` and `hint` are words for people; `target` is the trust's own; dates, tells and records have operators of their own
STEP_KEYS = (
    "by does wait case with each after only_if until may_come_early aside may law guidance policy ladder kind not_by",
    "outcomes answers lapses_as contains",
)
FACT_KEYS = "no_sooner no_later when_changed at_least grows"


def drop_a_key(tree: Tree) -> Iterator[Changed]:
    """A key of a step, a fact or the process is forgotten."""
    for step, keys in steps_of(tree):
        yield from ((told(("steps", step, key)), drop(tree, ("steps", step, key))) for key in " ".join(STEP_KEYS).split() if key in keys)
        law = keys.get("law")
        yield from ((told(("steps", step, "law"), f"without {one}"), drop(tree, ("steps", step, "law", n))) for n, one in _several(law))
    for _, at, keys in facts_of(tree):
        yield from ((told((*at, key)), drop(tree, (*at, key))) for key in FACT_KEYS.split() if key in keys)
    for key in ("begins_with", "in_force", "once_for", "when_changed", "warns"):
        if key in tree:
            yield key, drop(tree, (key,))
    for _, _, at, outcome in outcomes_of(tree):
        if "reopens" in outcome:
            yield told((*at, "reopens")), drop(tree, (*at, "reopens"))


def _several(value: Any) -> list[tuple[int, Any]]:
    return list(enumerate(value)) if isinstance(value, list) and len(value) > 1 else []


def drop_a_record(tree: Tree) -> Iterator[Changed]:
    """A day or an answer that is not recorded."""
    holders = [(("steps", step), keys) for step, keys in steps_of(tree)] + [(at, outcome) for _, _, at, outcome in outcomes_of(tree)]
    for at, keys in holders:
        facts = listed(keys.get("records"))
        for n, fact in enumerate(facts):
            rest = facts[:n] + facts[n + 1 :]
            yield told((*at, "records"), f"without {fact}"), put(tree, (*at, "records"), rest) if rest else drop(tree, (*at, "records"))


def drop_what_opens(tree: Tree) -> Iterator[Changed]:
    """A case that follows is not opened, or opened with a fact less."""
    for _, _, at, outcome in outcomes_of(tree):
        for process, facts in (outcome.get("opens") or {}).items():
            rest = {name: given for name, given in outcome["opens"].items() if name != process}
            yield told((*at, "opens", process)), put(tree, (*at, "opens"), rest) if rest else drop(tree, (*at, "opens"))
            yield from ((told((*at, "opens", process, fact)), drop(tree, (*at, "opens", process, fact))) for fact in facts or {})


def drop_an_end(tree: Tree) -> Iterator[Changed]:
    """A way to end, to interrupt or to excuse is forgotten."""
    for section in ("ends", "interrupts", "exceptions"):
        yield from ((told((section, name)), drop(tree, (section, name))) for name in tree.get(section) or {})


def drop_an_outcome(tree: Tree) -> Iterator[Changed]:
    """A way to answer is forgotten, and so is whatever waited for it alone."""
    for step, name, at, _ in outcomes_of(tree):
        yield told(at), _without(drop(tree, at), step, name)
    for step, keys in steps_of(tree):
        for n, answer in _several(keys.get("answers")):
            yield told(("steps", step, "answers"), f"without {answer}"), drop(tree, ("steps", step, "answers", n))


def drop_a_step(tree: Tree) -> Iterator[Changed]:
    """A step is forgotten everywhere; who waited for it alone waits for what it waited for."""
    for step, keys in steps_of(tree):
        changed = _without(drop(tree, ("steps", step)), step, "", keys.get("after", "opening"))
        begins = [name for name in listed(tree.get("begins_with")) if name != step]
        if keys.get("after") == "opening":
            begins += [name for name, one in changed["steps"].items() if one.get("after") == "opening" and name not in begins]
        lifted = {name: {**one, "lifts": _without_name(one.get("lifts"), step)} for name, one in (tree.get("exceptions") or {}).items()}
        totals = [total for total in tree.get("totals") or [] if total["to"] != step]
        yield told(("steps", step)), {**changed, "begins_with": begins, "exceptions": lifted, "totals": totals}


def _without_name(names: Any, step: str) -> Any:
    return {k: v for k, v in names.items() if k != step} if isinstance(names, dict) else [name for name in listed(names) if name != step]


def _without(tree: Tree, step: str, word: str, instead: Any = "opening") -> Tree:
    """The tree in which no condition names the step (or its outcome)."""
    for at in places(tree):
        pruned = _pruned(get(tree, at), step, word)
        if pruned is None and at[-1] == "after" and at[0] == "steps" and "may_come_early" not in at:
            tree = put(tree, at, instead)
        elif pruned is None:
            tree = put(tree, at[:-1], "no") if "may_come_early" in at else drop(tree, at)
        else:
            tree = put(tree, at, pruned)
    return tree


def _pruned(condition: Any, step: str, word: str) -> Any:
    if isinstance(condition, str):
        return None if condition == step and not word else condition
    if isinstance(condition, list):
        left = [one for part in condition if (one := _pruned(part, step, word)) is not None]
        return left or None
    left_keys: dict[str, Any] = {}
    for key, inner in (condition or {}).items():
        if key in ("any", "all", "some"):
            kept = _pruned(inner, step, word)
        elif key == "settled":
            kept = [name for name in listed(inner) if name != step or word] or None
        elif key == step:
            kept = [one for one in listed(inner) if one != word] or None if word else None
        else:
            kept = inner
        if kept is not None:
            left_keys[key] = kept
    return left_keys or None


def excuse_too_wide(tree: Tree) -> Iterator[Changed]:
    """An excuse lifts a step more, a step less, or by another letter."""
    dated = [step for step, keys in steps_of(tree) if "due" in keys]
    for name, keys in (tree.get("exceptions") or {}).items():
        lifts = keys["lifts"]
        at: At = ("exceptions", name, "lifts")
        for step in dated:
            if step in lifts:
                yield told(at, f"without {step}"), put(tree, at, _without_name(lifts, step))
            elif isinstance(lifts, dict):
                yield told(at, f"{step} too"), put(tree, at, {**lifts, step: next(iter(lifts.values()))})
            else:
                yield told(at, f"{step} too"), put(tree, at, [*lifts, step])
        if isinstance(lifts, dict) and lifts:
            first = next(iter(lifts))
            yield told((*at, first), "another letter"), put(tree, (*at, first), f"{lifts[first]}(z)")


def other_case(tree: Tree) -> Iterator[Changed]:
    """A step for other pupils than those whom it concerns."""
    tests: list[At] = [("steps", step, "only_if") for step, keys in steps_of(tree) if isinstance(keys.get("only_if"), dict)]
    tests += [
        ("steps", s, "due", n, "if")
        for s, keys in steps_of(tree)
        if isinstance(keys.get("due"), list)
        for n, d in enumerate(keys["due"])
        if "if" in d
    ]
    facts = {name: keys for name, _, keys in facts_of(tree)}
    for at in tests:
        for fact, said in get(tree, at).items():
            now = listed(said)
            words = facts.get(fact, {}).get("is")
            others = list(words) if isinstance(words, list) else ["yes", "no"] if words == "yes or no" else []
            if other := [word for word in others if word not in now][:1]:
                yield told((*at, fact), f"{other[0]} instead"), put(tree, (*at, fact), [*now[:-1], *other])
                if isinstance(words, list) and len(others) > len(now) + 1:
                    yield told((*at, fact), f"{other[0]} too"), put(tree, (*at, fact), [*now, *other])
            if len(now) > 1:
                yield told((*at, fact), f"without {now[-1]}"), put(tree, (*at, fact), now[:-1])
            number, _, way = str(said).partition(" or ")
            if number.isdecimal() and way:
                yield from ((told((*at, fact), f"{n} or {way}"), put(tree, (*at, fact), f"{n} or {way}")) for n in (int(number) + 1, int(number) - 1))


def misname(tree: Tree) -> Iterator[Changed]:
    """A name with a letter too many, once for each step and key that names something."""
    for step, keys in steps_of(tree):
        for key in ("by", "does", "case", "each", "records", "law", "guidance", "policy", "ladder", "not_by", "lapses_as"):
            if isinstance(keys.get(key), str):
                yield told(("steps", step, key), f"{keys[key]}x"), put(tree, ("steps", step, key), f"{keys[key]}x")
            elif isinstance(keys.get(key), list):
                yield told(("steps", step, key), f"{keys[key][0]}x"), put(tree, ("steps", step, key, 0), f"{keys[key][0]}x")
        for key in ("after", "until"):
            if key in keys and (named := _first_name(keys[key], ("steps", step, key))):
                yield told(named[0], f"{named[1]}x"), put(tree, named[0], named[2])
    for _, name, at, outcome in outcomes_of(tree):
        renamed = {f"{n}x" if n == name else n: o for n, o in get(tree, at[:-1]).items()}
        yield told(at, f"{name}x"), put(tree, at[:-1], renamed)
        for key in ("gives", "reopens"):
            if key in outcome:
                yield told((*at, key), f"{outcome[key]}x"), put(tree, (*at, key), f"{outcome[key]}x")


def _first_name(condition: Any, at: At) -> tuple[At, str, Any] | None:
    for where, part in parts(condition, at):
        if isinstance(part, str) and part != "opening":
            return where, part, f"{part}x"
        if isinstance(part, dict):
            for key, inner in part.items():
                if key not in ("any", "all", "some", "settled"):
                    return where, key, {f"{k}x" if k == key else k: v for k, v in part.items()}
                if key == "settled":
                    return (*where, "settled"), listed(inner)[0], [f"{listed(inner)[0]}x", *listed(inner)[1:]]
    return None
