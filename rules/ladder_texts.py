"""The text of a ladder: its rungs, in `ladders.yaml` or by itself."""

from __future__ import annotations

from rules.periods import parse_rung
from rules.problems import Problems
from rules.roles_and_ladders import Ladder, Rung
from rules.schema import Block, readable
from rules.yaml_lines import Items, Keys, read_yaml

SEVERITIES = ("reminder", "due", "late", "breach")


def read_rungs(text: str, name: str, problems: Problems) -> Ladder:
    """One ladder by itself: `rungs:` as in `ladders.yaml`, and a `title:` if it has one. Problems are noted."""
    top = read_yaml(text, problems)
    keys = Block(top if top is not None else Keys({}, 1), problems, f"ladder `{name}`")
    keys.text("title")
    found = Ladder(name, rungs_of(keys) if top is not None else ())
    keys.finish()
    return found


def rungs_of(ladder: Block) -> tuple[Rung, ...]:
    """The rungs under a ladder's `rungs:`."""
    node = ladder.node("rungs", "Write `rungs:` and a list of `{when, tells, severity, template}`.")
    found: list[Rung] = []
    for item in node.items if isinstance(node, Items) else ():
        keys = Block(item, ladder.problems, "a rung")
        when = keys.text("when", "Write `when: on`, `1 week before` or `3 days after`.")
        readable(when, parse_rung, ladder.problems, keys.line_of("when"))
        found.append(
            Rung(
                when,
                keys.name("tells", "Write `tells:` and a role, or `owner`."),
                keys.one_of("severity", SEVERITIES, "reminder"),
                keys.name("template"),
            )
        )
        keys.finish()
    if not found:
        ladder.problems.add(ladder.line, f"{ladder.what} has no rungs", "Write `rungs:` and a list of `{when, tells, severity, template}`.")
    return tuple(found)
