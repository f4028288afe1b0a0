"""Reads YAML as text with line numbers: no types, no anchors, no aliases, no tags, no doubled keys, no surprises.

YAML's own rules would turn `no` into false and 2026-01-01 into a date; here every scalar stays the file's words until the schema says what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

import yaml

from rules.problems import Problems

LARGEST_FILE = 512 * 1024
DEEPEST = 24
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events; libyaml reads a large file in time


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, as written."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Keys:
    """A mapping; `lines` gives the line of each key."""

    entries: dict[str, Node]
    line: int
    lines: dict[str, int] = field(default_factory=dict)


Node: TypeAlias = Text | Items | Keys


class _Unreadable(Exception):
    """Stops the reading of a file; the fault has been noted already."""


def read_yaml(text: str, problems: Problems) -> Keys | None:
    """The file's mapping, or None after noting why it cannot be read. Never raises for bad input, and never expands anything."""
    if len(text.encode("utf-8", "replace")) > LARGEST_FILE:
        problems.add(1, f"the file is larger than {LARGEST_FILE // 1024} kB", "Split it, or remove what does not belong in a definition.")
        return None
    try:
        return _Reader(text, problems).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable character"
        problems.add(line, f"not YAML: {what}", "Mend the indentation, bracket, quote or character there; put text with ': ' or brackets in quotes.")
    except (ValueError, OverflowError) as error:  # an escape such as \U99999999 names no character
        problems.add(1, f"not YAML: {error}", "Remove the escape that names no character.")
    except _Unreadable:
        pass
    return None


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


class _Reader:
    """Builds nodes from PyYAML's events, refusing what could surprise as soon as it is seen."""

    def __init__(self, text: str, problems: Problems) -> None:
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=LOADER)
        self.problems = problems

    def document(self) -> Keys | None:
        next(self.events)  # the stream begins
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.problems.add(1, "the file is empty", "Begin with `process:` or the register's name.")
            return None
        first = next(self.events)
        node = self.node(first, 0)
        next(self.events)  # the document ends
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.refuse(after, "a second document (`---`) begins", "Keep one document a file.")
        if not isinstance(node, Keys):
            self.problems.add(node.line, "the file is not a mapping of keys", "Begin with `process: name` or the register's name.")
            return None
        return node

    def refuse(self, event: yaml.Event, message: str, cure: str) -> NoReturn:
        self.problems.add(_line(event), message, cure)
        raise _Unreadable

    def node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"an alias (*{event.anchor}) is read", "Write the words out; aliases and anchors are not allowed.")
        if getattr(event, "anchor", None):
            self.refuse(event, f"an anchor (&{event.anchor}) is read", "Remove it; aliases and anchors are not allowed.")  # type: ignore[attr-defined]
        if getattr(event, "tag", None):
            self.refuse(event, f"a tag ({event.tag}) is read", "Remove it; every value is plain text here.")  # type: ignore[attr-defined]
        if depth > DEEPEST:
            self.refuse(event, f"nested more than {DEEPEST} deep", "Flatten it; no key of the language needs this.")
        if isinstance(event, yaml.ScalarEvent):
            return Text(event.value, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.items(line, depth)
        return self.keys(line, depth)

    def items(self, line: int, depth: int) -> Items:
        found: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.node(event, depth + 1))
        return Items(tuple(found), line)

    def keys(self, line: int, depth: int) -> Keys:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, Text):
                self.refuse(event, "a list or mapping stands where a key should", "Write a plain word before the colon.")
            value = self.node(next(self.events), depth + 1)
            if key.value in entries:
                cure = f"Keep one; the first is on line {lines[key.value]}."
                self.problems.add(key.line, f"the key {key.value!r} is written twice", cure)
                continue
            entries[key.value] = value
            lines[key.value] = key.line
        return Keys(entries, line, lines)
