"""Takes typed values out of YAML nodes: every wrong, missing, unknown or doubled key becomes a Problem with line and cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

from rules.periods import RuleError, parse_period, parse_rule
from rules.problems import Problems, nearest
from rules.yaml_lines import Items, Keys, Node, Text

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
LONGEST_TEXT = 2000
MOST_ENTRIES = 400
READS_AS_WORD = frozenset("opening settled all any some party nobody owner software done does_not_apply not_needed interrupted".split())
T = TypeVar("T")


def described(node: Node) -> str:
    """What was read, in a few words, for a message."""
    if isinstance(node, Text):
        return f"{node.value[:60]!r}" if node.value else "nothing"
    return f"a list of {len(node.items)}" if isinstance(node, Items) else "a mapping (" + ", ".join(list(node.entries)[:4]) + ")"


class Block:
    """One mapping being read. Each method takes a key away; `finish` reports what is left. Missing or wrong values come back empty."""

    def __init__(self, node: Node, problems: Problems, what: str) -> None:
        self.problems = problems
        self.what = what
        self.line = node.line
        self.taken: set[str] = set()
        self.known: set[str] = set()
        self.keys = node if isinstance(node, Keys) else Keys({}, node.line)
        if not isinstance(node, Keys):
            problems.add(node.line, f"{what} is {described(node)}", "Write a mapping of keys, `{key: value}`.")

    def line_of(self, key: str) -> int:
        """The line of a key, or of the block if the key is not there."""
        return self.keys.lines.get(key, self.line)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        self.known.add(key)
        return key in self.keys.entries

    def node(self, key: str, cure: str = "") -> Node | None:
        """The raw node under a key. With a `cure` the key is required."""
        self.known.add(key)
        self.taken.add(key)
        found = self.keys.entries.get(key)
        if found is None and cure:
            self.problems.add(self.line, f"{self.what} has no `{key}`", cure)
        return found

    def text(self, key: str, cure: str = "") -> str:
        """A scalar, on one or more lines, spaces tidied. Empty if absent."""
        node = self.node(key, cure)
        if node is None:
            return ""
        if isinstance(node, Items) and len(node.items) == 1:
            node = node.items[0]
        if not isinstance(node, Text) or not node.value.strip():
            self.problems.add(self.line_of(key), f"`{key}` is {described(node)}", cure or f"Write text after `{key}:`.")
            return ""
        if len(node.value) > LONGEST_TEXT or not node.value.replace("\n", " ").isprintable():
            self.problems.add(
                self.line_of(key), f"`{key}` is longer than {LONGEST_TEXT} letters or holds unprintable ones", "Shorten it, or type it anew."
            )
            return ""
        return " ".join(node.value.split())

    def name(self, key: str, cure: str = "") -> str:
        """A name of the language: lower case, digits, `_`."""
        word = self.text(key, cure)
        return word if not word or check_name(word, self.problems, self.line_of(key)) else ""

    def one_of(self, key: str, words: tuple[str, ...], default: str = "") -> str:
        """One of a few words."""
        word = self.text(key)
        if word and word not in words:
            self.problems.add(self.line_of(key), f"`{key}: {word}` is not known", nearest(word, words))
            return default
        return word or default

    def yes(self, key: str, cure: str = "") -> bool:
        """`yes` or `no` (`true`, `false` too); absent is no."""
        word = self.text(key, cure)
        if word and word not in ("yes", "no", "true", "false"):
            self.problems.add(self.line_of(key), f"`{key}: {word}` is neither yes nor no", "Write yes or no.")
        return word in ("yes", "true")

    def number(self, key: str) -> int:
        """A whole number, 0 if absent."""
        word = self.text(key)
        if word and not re.fullmatch(r"[0-9]{1,9}", word):
            self.problems.add(self.line_of(key), f"`{key}: {word}` is no whole number", "Write digits only.")
            return 0
        return int(word or "0")

    def day(self, key: str) -> date | None:
        """A calendar date as `2027-09-01`."""
        word = self.text(key)
        return read_day(word, self.problems, self.line_of(key)) if word else None

    def words(self, key: str, cure: str = "") -> tuple[str, ...]:
        """A word, or a list of them; empty if absent. A word written twice is reported."""
        node = self.node(key, cure)
        return () if node is None else read_words(node, self.problems, f"`{key}`")

    def rule(self, key: str, cure: str = "") -> str:
        """A date rule, checked to be readable; kept as its text."""
        text = self.text(key, cure)
        return text if readable(text, parse_rule, self.problems, self.line_of(key)) else ""

    def period(self, key: str, cure: str = "") -> str:
        """A bare period such as `6 weeks`; kept as its text."""
        text = self.text(key, cure)
        return text if readable(text, parse_period, self.problems, self.line_of(key)) else ""

    def block(self, key: str, what: str, cure: str = "") -> Block | None:
        """The mapping under a key."""
        node = self.node(key, cure)
        return None if node is None else Block(node, self.problems, what)

    def each(self, key: str, cure: str = "") -> Iterator[tuple[str, Node, int]]:
        """Name, node and line of each entry of the mapping under a key; names are checked."""
        node = self.node(key, cure)
        if node is None:
            return
        if not isinstance(node, Keys):
            if not (isinstance(node, Items) and not node.items):
                self.problems.add(self.line_of(key), f"`{key}` is {described(node)}", f"Write `{key}:` and below it one `name: ...` a line.")
            return
        if len(node.entries) > MOST_ENTRIES:
            self.problems.add(self.line_of(key), f"`{key}` holds {len(node.entries)} entries", f"Keep at most {MOST_ENTRIES}; no law needs more.")
            return
        for name, child in node.entries.items():
            yield name, child, node.lines[name]

    def finish(self) -> None:
        """Report the keys that nobody asked for."""
        for key in self.keys.entries:
            if key not in self.taken:
                self.problems.add(self.line_of(key), f"{self.what} has an unknown key `{key}`", nearest(key, self.known, "a key of these"))


def check_name(word: str, problems: Problems, line: int) -> bool:
    """Whether the word is a name; a Problem if not."""
    if NAME.match(word):
        return True
    tidy = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
    cure = f"Write {tidy!r}." if NAME.match(tidy) else "Write lower-case letters, digits and _, a letter first, 60 at most."
    problems.add(line, f"{word[:60]!r} is not a name", cure)
    return False


def check_new_name(word: str, problems: Problems, line: int) -> bool:
    """As `check_name`, and refuses the words that the language keeps for itself."""
    if not check_name(word, problems, line):
        return False
    if word in READS_AS_WORD:
        problems.add(line, f"{word!r} is a word of the language", "Choose another name.")
        return False
    return True


def read_day(word: str, problems: Problems, line: int) -> date | None:
    """An ISO date, or a Problem."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
            return date.fromisoformat(word)
    except ValueError:
        pass
    problems.add(line, f"{word[:40]!r} is no date", "Write year-month-day, such as 2027-09-01.")
    return None


def read_words(node: Node, problems: Problems, what: str) -> tuple[str, ...]:
    """A scalar or a list of scalars as words; wrong ones are reported and left out."""
    found: list[str] = []
    for item in node.items if isinstance(node, Items) else (node,):
        if not isinstance(item, Text) or not item.value.strip():
            problems.add(item.line, f"{what} holds {described(item)}", "Write a word, or a list of words.")
        elif item.value.strip() in found:
            problems.add(item.line, f"{what} names {item.value.strip()!r} twice", "Keep one.")
        else:
            found.append(" ".join(item.value.split()))
    return tuple(found)


def readable(text: str, parse: Callable[[str], T], problems: Problems, line: int) -> bool:
    """Whether a rule or period parses; its error becomes a Problem. Empty text is not readable and not reported."""
    if not text:
        return False
    try:
        parse(text)
    except RuleError as error:
        problems.add(line, f"{text[:80]!r} is no {'period' if parse is parse_period else 'rule'}: {error.problem}", f"{error.cure.rstrip('.')}.")
        return False
    return True
