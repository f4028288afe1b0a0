"""A drawing as SVG: no script, no style sheet, nothing from elsewhere, so that it can stand in any page and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from rules.drawing.drawn import Drawing
from rules.drawing.graph import Arrow, Node
from rules.drawing.layout import Box
from rules.drawing.texts import ROUND, SIZE, Line

FONT = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
INK, GREY, PAPER = "#0b0c0c", "#505a5f", "#ffffff"
# fill, line, how thick, dashes, ink. State never rests on colour alone: the words say it too.
LOOK: Mapping[str, tuple[str, str, str, str, str]] = {
    "ours": (PAPER, INK, "1.5", "", INK),
    "outside": ("#eeefef", INK, "1.5", "", INK),
    "software": ("#d2e2f1", INK, "1.5", "", INK),
    "waiting": (PAPER, GREY, "1.5", "", INK),
    "open": ("#d2e2f1", "#1d70b8", "3.5", "", INK),
    "late": ("#f4cdc6", "#942514", "4", "", INK),
    "done": ("#cce2d8", "#005a30", "1.5", "", INK),
    "left out": (PAPER, GREY, "1.5", "5 4", GREY),
}


def as_svg(drawing: Drawing, top: float = 0.0, bottom: float | None = None) -> str:
    """The whole drawing, or the part between two heights (to cut a tall one into pages). The same drawing gives the same text."""
    end = drawing.layout.height if bottom is None else bottom
    width, height = f"{drawing.layout.width:g}", f"{end - top:g}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{drawing.name}-t{top:g} {drawing.name}-d{top:g}" '
        f'width="{width}" height="{height}" viewBox="0 {top:g} {width} {height}" font-family="{FONT}">'
    )
    told = f'<title id="{drawing.name}-t{top:g}">{escape(drawing.title)}</title><desc id="{drawing.name}-d{top:g}">{escape(drawing.told)}</desc>'
    back = f'<rect x="0" y="{top:g}" width="{width}" height="{height}" fill="{PAPER}"/>'
    return "\n".join((head, told, back, *_arrows(drawing, top, end), *_nodes(drawing, top, end), "</svg>")) + "\n"


def _arrows(drawing: Drawing, top: float, end: float) -> Iterator[str]:
    """The arrows along which the case has come last, so that they lie above."""
    gone = drawing.standing.gone if drawing.standing else frozenset()
    for arrow in sorted(drawing.graph.arrows, key=lambda arrow: arrow in gone):
        heights = [y for _, y in drawing.layout.lines[arrow]]
        if max(heights) >= top and min(heights) <= end:
            yield from _arrow(drawing, arrow, arrow in gone)


def _arrow(drawing: Drawing, arrow: Arrow, gone: bool) -> Iterator[str]:
    points = drawing.layout.lines[arrow]
    colour, thick = ("#005a30", "3") if gone else (GREY if drawing.standing else INK, "1.3")
    dashes = ' stroke-dasharray="6 3"' if arrow.loose else ""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{thick}"{dashes}/>'
    (_, before), (x, y) = points[-2], points[-1]
    down = -7 if y > before else 7
    yield f'<polygon points="{x:g},{y:g} {x - 4.5:g},{y + down:g} {x + 4.5:g},{y + down:g}" fill="{colour}"/>'


def _nodes(drawing: Drawing, top: float, end: float) -> Iterator[str]:
    for name, node in drawing.graph.nodes.items():
        box, label = drawing.layout.boxes[name], drawing.labels[name]
        if box.y + box.height < top or box.y > end:
            continue
        look = LOOK[drawing.look(node)]
        if node.kind in ("start", "end"):
            yield from _event(node, box, label.lines, look)
        elif node.kind in ("all", "any"):
            yield from _meeting(node, box, look)
        else:
            yield from _box(drawing, node, box, look)
            yield from _text(label.lines, box.middle, box.y + (box.height - sum(line.height for line in label.lines)) / 2, look[4])


def _shape(look: tuple[str, str, str, str, str], thick: str = "") -> str:
    dashes = f' stroke-dasharray="{look[3]}"' if look[3] else ""
    return f'fill="{look[0]}" stroke="{look[1]}" stroke-width="{thick or look[2]}"{dashes}'


def _box(drawing: Drawing, node: Node, box: Box, look: tuple[str, str, str, str, str]) -> Iterator[str]:
    corner = box.height / 2 if node.kind == "word" else 3
    if node.kind == "step" and drawing.is_for_each(node):
        yield _rect(box.x + 5, box.y + 5, box, corner, look)
    yield _rect(box.x, box.y, box, corner, (look[0], look[1], look[2], "5 4" if node.kind == "opens" else look[3], look[4]))


def _rect(x: float, y: float, box: Box, corner: float, look: tuple[str, str, str, str, str]) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{box.width:g}" height="{box.height:g}" rx="{corner:g}" {_shape(look)}/>'


def _event(node: Node, box: Box, lines: tuple[Line, ...], look: tuple[str, str, str, str, str]) -> Iterator[str]:
    words = sum(line.height for line in lines)
    centre = box.y + (words + 4 if node.kind == "start" else 0) + ROUND / 2
    yield f'<circle cx="{box.middle:g}" cy="{centre:g}" r="{ROUND / 2 - 2:g}" {_shape(look, "4" if node.kind == "end" else "1.5")}/>'
    yield from _text(lines, box.middle, box.y + (0 if node.kind == "start" else ROUND + 4), look[4])


def _meeting(node: Node, box: Box, look: tuple[str, str, str, str, str]) -> Iterator[str]:
    x, y, half = box.middle, box.y + ROUND / 2, ROUND / 2
    yield f'<polygon points="{x:g},{box.y:g} {x + half:g},{y:g} {x:g},{box.y + ROUND:g} {x - half:g},{y:g}" {_shape(look)}/>'
    arm = 7 if node.kind == "all" else 5
    bars = ((0, arm), (arm, 0)) if node.kind == "all" else ((arm, arm), (arm, -arm))
    for dx, dy in bars:
        yield f'<line x1="{x - dx:g}" y1="{y - dy:g}" x2="{x + dx:g}" y2="{y + dy:g}" stroke="{look[1]}" stroke-width="2.5"/>'


def _text(lines: tuple[Line, ...], middle: float, top: float, ink: str) -> Iterator[str]:
    for line in lines:
        top += line.height
        bold = ' font-weight="bold"' if line.weight == "bold" else ""
        at = f'x="{middle:g}" y="{top - line.height * 0.25:.1f}"'
        yield f'<text {at} font-size="{SIZE[line.weight]:g}"{bold} text-anchor="middle" fill="{ink}">{escape(line.text)}</text>'
