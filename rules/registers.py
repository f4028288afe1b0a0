"""Reads `authorities.yaml`, `ladders.yaml`, `roles.yaml`; `rules/register_duties.py` reads the fourth register (`docs/definitions.md` section 5)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Literal

from rules.condition_text import read_fact_test
from rules.counting import COUNTINGS, counting_named
from rules.definition import Counting, DatedBy, Ladder, Right, Role
from rules.ladder_texts import rungs_of
from rules.periods import parse_rule
from rules.problems import Problems, nearest
from rules.register_steps import read_carried, top_of
from rules.register_types import Citation, CitedOutcome, CitedTotal
from rules.schema import Block, check_name, check_new_name, read_words, readable
from rules.schema_steps import read_due
from rules.yaml_lines import Items, Keys, Node, Text

BOUND = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.(no_sooner|no_later|until)")
MOST_ALIKE = 20  # roles told by one entry
SOURCE_CURE = "Write where it can be read: `source:` and an address, `read: R` (at its source), `r` (in a page that quotes it) or `M` (from memory)."


def read_roles(text: str, problems: Problems) -> dict[str, Role]:
    """`roles.yaml`. Problems are noted; what could be read is returned. A role told with `many: 8` is eight, `NAME_1` to `NAME_8`."""
    top = top_of(text, problems, "roles")
    roles: dict[str, Role] = {}
    for name, node, line in top.each("roles", "Write `roles:` and below it one `name:` a role.") if top else ():
        if check_new_name(name, problems, line):
            roles |= {role.name: role for role in _roles(name, Block(node, problems, f"role `{name}`"))}
    _finish(top)
    for role in roles.values():
        for other in (*role.recorded_by, *((role.passes_to,) if role.passes_to else ())):
            if other not in roles and top is not None:
                problems.add(top.line, f"role `{role.name}` names `{other}`, which is no role", f"Write one of: {', '.join(roles)}.")
    return roles


def _roles(name: str, keys: Block) -> list[Role]:
    ours = keys.yes("ours", "Write `ours: yes` if the trust owes what this role does, else `ours: no`.")
    reached: Literal["inbox", "link"] = "link" if keys.one_of("reached_by", ("inbox", "link"), "inbox") == "link" else "inbox"
    title = keys.text("title", "Write `title:` and what people call this role.")
    one = Role(name, title, ours, reached, keys.words("recorded_by"), keys.name("passes_to"))
    many = keys.number("many")
    keys.finish()
    if many and (many > MOST_ALIKE or "{number}" not in title):
        keys.problems.add(
            keys.line_of("many"), f"`many: {many}` with the title {title!r}", f"At most {MOST_ALIKE}; and write {{number}} into the title."
        )
        return []
    return [replace(one, name=f"{name}_{n}", title=title.replace("{number}", str(n)), one_of=name) for n in range(1, many + 1)] or [one]


def read_ladders(text: str, problems: Problems) -> dict[str, Ladder]:
    """`ladders.yaml`."""
    top = top_of(text, problems, "ladders")
    ladders: dict[str, Ladder] = {}
    for name, node, line in top.each("ladders", "Write `ladders:` and below it one `name:` a ladder.") if top else ():
        if check_new_name(name, problems, line):
            keys = Block(node, problems, f"ladder `{name}`")
            keys.text("title")
            ladders[name] = Ladder(name, rungs_of(keys))
            keys.finish()
    _finish(top)
    return ladders


def read_authorities(text: str, problems: Problems) -> tuple[dict[str, Citation], dict[str, Right]]:
    """`authorities.yaml`: citations by the words in which steps cite them, and rights by name."""
    top = top_of(text, problems, "authorities")
    if top is None:
        return {}, {}
    citations = {name: _citation(name, node, line, problems) for name, node, line in top.each("authorities", "Write `authorities:`.")}
    rights = {name: _right(name, node, problems) for name, node, line in top.each("rights") if check_new_name(name, problems, line)}
    top.finish()
    return citations, rights


def _citation(name: str, node: Node, line: int, problems: Problems) -> Citation:
    keys = Block(node, problems, f"authority `{name}`")
    keys.line = line
    since, until = _in_force(keys)
    applies, rule = keys.node("applies"), keys.node("rule")
    processes = keys.words("processes")
    keys.node("processes", "Write the processes in which a step must carry it; `processes: []` if no shipped one does.")
    citation = Citation(
        name=name,
        title=keys.text("title", "Write `title:` and what it is about."),
        instrument=keys.text("instrument"),
        in_force_from=since,
        in_force_until=until,
        source=keys.text("source", SOURCE_CURE),
        quote=keys.text("quote"),
        read=keys.one_of("read", ("R", "r", "M")),
        processes=processes,
        owed_by=keys.words("owed_by"),
        period=keys.text("period"),
        starts=keys.name("starts"),
        rule=() if rule is None else _rule(rule, problems, keys.line_of("rule")),
        counting=_counting(keys),
        applies=None if applies is None else read_fact_test(applies, problems),
        each=keys.name("each"),
        records=keys.words("records"),
        not_before=keys.rule("not_before"),
        tells=keys.words("tells"),
        right=keys.name("right"),
        outcomes=_cited_outcomes(keys),
        contains=_meanings(keys, "contains"),
        exceptions=_meanings(keys, "exceptions"),
        totals=_totals(keys),
        parties={name: read_words(child, problems, f"`{name}`") for name, child, _ in keys.each("parties")},
        steps=tuple(read_carried(item, problems, required=False) for item in _items(keys.node("steps"))),
        bounds=_bounds(keys),
        line=line,
    )
    _check_period(citation, keys)
    keys.finish()
    return citation


def _in_force(keys: Block) -> tuple[date | None, date | None]:
    block = keys.block("in_force", "`in_force`", "Write `in_force: {from: 2014-09-01}`.")
    if block is None:
        return None, None
    since, until = block.day("from"), block.day("until")
    block.finish()
    return since, until


def _rule(node: Node, problems: Problems, line: int) -> tuple[DatedBy, ...]:
    """A register's rule; in its `if`s every name is a fact unless the value tests an outcome of a step that ends the citation's process."""
    names = frozenset(key for item in (node.items if isinstance(node, Items) else ()) for key in _if_keys(item))
    return read_due(node, problems, line, names)


def _if_keys(item: Node) -> tuple[str, ...]:
    test = item.entries.get("if") if isinstance(item, Keys) else None
    return tuple(test.entries) if isinstance(test, Keys) else ()


def _check_period(citation: Citation, keys: Block) -> None:
    problems = keys.problems
    if bool(citation.period) != bool(citation.starts):
        problems.add(keys.line, f"{keys.what} has only one of `period` and `starts`", "Write both, or a whole `rule`.")
    elif citation.period and citation.rule:
        problems.add(keys.line, f"{keys.what} has both `period` and `rule`", "Keep one.")
    elif citation.period:
        readable(f"{citation.period} {citation.starts}", parse_rule, problems, keys.line_of("period"))
    if not keys.has("read"):
        problems.add(keys.line, f"{keys.what} has no `read`", SOURCE_CURE)


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else () if node is None else (node,)


def _bounds(outer: Block) -> dict[str, str]:
    """`bounds: {annual_review.meeting_on.no_later: RULE}`: days of law that no step is due by."""
    found: dict[str, str] = {}
    for place, node, line in outer.each("bounds"):
        rule = " ".join(node.value.split()) if isinstance(node, Text) else ""
        if not BOUND.fullmatch(place) or not readable(rule, parse_rule, outer.problems, line) or not rule:
            outer.problems.add(
                line,
                f"`bounds` has {place[:60]!r} without a rule",
                "Write `process.fact.no_later: RULE`, `process.fact.no_sooner` or `process.warning.until`.",
            )
        else:
            found[place] = rule
    return found


def _counting(outer: Block) -> Counting:
    """`counting: tribunal appeal`: one of the conventions of `rules/counting.py`, by name."""
    name = outer.text("counting")
    try:
        return counting_named(name)
    except ValueError:
        outer.problems.add(outer.line_of("counting"), f"`counting: {name[:60]}` is no convention", nearest(name, COUNTINGS))
        return Counting()


def _cited_outcomes(outer: Block) -> dict[str, CitedOutcome]:
    found: dict[str, CitedOutcome] = {}
    for name, node, line in outer.each("outcomes"):
        if isinstance(node, Text) and not node.value:
            node = Keys({}, line)
        keys = Block(node, outer.problems, f"outcome `{name}`")
        found[name] = CitedOutcome(name, keys.words("tells"), keys.name("right"), keys.words("records"), _meanings(keys, "contains"))
        keys.finish()
    return found


def _meanings(outer: Block, key: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, node, line in outer.each(key):
        if not isinstance(node, Text) or not node.value.strip():
            outer.problems.add(line, f"`{key}` gives `{name}` no words", f"Write `{name}: what it means`.")
        elif check_name(name, outer.problems, line):
            found[name] = " ".join(node.value.split())
    return found


def _totals(outer: Block) -> tuple[CitedTotal, ...]:
    node = outer.node("total")
    if node is None:
        return ()
    found: list[CitedTotal] = []
    for item in node.items if isinstance(node, Items) else (node,):
        keys = Block(item, outer.problems, "`total`")
        cure = "Write `total: {from: FACT, to: STEP, within: PERIOD}`."
        found.append(CitedTotal(keys.name("from", cure), keys.name("to", cure), keys.text("within", cure)))
        keys.finish()
    return tuple(found)


def _right(name: str, node: Node, problems: Problems) -> Right:
    keys = Block(node, problems, f"right `{name}`")
    keys.text("quote"), keys.text("source"), keys.one_of("read", ("R", "r", "M"))
    law = keys.text("law", "Write `law:` and the citation that gives the last day.")
    last_day = keys.rule("last_day", "Write `last_day:` and a rule, such as `2 months after decision_on`.")
    text = keys.text("text", "Write `text:` and the words that must stand in the notice.")
    right = Right(name, law, last_day, text, _counting(keys))
    keys.finish()
    return right


def _finish(top: Block | None) -> None:
    if top is not None:
        top.finish()
