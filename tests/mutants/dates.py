"""Mutants of time: periods, what they count from, how they are counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutants.trees import At, Changed, Tree, date_facts, drop, facts_of, get, put, steps_of, told

PERIOD = re.compile(r"\b(\d+) ((?:clear )?(?:working |school )?(?:day|week|month|year))s?\b")
OTHER_UNIT = {"day": "working day", "working day": "day", "school day": "day", "week": "month", "month": "week", "year": "month"}
OTHER_WAY = (
    ("beginning with", "after"),
    ("starting with", "after"),
    ("later of", "earlier of"),
    ("earlier of", "later of"),
    (" clear ", " "),
    (" if any", ""),
    ("before", "by"),
    (" after ", " beginning with "),
)


def places(tree: Tree) -> Iterator[At]:
    """Where rules of law stand: the trust's own `target` and `again` are no law and are left alone."""
    for step, keys in steps_of(tree):
        due = keys.get("due")
        yield from (("steps", step, "due", n, "by") for n in range(len(due))) if isinstance(due, list) else ()
        yield from (("steps", step, key) for key in ("due", "not_before", "wait") if isinstance(keys.get(key), str))
    for _, at, keys in facts_of(tree):
        yield from ((*at, key) for key in ("no_sooner", "no_later") if key in keys)
    yield from (("totals", n, "within") for n in range(len(tree.get("totals") or [])))
    yield from (("warns", name, "until") for name in tree.get("warns") or {})
    if "opens_on" in tree:
        yield ("opens_on",)


def _rules(tree: Tree) -> Iterator[tuple[At, str]]:
    for at in places(tree):
        yield at, str(get(tree, at))


def _by(tree: Tree, more: int) -> Iterator[Changed]:
    for at, rule in _rules(tree):
        for match in PERIOD.finditer(rule):
            number = int(match[1]) + more
            if number > 0:
                changed = f"{rule[: match.start()]}{number} {match[2]}{'s' * (number != 1)}{rule[match.end() :]}"
                yield told(at, changed), put(tree, at, changed)


def lengthen(tree: Tree) -> Iterator[Changed]:
    """One more of the unit; where the law says a day, the day after it."""
    yield from _by(tree, 1)
    for at, rule in _rules(tree):
        if re.match(r"on \w+$", rule) and rule != "on it opens":
            yield told(at, f"1 day after {rule[3:]}"), put(tree, at, f"1 day after {rule[3:]}")
        elif rule == "0 days":
            yield told(at, "1 day"), put(tree, at, "1 day")


def shorten(tree: Tree) -> Iterator[Changed]:
    """One less of the unit."""
    yield from _by(tree, -1)


def other_unit(tree: Tree) -> Iterator[Changed]:
    """Working days for days, months for weeks."""
    for at, rule in _rules(tree):
        for match in PERIOD.finditer(rule):
            clear, unit = ("clear ", match[2][6:]) if match[2].startswith("clear ") else ("", match[2])
            other = f"{match[1]} {clear}{OTHER_UNIT[unit]}{'s' * (match[1] != '1')}"
            changed = rule[: match.start()] + other + rule[match.end() :]
            yield told(at, changed), put(tree, at, changed)


def counted_otherwise(tree: Tree) -> Iterator[Changed]:
    """The first day counted or not, the later for the earlier, `clear` or `if any` forgotten."""
    for at, rule in _rules(tree):
        for old, new in OTHER_WAY:
            if old in rule and at[-1] != "within" and not (old == "before" and not re.search(r"before \d", rule)):
                changed = rule.replace(old, new, 1)
                yield told(at, changed), put(tree, at, changed)


def other_base(tree: Tree) -> Iterator[Changed]:
    """Counted from another day that the process knows, or from when the step opens."""
    facts = date_facts(tree)
    for at, rule in _rules(tree):
        for base in re.findall(r"\b[a-z]\w*\b", rule):
            others = [fact for fact in facts if fact != base][:1] if base in facts or base in tree["steps"] else []
            if base in tree["steps"] and f"due of {base}" not in rule:
                others = [f"due of {base}", *others]
            if others and at[0] == "steps":
                others.append("it opens")
            for other in others:
                changed = re.sub(rf"\b{base}\b", other, rule, count=1)
                yield told(at, changed), put(tree, at, changed)
    for n, total in enumerate(tree.get("totals") or []):
        for other in [fact for fact in facts if fact != total["from"]][:2]:
            yield told(("totals", n, "from"), other), put(tree, ("totals", n, "from"), other)


def drop_a_date(tree: Tree) -> Iterator[Changed]:
    """One of the dates that depend on facts, a bound, a total, the earliest day, `again`: forgotten."""
    for step, keys in steps_of(tree):
        due = keys.get("due")
        if isinstance(due, list) and len(due) > 1:
            for n, one in enumerate(due):
                yield told(("steps", step, "due", n), one["by"]), drop(tree, ("steps", step, "due", n))
                if "if" in one:
                    yield told(("steps", step, "due", n, "if")), drop(tree, ("steps", step, "due", n, "if"))
        elif due is not None:
            yield told(("steps", step, "due"), due), drop(tree, ("steps", step, "due"))
        for key in ("not_before", "again"):
            if key in keys:
                yield told(("steps", step, key), keys[key]), drop(tree, ("steps", step, key))
    yield from ((told(("totals", n), total["to"]), drop(tree, ("totals", n))) for n, total in enumerate(tree.get("totals") or []))
    if "opens_on" in tree:
        yield "opens_on", drop(tree, ("opens_on",))
