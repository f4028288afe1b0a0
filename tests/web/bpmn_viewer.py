"""Opens a BPMN file in bpmn-js, as whoever gets one from us would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

PACKAGE = Path(__file__).parents[1] / "bpmn_js" / "node_modules" / "bpmn-js" / "dist"
OPEN = """async (xml) => {
  const viewer = new BpmnJS({ container: "#drawing" });
  const { warnings } = await viewer.importXML(xml);
  viewer.get("canvas").zoom("fit-viewport");
  const shown = viewer.get("elementRegistry").filter((one) => one.type !== "label").map((one) => [one.id, one.type]);
  return { warnings: warnings.map((one) => one.message), shown };
}"""


@dataclass(frozen=True)
class Opened:
    """What bpmn-js said, and the elements that it shows: id -> type."""

    warnings: list[str]
    shown: dict[str, str]


def open_in_bpmn_js(page: Page, xml: str) -> Opened:
    """Shows a file on the page. Fails where bpmn-js refuses it."""
    viewer = PACKAGE / "bpmn-navigated-viewer.production.min.js"
    assert viewer.exists(), "bpmn-js is missing: run `make bpmn`"
    page.set_content('<div id="drawing" style="width: 1200px; height: 1600px"></div>')
    page.add_style_tag(path=PACKAGE / "assets" / "diagram-js.css")
    page.add_script_tag(path=viewer)
    found = page.evaluate(OPEN, xml)
    return Opened(found["warnings"], dict(found["shown"]))
