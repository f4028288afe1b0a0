"""A drawing: the graph of a definition with its texts, where everything stands, and for a case how it stands. The door to this folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules.definition import Definition
from rules.drawing.graph import Graph, Node, graph_of
from rules.drawing.layout import Layout, layout_of
from rules.drawing.standing import Standing, standing_of
from rules.drawing.texts import Label, labels
from rules.position_types import Position
from rules.timeline import titles_of


@dataclass(frozen=True)
class Drawing:
    """All that SVG and BPMN are written from. `name` is an XML name; `title` and `told` say in words what the picture shows."""

    name: str
    title: str
    told: str
    definition: Definition
    graph: Graph
    labels: Mapping[str, Label]
    layout: Layout
    standing: Standing | None = None

    def look(self, node: Node) -> str:
        """How a node is to look: by its state in a case, else by whose it is."""
        if self.standing is None:
            return self._owner(node)
        if node.kind == "step":
            return self.standing.steps[node.of].state if node.of in self.standing.steps else "waiting"
        here = any(arrow.target == node.name and not arrow.back for arrow in self.standing.gone)
        return "done" if node.kind == "start" or here else "waiting"

    def _owner(self, node: Node) -> str:
        if node.kind != "step":
            return "ours"
        step = self.definition.steps[node.of]
        if not step.by:
            return "software"
        role = self.definition.roles.get(step.by)
        return "ours" if role is not None and role.ours else "outside"

    def is_for_each(self, node: Node) -> bool:
        """Whether the node is a step that each of several parties has."""
        step = self.definition.steps[node.of]
        return bool(step.each or step.each_of_fact)


def draw_process(definition: Definition) -> Drawing:
    """The drawing of a process: who, what, by when, and what leads to what."""
    graph = graph_of(definition)
    texts = labels(definition, graph)
    told = f"{len(definition.steps)} steps from the opening down to {len(definition.ends)} ends. Every step is told in words beside this drawing."
    layout = layout_of(graph, {name: (label.width, label.height) for name, label in texts.items()})
    return Drawing(definition.process, definition.title, told, definition, graph, texts, layout)


def draw_case(definition: Definition, ref: str, position: Position, today: date) -> Drawing:
    """The drawing of a case on `today`: the way it has come, where it stands, what is late. It holds no name and nothing personal."""
    graph = graph_of(definition)
    standing = standing_of(definition, graph, position, today)
    texts = labels(definition, graph, standing)
    layout = layout_of(graph, {name: (label.width, label.height) for name, label in texts.items()})
    name = "case_" + "".join(letter if letter.isalnum() else "_" for letter in ref)
    return Drawing(name, f"{ref}: {definition.title}", told_of(definition, standing), definition, graph, texts, layout, standing)


def told_of(definition: Definition, standing: Standing) -> str:
    """What the drawing of a case shows, in words: what is late, what is open, what is done."""
    titles = titles_of(definition)
    parts = []
    for state, words in (("late", "Late"), ("open", "Now"), ("done", "Done")):
        named = [titles[name] for name, mark in standing.steps.items() if mark.state == state]
        if named:
            parts.append(f"{words}: {'; '.join(named)}.")
    if standing.ended:
        end = definition.ends.get(standing.ended)
        parts.insert(0, f"Ended: {(end.title if end else '') or standing.ended.replace('_', ' ')}.")
    return " ".join(parts) or "Nothing has happened yet."
