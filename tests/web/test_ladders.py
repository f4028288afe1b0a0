"""The page of own ladders: where each holds, who set it and why, and what it changes of the shipped one."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from db.setting_ladders import Scope, set_ladder
from rules.definition import Ladder, Rung
from tests.web.site import Site

EARLY = Rung("3 weeks before", "senco", "reminder", "la_question")


@pytest.fixture(scope="module")
def own(site: Site) -> Ladder:
    """An own ladder of Ash School: one rung of its own, and the shipped ones but for the last."""
    shipped = site.ledger.parts.library.registers.ladders["la_duty"]
    made = Ladder("la_duty", (EARLY, *shipped.rungs[:-1]))
    lead = site.people[site.ash, "trust_send_lead"]
    set_ladder(site.ledger.parts, lead, frozenset({site.ash, site.birch}), Scope(site.ash), made, "rungs: …", "the council <asked> for it")
    return made


def test_it_says_what_holds_where_and_what_is_changed(site: Site, own: Ladder) -> None:
    shown = " ".join(site.client("senco").get("/ladders").text.split())
    assert 'La duty <span class="govuk-caption-m">for Ash School' in shown and "Set by Lead Trust" in shown
    assert "the council &lt;asked&gt; for it. 2 rungs differ from the shipped ladder." in shown
    first, last = shown.split('<tr class="govuk-table__row"><td')[1], shown.split('<tr class="govuk-table__row"><td')[-1]
    assert "3 weeks before" in first and "SENCO" in first and ">own</strong>" in first
    assert "2 weeks after" in last and "Trust SEND lead" in last and ">left out</strong>" in last
    assert shown.count("As shipped</td>") == len(own.rungs) - 1
    assert 'href="/ladders"' in site.client("senco").get("/messages").text


def test_another_schools_ladder_is_not_shown_nor_any_to_who_reads_no_messages(site: Site, own: Ladder) -> None:
    assert "Every ladder is as shipped." in site.client("senco", site.birch).get("/ladders").text
    assert site.client("teacher").get("/ladders").status_code == 403


@pytest.mark.slow
def test_the_page_fits_a_phone_and_passes_axe(site: Site, own: Ladder, chromium: Browser) -> None:
    context = chromium.new_context()
    cookie = site.client("senco").cookies["sendflow_session"]
    context.add_cookies([{"name": "sendflow_session", "value": cookie, "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/ladders")
    for width in (390, 1100):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        assert found == [], [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
