"""What stands in each node of a drawing, in lines that fit, and so how large the node is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from rules.condition_words import fact_words
from rules.definition import Definition
from rules.drawing.graph import Graph, Node
from rules.drawing.standing import Standing
from rules.explain import words_of
from rules.step_words import dates_in_words, sentence, target_in_words, whose
from rules.timeline import titles_of

Weight = Literal["plain", "bold", "small"]
BOX, PADDING, ROUND = 190.0, 9.0, 30.0
SIZE: Mapping[Weight, float] = {"plain": 13.0, "bold": 12.0, "small": 11.0}
LEADING = 1.28
NARROW, WIDE = "iIjl.,:;'|!()[] ft“”", "mwMW"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a node's text."""

    text: str
    weight: Weight = "plain"

    @property
    def height(self) -> float:
        """How much room it takes."""
        return SIZE[self.weight] * LEADING


@dataclass(frozen=True, slots=True)
class Label:
    """The text of a node and the node's size. For a start or end the text stands outside its circle."""

    lines: tuple[Line, ...]
    width: float
    height: float


def labels(definition: Definition, graph: Graph, standing: Standing | None = None) -> dict[str, Label]:
    """The label of every node; with `standing` a step tells where it is instead of the rule of its date."""
    titles = titles_of(definition)
    return {name: _label(definition, node, titles, standing) for name, node in graph.nodes.items()}


def _label(definition: Definition, node: Node, titles: Mapping[str, str], standing: Standing | None) -> Label:
    if node.kind in ("all", "any"):
        return Label((), ROUND, ROUND)
    if node.kind == "word":
        return _pill(_word_title(definition, node))
    if node.kind in ("start", "end"):
        title = "Opening" if node.kind == "start" else sentence(definition.ends[node.of].title or words_of(node.of))
        lines = _wrapped(title, "bold", 130.0)
        return Label(lines, max(ROUND, *(_width(line) for line in lines)), ROUND + 4 + sum(line.height for line in lines))
    lines = tuple(_in_the_box(definition, node, titles, standing))
    return Label(lines, BOX, 2 * PADDING + sum(line.height for line in lines))


def _in_the_box(definition: Definition, node: Node, titles: Mapping[str, str], standing: Standing | None) -> Iterable[Line]:
    if node.kind == "opens":
        yield from _wrapped("Opens another case", "bold")
        yield from _wrapped(sentence(words_of(node.of)))
        return
    step = definition.steps[node.of]
    yield from _wrapped(sentence(whose(definition, step)), "bold")
    yield from _wrapped(titles[step.name])
    mark = standing.steps.get(step.name) if standing else None
    if mark is not None:
        yield from _wrapped(mark.words, "small")
    if step.only_if is not None and (mark is None or mark.state == "waiting"):
        yield from _wrapped(f"Only if {fact_words(step.only_if, {})}", "small")
    if mark is None or mark.state == "waiting":
        dates = dates_in_words(step, titles)
        for words in dates:
            yield from _wrapped(f"Law: {words}", "small")
        if not dates and step.target:
            yield from _wrapped(f"Our own date: {target_in_words(step, titles)}", "small")


def _word_title(definition: Definition, node: Node) -> str:
    outcomes = definition.steps[node.of].outcomes
    return " or ".join((outcomes[word].title if word in outcomes else "") or word.replace("_", " ") for word in node.words)


def _pill(title: str) -> Label:
    lines = _wrapped(title, "bold", 150.0)
    return Label(lines, max(_width(line) for line in lines) + 24, sum(line.height for line in lines) + 8)


def _wrapped(text: str, weight: Weight = "plain", width: float = BOX - 2 * PADDING) -> tuple[Line, ...]:
    """The text in lines that are no wider."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(Line(longer, weight)) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(Line(line, weight) for line in lines)


def _width(line: Line) -> float:
    """How wide a line is, at most, in the usual sans-serif letters."""
    ems = sum(0.34 if letter in NARROW else 0.88 if letter in WIDE else 0.69 if letter.isupper() else 0.58 for letter in line.text)
    return ems * SIZE[line.weight] * (1.12 if line.weight == "bold" else 1.0)
