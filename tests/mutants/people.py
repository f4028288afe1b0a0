"""Mutants of people: whose duty it is, who is told, who has a right, whom the law puts on a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.mutants.trees import NOT_A_ROLE, At, Changed, Tree, drop, facts_of, get, listed, outcomes_of, put, steps_of, told

OUTSIDE = ("la", "tribunal", "adviser", "mediator", "parent", "pupil", "other_school")


def _roles(tree: Tree) -> list[str]:
    found: dict[str, None] = {}
    for _, keys in steps_of(tree):
        found.update(dict.fromkeys(listed(keys.get("by"))))
    return [role for role in found if role not in NOT_A_ROLE]


def other_role(tree: Tree) -> Iterator[Changed]:
    """Somebody else's duty: one of ours instead of another of ours, an outsider's instead of ours, and the other way round."""
    roles = [*_roles(tree), "senco", "la"]
    for step, keys in steps_of(tree):
        own = keys.get("by")
        if own is None:
            continue
        outside = own in OUTSIDE or own == "party"
        inside_first = [r for r in roles if r != own and r not in OUTSIDE] + ["headteacher" if own != "headteacher" else "senco"]
        outside_first = [r for r in roles if r != own and r in OUTSIDE] + ["parent" if own != "parent" else "la"]
        for role in dict.fromkeys((inside_first[0], outside_first[0])):
            yield told(("steps", step, "by"), f"{own} -> {role}"), put(tree, ("steps", step, "by"), role)
        if outside and len(outside_first) > 1 and outside_first[1] not in (own, outside_first[0]):
            yield told(("steps", step, "by"), f"{own} -> {outside_first[1]}"), put(tree, ("steps", step, "by"), outside_first[1])
        if keys.get("not_by"):
            yield told(("steps", step, "not_by")), drop(tree, ("steps", step, "not_by"))


def other_who_may(tree: Tree) -> Iterator[Changed]:
    """Another may interrupt or excuse than those who may."""
    for section in ("interrupts", "exceptions"):
        for name, keys in (tree.get(section) or {}).items():
            by = listed(keys.get("by"))
            for n, role in enumerate(by if len(by) > 1 else []):
                yield told((section, name, "by"), f"without {role}"), put(tree, (section, name, "by"), by[:n] + by[n + 1 :])


def _tellings(tree: Tree) -> Iterator[tuple[At, Any]]:
    for step, keys in steps_of(tree):
        tells = keys.get("tells")
        for moment in tells if isinstance(tells, dict) else ():
            yield ("steps", step, "tells", moment), tells[moment]
        if tells is not None and not isinstance(tells, dict):
            yield ("steps", step, "tells"), tells
    for _, _, at, outcome in outcomes_of(tree):
        if "tells" in outcome:
            yield (*at, "tells"), outcome["tells"]
    for section in ("ends", "interrupts"):
        for name, keys in (tree.get(section) or {}).items():
            if isinstance(keys, dict) and "tells" in keys:
                yield (section, name, "tells"), keys["tells"]


def drop_a_notice(tree: Tree) -> Iterator[Changed]:
    """One reader is not told."""
    for at, tells in _tellings(tree):
        readers = listed(tells)
        for n, reader in enumerate(readers):
            if reader != "nobody":
                rest = readers[:n] + readers[n + 1 :]
                yield told(at, f"without {reader}"), put(tree, at, rest or "nobody") if at[-2] != "tells" or rest else drop(tree, at)


def drop_a_right(tree: Tree) -> Iterator[Changed]:
    """A decision gives no right, or another one."""
    rights = sorted({outcome["gives"] for _, _, _, outcome in outcomes_of(tree) if "gives" in outcome})
    for _, _, at, outcome in outcomes_of(tree):
        if "gives" in outcome:
            yield told((*at, "gives")), drop(tree, (*at, "gives"))
            yield from ((told((*at, "gives"), right), put(tree, (*at, "gives"), right)) for right in rights if right != outcome["gives"])
        elif rights:
            yield told((*at, "gives"), f"{rights[0]} too"), put(tree, at, {**outcome, "gives": rights[0]})


def drop_a_party(tree: Tree) -> Iterator[Changed]:
    """One is left out of a list."""
    for name, members in (tree.get("parties") or {}).items():
        for n, member in enumerate(listed(members)):
            yield told(("parties", name), f"without {member}"), drop(tree, ("parties", name, n))
    for _, at, keys in facts_of(tree):
        for n, word in enumerate(keys["is"] if isinstance(keys.get("is"), list) else ()):
            where = (*at, "is") if isinstance(get(tree, at), dict) else at
            yield told(where, f"without {word}"), drop(tree, (*where, n))
