"""What `sendflow check` says of one mutant: the ring that catches it first, in the order of the rings, or none.

The same rings as `rules.check.check` and `notifications.template_check.check_templates`, in this process, and only as many as are needed: the
cheap ones first, and the walks (E, T) not where nothing that they read has changed. A test holds it equal to the whole check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from notifications.render import TEMPLATES
from notifications.template_check import OwedText, owed_texts
from rules.check.authorities import authorities_ring
from rules.check.duties import duties_ring
from rules.check.examples import examples_ring
from rules.check.explored import breaks, walk_corrected, walk_plain
from rules.check.schema import schema_ring
from rules.check.timed import breaks_in_time
from rules.definition import Definition
from rules.explore import Graph
from rules.library import Library
from rules.loader import DefinitionErrors, load_library, parse_definition
from rules.register_types import Registers
from tests.mutants.same_histories import alike, differ_in_conditions_alone, steers
from tests.mutants.trees import Mutant

RINGS = {
    "L": "the loader: schema and names",
    "S": "schema and names together",
    "R": "authorities.yaml",
    "P": "duties.yaml",
    "M": "the texts of the messages",
    "E": "every history",
    "T": "time",
    "X": "the examples, folded by hand",
}
SURVIVED = "-"


@lru_cache(maxsize=1)
def shipped() -> Library:
    """The library as it ships, read once."""
    return load_library()


def judge(mutant: Mutant, rings: str = "".join(RINGS)) -> str:
    """The first of these rings that catches the mutant, or SURVIVED. Raises if a ring itself fails: that is a fault of the check."""
    try:
        library, changed, old = with_mutant(shipped(), mutant)
    except DefinitionErrors:
        return "L"
    same = steers(changed) == steers(old)
    asked: dict[str, Callable[[], bool]] = {
        "S": lambda: bool(schema_ring(library)),
        "R": lambda: bool(authorities_ring(library)),
        "P": lambda: bool(duties_ring(library)),
        "M": lambda: any(letters_wrong(library, changed)),
        "E": lambda: not same and breaks(changed, library),
        "T": lambda: not same and breaks_in_time(changed),
        "X": lambda: bool(examples_ring(changed)),
    }
    return next((ring for ring in rings if ring in asked and asked[ring]()), SURVIVED)


def changes_nothing(mutant: Mutant) -> bool:
    """Whether a mutant that nobody caught is proved to change nothing: walked beside the shipped definition, every history of both is alike."""
    library, changed, old = with_mutant(shipped(), mutant)
    if not differ_in_conditions_alone(changed, old):
        return False
    return alike([*walk_plain(changed, library), walk_corrected(changed, library)], _walks_of(mutant.file))


@lru_cache(maxsize=2)
def _walks_of(file: str) -> list[Graph]:
    old = next(one for one in shipped().all() if one.file == file)
    return [*walk_plain(old, shipped()), walk_corrected(old, shipped())]


def with_mutant(library: Library, mutant: Mutant) -> tuple[Library, Definition, Definition]:
    """The library with the mutant in its place, the mutant, and what it was. Raises DefinitionErrors if the mutant cannot be read."""
    old = next(one for one in library.all() if one.file == mutant.file)
    ends = {**library.registers.case_ends, old.process: tuple(mutant.tree.get("ends") or {})}
    registers: Registers = replace(library.registers, case_ends=ends)
    changed = parse_definition(mutant.text, mutant.file, registers)
    return Library.of([changed if one is old else one for one in library.all()], registers), changed, old


@lru_cache(maxsize=1)
def _letters() -> dict[str, str]:
    """Every template's text by its name, read once."""
    return {str(path.relative_to(TEMPLATES)).removesuffix(".j2"): path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.j2")}


def letters_wrong(library: Library, definition: Definition) -> Iterator[str]:
    """What `check_templates` would say of this definition's messages: one without a text, a text without a message, a word of the law left out."""
    owed = [text for one in library.definitions[definition.process] for text in owed_texts(one)]
    yield from (text.template for text in owed if (name := _text_of(text)) is None or any(word not in _letters()[name] for word in text.contains))
    wanted = {name for text in owed for name in (text.template, f"{text.template}.{text.role}")}
    yield from (name for name in _letters() if name.split("/")[0] == definition.process and name not in wanted)
    yield from _unknown_facts(library, definition)


def _text_of(text: OwedText) -> str | None:
    return next((name for name in (f"{text.template}.{text.role}", text.template) if name in _letters()), None)


def _unknown_facts(library: Library, definition: Definition) -> Iterator[str]:
    known = {fact for one in library.definitions[definition.process] for fact in one.facts}
    yield from (name for name, facts in _facts_of_letters().items() if name.split("/")[0] == definition.process and facts - known)


@lru_cache(maxsize=1)
def _facts_of_letters() -> dict[str, frozenset[str]]:
    from jinja2 import nodes

    from notifications.render import environment

    found: dict[str, frozenset[str]] = {}
    for name, source in _letters().items():
        asked = (n for n in environment().parse(source).find_all(nodes.Getattr) if isinstance(n.node, nodes.Name) and n.node.name == "facts")
        found[name] = frozenset(n.attr for n in asked)
    return found
