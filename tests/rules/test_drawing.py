"""Drawings of every shipped process and of a case: nothing is missing, nothing overlaps, the files are what the standards ask for."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from lxml import etree

from rules.definition import Definition
from rules.drawing.bpmn import as_bpmn
from rules.drawing.drawn import Drawing, draw_case, draw_process
from rules.drawing.graph import Arrow
from rules.drawing.svg import LOOK, as_svg
from rules.loader import load_library
from tests.rules.case_story import Story, day
from tests.rules.test_position_annual_review import amending, held

SCHEMA = Path(__file__).parents[1] / "bpmn_js" / "node_modules" / "bpmn-moddle" / "resources" / "bpmn" / "xsd" / "BPMN20.xsd"
TEXTS = [text for text in load_library().all()]
EXAMPLE = Path(__file__).parent / "example"


@pytest.fixture(scope="module", params=TEXTS, ids=lambda text: text.file)
def process(request: pytest.FixtureRequest) -> Drawing:
    return draw_process(request.param)


@pytest.fixture(scope="module")
def review() -> Definition:
    return load_library(EXAMPLE).definitions["annual_review"][0]


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The OMG's schema of BPMN 2.0 with its diagram interchange, as bpmn-moddle carries it."""
    assert SCHEMA.exists(), "the OMG's schema is missing: run `make bpmn`"
    return etree.XMLSchema(etree.parse(SCHEMA))


def test_every_step_and_every_end_is_drawn_and_can_be_reached(process: Drawing) -> None:
    drawn = {(node.kind, node.of) for node in process.graph.nodes.values()}
    assert {("step", name) for name in process.definition.steps} | {("end", name) for name in process.definition.ends} <= drawn
    reached = {"start"}
    for name in process.graph.nodes:
        if any(arrow.target == name and arrow.source in reached for arrow in process.graph.arrows):
            reached.add(name)
    assert set(process.graph.nodes) - reached == set()


def test_no_box_lies_on_another_and_all_lie_on_the_paper(process: Drawing) -> None:
    for (one, a), (two, b) in combinations(process.layout.boxes.items(), 2):
        apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
        assert apart, (one, two)
    assert all(box.x >= 0 and box.x + box.width <= process.layout.width for box in process.layout.boxes.values())
    assert all(box.y >= 0 and box.y + box.height <= process.layout.height for box in process.layout.boxes.values())


def test_every_arrow_joins_its_nodes_and_runs_through_no_other(process: Drawing) -> None:
    for arrow, points in process.layout.lines.items():
        source, target = (process.layout.boxes[name] for name in (arrow.source, arrow.target))
        ends = ((points[0], source.y if arrow.back else source.y + source.height), (points[-1], target.y + target.height if arrow.back else target.y))
        assert all(point[1] == pytest.approx(y) for point, y in ends)
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == x2 or y1 == y2, (arrow, "a slanting line")
            for name, box in process.layout.boxes.items():
                beside = max(x1, x2) <= box.x or min(x1, x2) >= box.x + box.width or max(y1, y2) <= box.y or min(y1, y2) >= box.y + box.height
                assert beside, (arrow, "runs through", name)


def test_the_texts_of_a_box_stay_inside_it(process: Drawing) -> None:
    for name, label in process.labels.items():
        assert sum(line.height for line in label.lines) <= process.layout.boxes[name].height


def test_the_same_definition_is_drawn_the_same_to_the_letter(process: Drawing) -> None:
    again = draw_process(process.definition)
    assert as_svg(again) == as_svg(process) and as_bpmn(again) == as_bpmn(process)


def test_the_bpmn_is_valid_against_the_schema_of_the_omg(process: Drawing, schema: etree.XMLSchema) -> None:
    assert schema.validate(etree.fromstring(as_bpmn(process).encode())), schema.error_log


