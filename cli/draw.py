"""`sendflow draw`: a process, or a case with its way, as SVG and as BPMN 2.0. A process needs neither database nor Prefect."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Who, page_of
from cli.show import fail, refusals

if TYPE_CHECKING:
    from rules.drawing.drawn import Drawing

CASE = re.compile(r"[A-Z]{2,4}-[0-9]+")


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(draw)


def draw(
    what: Annotated[str, typer.Argument(help="A process, as annual_review, or a case, as AR-000007.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the two files; made if it is missing.")] = Path(),
    who: Who = None,
) -> None:
    """Draw a process or a case: NAME.svg for people, NAME.bpmn (BPMN 2.0 with its layout) for any tool that reads the standard."""
    with refusals():
        drawings = {what: _case(what, who)} if CASE.fullmatch(what) else _process(what)
        out.mkdir(parents=True, exist_ok=True)
        for name, drawing in drawings.items():
            for file in _written(drawing, out / name):
                print(file)


def _process(name: str) -> dict[str, Drawing]:
    """The drawing of each text of a process, by the name of its file."""
    from rules.drawing.drawn import draw_process
    from rules.loader import load_library

    library = load_library()
    texts = library.definitions.get(name)
    if not texts:
        fail(f"there is no process and no case {name!r}; name a case as AR-000007, or one of: {', '.join(library.definitions)}")
    return {Path(text.file).stem: draw_process(text) for text in texts}


def _case(ref: str, who: str | None) -> Drawing:
    from cli.working import acting, working
    from rules.drawing.drawn import draw_case

    w = working()
    found = page_of(w, acting(w, who), ref)
    return draw_case(found.definition, ref, found.position, w.today)


def _written(drawing: Drawing, to: Path) -> tuple[Path, Path]:
    from rules.drawing.bpmn import as_bpmn
    from rules.drawing.svg import as_svg

    svg, bpmn = to.with_name(f"{to.name}.svg"), to.with_name(f"{to.name}.bpmn")
    svg.write_text(as_svg(drawing), encoding="utf-8")
    bpmn.write_text(as_bpmn(drawing), encoding="utf-8")
    return svg, bpmn
