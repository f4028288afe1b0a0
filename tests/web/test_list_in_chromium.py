"""A council's officer answers a list of thirty on one page, in a real browser, with and without its scripts (issue 6, acceptance 5)."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web.list_story import LATE_ON, OfficersList, officers_list
from tests.web.site import Site

pytestmark = pytest.mark.slow


def violations(page: Page) -> list[object]:
    """What axe finds."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found]


def writes_day(page: Page, name: str, day: int) -> None:
    """A day of December 2026, into the three fields of that name."""
    for part, value in (("day", str(day)), ("month", "12"), ("year", "2026")):
        page.fill(f'input[name="{name}-{part}"]', value)


def answers_each_line(page: Page, listed: OfficersList) -> None:
    """What can be decided is; of the others every second one names a day, and the rest wait for something."""
    for number, (case, line) in enumerate(listed.lines.items()):
        if case in listed.decidable:
            page.check(f'input[name="{line}answer"][value="decided"]')
            page.check(f'input[name="{line}outcome"][value="maintain"]')
            writes_day(page, f"{line}fact.decision_on", 1)
        elif number % 2:
            page.check(f'input[name="{line}answer"][value="will_be_by"]')
            writes_day(page, f"{line}by", 11)
        else:
            page.check(f'input[name="{line}answer"][value="waiting_for"]')
            page.fill(f'textarea[name="{line}what"]', "the panel")


@pytest.mark.parametrize(("scripts", "waiting"), [(True, 28), (False, 3)])
def test_thirty_lines_are_answered_on_one_page(site: Site, chromium: Browser, scripts: bool, waiting: int) -> None:
    with site.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE mailings SET sent_for = sent_for - 1000 - id::int WHERE sent_for >= %s", (LATE_ON,))
    listed = officers_list(site, 2, waiting)
    before = {case: site.acts(case) for case in listed.lines}
    context = chromium.new_context(java_script_enabled=scripts, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site.url + listed.path)
    assert page.get_by_role("heading", level=2).count() >= waiting + 2
    if scripts:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    answers_each_line(page, listed)
    file = {"name": "decision.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 synthetic"}
    with_file = f'input[name="{listed.lines[listed.decidable[0]]}file"]'
    page.set_input_files(with_file, files=[file])  # type: ignore[list-item]
    wrong = listed.lines[listed.waiting[-1]]
    page.check(f'input[name="{wrong}answer"][value="will_be_by"]')
    page.fill(f'input[name="{wrong}by-day"]', "32")
    page.get_by_role("button", name="Save all answers").click()
    told = page.locator(".govuk-error-summary").inner_text()
    assert listed.waiting[-1] in told and f"{listed.decidable[0]}: Choose the file decision.pdf again" in told
    assert {case: site.acts(case) for case in listed.lines} == before, "nothing is half done"
    if scripts:
        assert violations(page) == []
    writes_day(page, f"{wrong}by", 11)
    page.set_input_files(with_file, files=[file])  # type: ignore[list-item]
    page.get_by_role("button", name="Save all answers").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert f"{waiting + 2} answers recorded" in page.inner_text("main")
    assert "with the file decision.pdf" in page.inner_text("main")
    assert {case: site.acts(case) - was for case, was in before.items()} == dict.fromkeys(before, 1)
    if scripts:
        assert violations(page) == []
    context.close()
