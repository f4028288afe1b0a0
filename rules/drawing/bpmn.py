"""A drawing as BPMN 2.0 XML with diagram interchange, for any tool that reads the standard. It shows; it is not to be executed by an engine.

What is what: a step of the school is a user task, of an outside body a receive task, of the software a service task, another case a call activity. An
outcome that steers is a conditional flow; its word stands on it. Where all of several steps must be done, the flows meet in a parallel gateway.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as Xml

from rules.definition import Step
from rules.drawing.drawn import Drawing
from rules.drawing.graph import Arrow, Node
from rules.drawing.layout import Box, Point
from rules.drawing.svg import LOOK
from rules.drawing.texts import ROUND
from rules.explain import words_of
from rules.step_words import dates_in_words, sentence, target_in_words, whose
from rules.timeline import titles_of

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
BOUNDS = "http://www.omg.org/spec/DD/20100524/DC"
WAYS = "http://www.omg.org/spec/DD/20100524/DI"
COLOUR = "http://www.omg.org/spec/BPMN/non-normative/color/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PREFIXES = {"bpmn": MODEL, "bpmndi": DIAGRAM, "dc": BOUNDS, "di": WAYS, "color": COLOUR, "xsi": XSI}


def as_bpmn(drawing: Drawing) -> str:
    """The XML text. The same drawing gives the same text."""
    for prefix, namespace in PREFIXES.items():
        Xml.register_namespace(prefix, namespace)
    root = Xml.Element(f"{{{MODEL}}}definitions", {"id": f"{drawing.name}_file", "targetNamespace": "urn:sendflow:processes", "exporter": "Sendflow"})
    flows = list(_flows(drawing))
    _process(root, drawing, flows)
    _plane(root, drawing, flows)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


class _Flow:
    """A sequence flow: the arrows it is made of (through the word of an outcome, or straight). Of several through one word the first is named."""

    def __init__(self, number: int, first: Arrow, then: Arrow | None, word: Node | None, named: bool) -> None:
        self.name, self.source, self.target, self.word = f"flow_{number}", first.source, (then or first).target, word
        self.named = named
        self.arrows = (first,) if then is None else (first, then)

    def points(self, lines: Mapping[Arrow, tuple[Point, ...]]) -> tuple[Point, ...]:
        """All its points, each once."""
        return tuple(dict.fromkeys(point for arrow in self.arrows for point in lines[arrow]))


def _flows(drawing: Drawing) -> Iterator[_Flow]:
    """One flow for each arrow, but one through a word's node for each arrow that leaves it."""
    nodes, number = drawing.graph.nodes, 0
    for first in drawing.graph.arrows:
        word = nodes[first.target] if nodes[first.target].kind == "word" else None
        if nodes[first.source].kind == "word":
            continue
        for place, then in enumerate([arrow for arrow in drawing.graph.arrows if arrow.source == first.target] if word else [None]):
            number += 1
            yield _Flow(number, first, then, word, named=word is not None and place == 0)


def _process(root: Xml.Element, drawing: Drawing, flows: list[_Flow]) -> None:
    process = Xml.SubElement(root, f"{{{MODEL}}}process", {"id": drawing.name, "name": drawing.title, "isExecutable": "false"})
    _documented(process, drawing.told)
    for node in drawing.graph.nodes.values():
        if node.kind != "word":
            _element(process, drawing, node, flows)
    for flow in flows:
        made = Xml.SubElement(process, f"{{{MODEL}}}sequenceFlow", {"id": flow.name, "sourceRef": flow.source, "targetRef": flow.target})
        if flow.word is not None:
            if flow.named:
                made.set("name", _words(drawing, flow.word))
            condition = Xml.SubElement(made, f"{{{MODEL}}}conditionExpression", {f"{{{XSI}}}type": "bpmn:tFormalExpression"})
            condition.text = f"{flow.word.of} = {' or '.join(flow.word.words)}"


def _element(process: Xml.Element, drawing: Drawing, node: Node, flows: list[_Flow]) -> None:
    made = Xml.SubElement(process, f"{{{MODEL}}}{_tag(drawing, node)}", {"id": node.name})
    if node.kind not in ("all", "any"):
        made.set("name", _name(drawing, node))
    if node.kind == "step":
        _documented(made, " ".join(_told(drawing, drawing.definition.steps[node.of])))
    for flow in flows:
        if flow.target == node.name:
            Xml.SubElement(made, f"{{{MODEL}}}incoming").text = flow.name
    for flow in flows:
        if flow.source == node.name:
            Xml.SubElement(made, f"{{{MODEL}}}outgoing").text = flow.name
    if node.kind == "step" and drawing.is_for_each(node):
        Xml.SubElement(made, f"{{{MODEL}}}multiInstanceLoopCharacteristics")


