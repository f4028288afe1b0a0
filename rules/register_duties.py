"""Reads `duties.yaml`: the trust's policy told a second time, clause by clause, and what it asks of all processes at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.problems import Problems
from rules.register_steps import condition_under, read_carried, top_of
from rules.register_types import Clause, Closing, Hearing, Policy
from rules.schema import Block, described
from rules.yaml_lines import Items, Node, Text

HEARD_OF = ("acts", "decisions", "rights", "opening")
PLACE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


def read_duties(text: str, problems: Problems) -> Policy:
    """`duties.yaml`. Where sections are written each clause is of one. Problems are noted; what could be read is returned."""
    top = top_of(text, problems, "duties")
    sections = _sections(top) if top else {}
    node = top.node("duties", "Write `duties:` and a list of clauses.") if top else None
    if top and node is not None and not isinstance(node, Items):
        problems.add(node.line, "`duties` is no list", "Write one `- clause: ...` a clause below `duties:`.")
    clauses = [_clause(item, problems) for item in (node.items if isinstance(node, Items) else ())]
    hearings = tuple(_hearing(item, problems) for item in _listed(top, "hears"))
    closings = tuple(_closing(item, problems) for item in _listed(top, "closes"))
    excused_by = top.words("excused_by") if top else ()
    if top is not None:
        top.finish()
    names = [clause.name for clause in clauses]
    for clause in clauses:
        if names.count(clause.name) > 1:
            problems.add(clause.line, f"clause {clause.name!r} is written twice", "Number each clause once.")
        if sections and clause.section not in sections:
            problems.add(clause.line, f"clause {clause.name!r} is of section {clause.section!r}, which is none", "Name one under `sections`.")
    for hearing in hearings:
        if hearing.rests_on not in names:
            problems.add(hearing.line, f"`hears` rests on clause {hearing.rests_on!r}, which is none", "Name a clause of this file.")
    return Policy(tuple(clauses), sections, hearings, closings, excused_by)


def _listed(top: Block | None, key: str) -> tuple[Node, ...]:
    node = top.node(key) if top else None
    if top and node is not None and not isinstance(node, Items):
        top.problems.add(node.line, f"`{key}` is no list", f"Write one `- {{...}}` a line below `{key}:`.")
    return node.items if isinstance(node, Items) else ()


def _hearing(node: Node, problems: Problems) -> Hearing:
    keys = Block(node, problems, "`hears`")
    found = Hearing(
        rests_on=keys.text("clause", 'Write `clause: "3.22"`, the clause that asks it.'),
        of=keys.one_of("of", HEARD_OF, HEARD_OF[0]),
        who=keys.words("who", "Write `who:` and the roles that hear of it; `nobody` if need be."),
        by=keys.words("by"),
        within=keys.words("in"),
        at=tuple(_places(keys, "at")),
        apart_from=_reasons(keys),
        opens=keys.words("opens"),
        line=keys.line,
    )
    keys.finish()
    return found


def _places(outer: Block, key: str) -> Iterator[str]:
    node = outer.node(key)
    for item in node.items if isinstance(node, Items) else () if node is None else (node,):
        if isinstance(item, Text) and PLACE.fullmatch(item.value):
            yield item.value
        else:
            outer.problems.add(item.line, f"`{key}` holds {described(item)}", "Write `process.step`.")


def _reasons(outer: Block) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, node, line in outer.each("except"):
        if not PLACE.fullmatch(name) or not isinstance(node, Text) or not node.value.strip():
            outer.problems.add(line, f"`except` has {name[:60]!r} without a place or a reason", "Write `process.step: why nobody is told`.")
        else:
            found[name] = " ".join(node.value.split())
    return found


def _closing(node: Node, problems: Problems) -> Closing:
    keys = Block(node, problems, "`closes`")
    found = Closing(
        name=keys.name("name", "Write `name:` of the interrupt or the end."),
        says=keys.text("says", "Write `says:` and what it means, in our own words."),
        processes=keys.words("in", "Write `in:` and the processes that may close so."),
        by=keys.words("by"),
        told=keys.words("told"),
        line=keys.line,
        after=condition_under(keys, "after"),
    )
    keys.finish()
    return found


def _sections(top: Block) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, node, line in top.each("sections"):
        if not number.isdecimal() or not isinstance(node, Text) or not node.value.strip():
            top.problems.add(line, f"{number[:60]!r} is no section with a title", "Write `14: Reviewing EHC plans`.")
        else:
            found[number] = " ".join(node.value.split())
    return found


def _clause(node: Node, problems: Problems) -> Clause:
    keys = Block(node, problems, "a clause")
    steps = keys.node("steps")
    clause = Clause(
        name=keys.text("clause", 'Write `clause: "14.1"`, our numbering.'),
        section=keys.text("section", "Write `section:` and its number in the policy."),
        says=keys.text("says", "Write `says:` and what it asks, in our own words."),
        steps=tuple(read_carried(item, problems) for item in (steps.items if isinstance(steps, Items) else () if steps is None else (steps,))),
        no_step=keys.text("no_step"),
        standing=keys.text("standing"),
        line=keys.line,
    )
    told = [key for key in ("steps", "no_step", "standing") if getattr(clause, key)]
    if len(told) != 1:
        problems.add(
            keys.line,
            f"clause {clause.name!r} has {' and '.join(f'`{key}`' for key in told) or 'none of `steps`, `no_step` and `standing`'}",
            "Write one of them: the steps that carry it, why none does, or why it asks for no act.",
        )
    keys.finish()
    return clause