def test_a_broken_file_is_not_valid(review: Definition, schema: etree.XMLSchema) -> None:
    text = as_bpmn(draw_process(review))
    assert not schema.validate(etree.fromstring(text.replace("sourceRef", "comesFrom").encode()))
    assert not schema.validate(etree.fromstring(text.replace("waypoint", "point").encode()))


def test_the_svg_has_a_title_and_words_and_no_script(process: Drawing) -> None:
    root = Xml.fromstring(as_svg(process))
    svg = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img" and root.findtext(f"{svg}title") == process.title and root.findtext(f"{svg}desc")
    assert {element.tag.removeprefix(svg) for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "rect",
        "polyline",
        "polygon",
        "circle",
        "line",
        "text",
    }
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or name in ("style", "href")]


def test_a_case_shows_its_way_where_it_stands_and_what_is_late(review: Definition) -> None:
    story = held(review)
    drawing = draw_case(review, "AR-000007", story.position, day("2026-12-10"))
    assert drawing.standing is not None
    states = {name: mark.state for name, mark in drawing.standing.steps.items()}
    assert states["hold_meeting"] == "done" and states["check_sections"] == "open"
    assert states["send_report"] == "late" and states["la_decision"] == "late" and states["la_agrees_to_review_early"] == "left out"
    assert "LATE. It was due on Thursday 19 November 2026." in drawing.standing.steps["send_report"].words
    assert drawing.standing.steps["check_sections"].words == "NOW. Our own target, Thursday 12 November 2026, has passed."
    assert "Late: " in drawing.told and "Now: " in drawing.told and "Hold the meeting" in drawing.told
    assert drawing.standing.steps["gather_advice"].words == "3 of 6 done, the last on Saturday 10 October 2026."
    assert Arrow("step_hold_meeting", "step_check_sections") in drawing.standing.gone
    assert not any(arrow.target.startswith("end_") for arrow in drawing.standing.gone)


def test_nothing_is_late_on_the_last_day_nor_when_the_date_is_lifted_or_the_step_done(review: Definition) -> None:
    story = held(review)
    on_the_day = draw_case(review, "AR-000007", story.position, day("2026-11-19")).standing
    assert on_the_day is not None and "late" not in {mark.state for mark in on_the_day.steps.values()}
    decided = draw_case(review, "AR-000007", amending(review).position, day("2026-12-10")).standing
    assert decided is not None and decided.steps["la_decision"].state == "done"
    assert decided.steps["la_decision"].words.startswith("Done: amend")
    assert Arrow("step_la_decision", "word_la_decision_amend") in decided.gone
    assert Arrow("step_la_decision", "word_la_decision_cease") not in decided.gone


def test_an_ended_case_shows_its_end(review: Definition) -> None:
    story = Story(review, "2026-09-10", review_due_on="2026-12-18", reason="early", year_group=5, looked_after=False)
    story.decide("la_agrees_to_review_early", "2026-09-20", "declines", actor=3)
    drawing = draw_case(review, "AR-000008", story.position, day("2026-10-10"))
    assert drawing.standing is not None and drawing.standing.ended == "declined"
    assert any(arrow.target == "end_declined" for arrow in drawing.standing.gone)
    assert drawing.told.startswith("Ended: declined.")


def test_the_bpmn_of_a_case_says_how_it_stands_and_is_valid(review: Definition, schema: etree.XMLSchema) -> None:
    text = as_bpmn(draw_case(review, "AR-000007", held(review).position, day("2026-12-10")))
    assert schema.validate(etree.fromstring(text.encode())), schema.error_log
    assert "LATE. It was due on Thursday 19 November 2026." in text


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("look", LOOK)
def test_ink_and_lines_stand_out(look: str) -> None:
    """WCAG 2.2: text 4.5 to 1 on its ground, lines that carry meaning 3 to 1 on paper."""
    fill, line, _, _, ink = LOOK[look]

    def contrast(one: str, two: str) -> float:
        high, low = sorted((luminance(one), luminance(two)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert contrast(ink, fill) >= 4.5 and contrast(line, "#ffffff") >= 3