def _tag(drawing: Drawing, node: Node) -> str:
    if node.kind != "step":
        return {"start": "startEvent", "end": "endEvent", "all": "parallelGateway", "any": "exclusiveGateway", "opens": "callActivity"}[node.kind]
    step = drawing.definition.steps[node.of]
    if step.by:
        role = drawing.definition.roles.get(step.by)
        return "userTask" if role is not None and role.ours else "receiveTask"
    return "serviceTask" if step.does else "callActivity" if step.case else "task"


def _name(drawing: Drawing, node: Node) -> str:
    return " ".join(line.text for line in drawing.labels[node.name].lines) if node.kind != "step" else _step_name(drawing, node)


def _step_name(drawing: Drawing, node: Node) -> str:
    step = drawing.definition.steps[node.of]
    mark = drawing.standing.steps.get(node.of) if drawing.standing else None
    title = f"{sentence(whose(drawing.definition, step))}: {titles_of(drawing.definition)[step.name]}"
    return f"{title}. {mark.words}" if mark else title


def _words(drawing: Drawing, word: Node) -> str:
    return " ".join(line.text for line in drawing.labels[word.name].lines)


def _told(drawing: Drawing, step: Step) -> Iterator[str]:
    titles = titles_of(drawing.definition)
    yield from (f"By law: {words}." for words in dates_in_words(step, titles))
    if step.target:
        yield f"The trust's own date: {target_in_words(step, titles)}."
    if step.citation:
        yield f"Rests on {', '.join((step.citation, *step.also_law))}."
    for outcome in step.outcomes.values():
        yield from (f"{sentence(outcome.title or words_of(outcome.name))} opens a case: {words_of(process)}." for process in outcome.opens)


def _documented(element: Xml.Element, words: str) -> None:
    if words:
        Xml.SubElement(element, f"{{{MODEL}}}documentation").text = words


def _plane(root: Xml.Element, drawing: Drawing, flows: list[_Flow]) -> None:
    diagram = Xml.SubElement(root, f"{{{DIAGRAM}}}BPMNDiagram", {"id": f"{drawing.name}_diagram"})
    plane = Xml.SubElement(diagram, f"{{{DIAGRAM}}}BPMNPlane", {"id": f"{drawing.name}_plane", "bpmnElement": drawing.name})
    for node in drawing.graph.nodes.values():
        if node.kind != "word":
            _placed(plane, drawing, node)
    for flow in flows:
        edge = Xml.SubElement(plane, f"{{{DIAGRAM}}}BPMNEdge", {"id": f"{flow.name}_drawn", "bpmnElement": flow.name})
        for x, y in flow.points(drawing.layout.lines):
            Xml.SubElement(edge, f"{{{WAYS}}}waypoint", {"x": f"{x:g}", "y": f"{y:g}"})
        if flow.word is not None and flow.named:
            box = drawing.layout.boxes[flow.word.name]
            _labelled(edge, Box(box.middle + 4, box.y, box.width - 20, box.height))


def _placed(plane: Xml.Element, drawing: Drawing, node: Node) -> None:
    shape = Xml.SubElement(plane, f"{{{DIAGRAM}}}BPMNShape", {"id": f"{node.name}_drawn", "bpmnElement": node.name})
    fill, line, *_ = LOOK[drawing.look(node)]
    shape.set(f"{{{COLOUR}}}background-color", fill)
    shape.set(f"{{{COLOUR}}}border-color", line)
    box = drawing.layout.boxes[node.name]
    if node.kind not in ("start", "end"):
        _bounds(shape, box)
        return
    words = box.height - ROUND
    circle = box.y + (words if node.kind == "start" else 0)
    _bounds(shape, Box(box.middle - ROUND / 2, circle, ROUND, ROUND))
    _labelled(shape, Box(box.x, box.y + (0 if node.kind == "start" else ROUND), box.width, words))


def _labelled(element: Xml.Element, box: Box) -> None:
    _bounds(Xml.SubElement(element, f"{{{DIAGRAM}}}BPMNLabel"), box)


def _bounds(element: Xml.Element, box: Box) -> None:
    size = {"x": f"{box.x:g}", "y": f"{box.y:g}", "width": f"{box.width:g}", "height": f"{box.height:g}"}
    Xml.SubElement(element, f"{{{BOUNDS}}}Bounds", size)
