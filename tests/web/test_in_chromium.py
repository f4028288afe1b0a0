"""What only a browser can show: a mail scanner that presses every button (A5), scripts in texts (A12), a page that is not framed (A11), drawings."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from rules.drawing.bpmn import as_bpmn
from rules.drawing.drawn import draw_case, draw_process
from rules.loader import load_library
from tests.web.bpmn_viewer import open_in_bpmn_js
from tests.web.site import Site, form_of
from tests.web.test_together import meeting_held
from tests.web.test_untold import letter_of, untold

pytestmark = pytest.mark.slow
SCRIPT = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_scanner_that_presses_every_button_decides_nothing(site: Site, chromium: Browser, scripts: bool) -> None:
    case = meeting_held(site)
    path = site.link(case)
    before = site.acts(case)
    page = chromium.new_page(java_script_enabled=scripts)
    page.goto(site.url + path)
    buttons = page.locator("button, input[type=submit], summary").count()
    assert buttons >= 2
    for number in range(buttons):
        page.goto(site.url + path)
        page.locator("button, input[type=submit], summary").nth(number).click()
    assert site.acts(case) == before
    page.close()


def signed_in(site: Site, chromium: Browser) -> Page:
    """A page of the SENCO's own."""
    context = chromium.new_context()
    context.add_cookies([{"name": "sendflow_session", "value": site.client().cookies["sendflow_session"], "url": site.url}])
    return context.new_page()


def kept_as(name: str, page: Page) -> None:
    """A picture for human eyes, where one is asked for."""
    if folder := os.environ.get("SENDFLOW_DRAWINGS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_case_page_shows_the_drawing_to_whoever_may_read_the_case(site: Site, chromium: Browser) -> None:
    case = meeting_held(site)
    page = signed_in(site, chromium)
    page.goto(f"{site.url}/cases/{case}")
    page.get_by_text("Drawing of the case").click()
    picture = page.locator("details img")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("async img => { await img.decode(); return img.naturalWidth; }") > 500
    kept_as("case_page", page)
    for width in (390, 1100):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        assert found == [], [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{site.url}/cases/{case}/drawing.svg")
    assert page.locator("svg > title").text_content() == f"{case}: Annual review of an EHC plan"
    assert "Ada" not in page.content() and "Done" in page.content()
    page.context.close()
    assert site.client(school_id=site.birch).get(f"/cases/{case}/drawing.svg").status_code == 404


def test_bpmn_js_opens_every_drawing_without_a_warning(site: Site, chromium: Browser) -> None:
    definition, position, _ = site.ledger.position(meeting_held(site))
    drawings = [draw_process(text) for text in load_library().all()]
    drawings.append(draw_case(definition, "AR-000001", position, date(2026, 12, 10)))
    page = chromium.new_page(viewport={"width": 1240, "height": 1640})
    for drawing in drawings:
        opened = open_in_bpmn_js(page, as_bpmn(drawing))
        assert opened.warnings == []
        assert {name for name, node in drawing.graph.nodes.items() if node.kind != "word"} <= set(opened.shown)
        assert sum(kind == "bpmn:SequenceFlow" for kind in opened.shown.values()) >= len(drawing.definition.steps)
        kept_as(f"bpmn_{drawing.name}", page)
    page.close()


def test_scripts_in_a_comment_and_a_name_run_nowhere(site: Site, chromium: Browser) -> None:
    case = site.review(SCRIPT, "Ashby")
    senco = site.client()
    path = f"/cases/{case}/decide/la_says_who_arranges"
    assert senco.post(path, data=form_of(senco, path, outcome="school_arranges", comment=SCRIPT)).status_code == 200
    context = chromium.new_context()
    context.add_cookies([{"name": "sendflow_session", "value": senco.cookies["sendflow_session"], "url": site.url}])
    page = context.new_page()
    for where in (f"/cases/{case}", f"/cases/{case}/decide/agree_meeting_date", "/", "/cases", "/start?process=annual_review&name=<script>"):
        page.goto(site.url + where)
        page.wait_for_load_state("networkidle")
        assert page.title() != "taken" and page.title().endswith("Sendflow")
    assert page.locator("main img").count() == 0
    context.close()


def test_the_pages_on_people_fit_a_phone_and_pass_axe_also_with_errors(site: Site, chromium: Browser) -> None:
    case, senco = site.review(), site.client()
    untold(site, case, "by_post", language="ur")
    site.link(case, "la_says_who_arranges")
    context = chromium.new_context(viewport={"width": 375, "height": 740})
    context.add_cookies([{"name": "sendflow_session", "value": senco.cookies["sendflow_session"], "url": site.url}])
    page = context.new_page()
    links = f"/cases/{case}/links"
    lead = {"name": "sendflow_session", "value": site.client("trust_send_lead").cookies["sendflow_session"], "url": site.url}
    for where in ("/start/new", f"/cases/{case}/contacts", letter_of(senco, case), links, "/my-messages"):
        if where == "/my-messages":
            context.add_cookies([lead])  # who is asked most on that page
        for press in (False, True):
            page.goto(site.url + where)
            if press and where == links:
                page.get_by_role("button", name=re.compile("Withdraw.*the link of Testshire SEN team")).click()
                assert page.get_by_role("button", name="Allow again").count() == 1
            elif press:
                for yes in page.get_by_label("Yes", exact=True).all():
                    yes.check()
                page.locator("main button").click()
                assert page.locator(".govuk-error-summary").count() == 1
            found = Axe().run(page).response["violations"]
            assert found == [], [(where, v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
            assert page.evaluate("document.documentElement.scrollWidth") <= 375, f"{where} is wider than the screen"
    context.close()


def test_no_other_page_frames_ours(site: Site, chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(f'<iframe src="{site.url}/sign-in"></iframe>')
    page.wait_for_timeout(300)
    assert all("Sign in to the demo" not in (frame.text_content("body") or "") for frame in page.frames[1:])
    page.close()
