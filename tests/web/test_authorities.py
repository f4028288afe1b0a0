"""The trust at a glance and the LAs' record: for the trust's lead, with the national figure's year and source, and the file for the LA."""

from __future__ import annotations

import re
from datetime import date
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.ledger import Actor
from db.queries.trust_week import A_WEEK, trust_week
from tests.web.site import Site


@pytest.fixture(scope="module")
def late_review(site: Site) -> str:
    """A review held on 22 October whose decision came ten days late, on 29 November; its reference."""
    case = site.review()
    site.records(case, "agree_meeting_date", "2026-09-20", meeting_on=date(2026, 10, 22))
    software = Actor(None, frozenset(), "flow")
    site.ledger.decide(software, key=uuid4(), case=case, step="send_invitations", outcome="done", on=date(2026, 9, 21))
    site.records(case, "circulate_advice", "2026-10-07")
    site.records(case, "hold_meeting", "2026-10-22")
    site.clock.today_is = date(2026, 12, 1)
    site.records(case, "la_decision", "2026-11-30", "maintain", decision_on=date(2026, 11, 29))
    return case


def test_the_trusts_lead_reads_each_las_record_beside_the_national_figure(site: Site, late_review: str) -> None:
    browser = site.client("trust_send_lead")
    shown = browser.get("/authorities").text
    assert "<strong>0.0%</strong> (0 of 1)" in shown
    assert "England: 47.4% of those done, 2025 (reviews of children aged 10 to 14, decided within four weeks of the meeting; DfE, SEN2" in shown
    assert f'Half within 10 days; at worst 10: <a class="govuk-link sf-ref" href="/cases/{late_review}">' in shown
    assert "No duty of a local authority was due" in browser.get("/authorities?since=2025-01-01&until=2025-02-01").text
    assert browser.get("/authorities?since=yesterday").status_code == 422
    assert 'href="/authorities"' in browser.get("/").text


def test_the_trust_at_a_glance_is_the_week_of_the_report(site: Site, late_review: str) -> None:
    today = site.clock.today()
    with site.engines.scheduler() as session:
        week = trust_week(session, today, today - A_WEEK)
    shown = " ".join(site.client("trust_send_lead").get("/trust").text.split())
    places = (*week.schools, *week.authorities)
    assert {one.kind for one in places} == {"school", "authority"} and any(one.open for one in places) and any(any(one.trend) for one in places)
    for one in places:
        row = shown[shown.index(f'<span class="govuk-body-s">{one.code}</span></th>') :].partition("</tr>")[0]
        numbers = [int(cell) for cell in re.findall(r'--numeric">(\d+)</td>', row)]
        assert numbers == [one.open, one.due_soon, one.past_target, one.late, one.breaches, one.new_breaches]
        assert f'and today: {", ".join(map(str, one.trend))}"' in row and (one.worst is None or f"/cases/{one.worst.case}" in row)


def test_nobody_else_reads_it_and_nobody_is_shown_the_way(site: Site, late_review: str) -> None:
    for role in ("senco", "headteacher", "teacher"):
        browser = site.client(role)
        refused = browser.get("/authorities")
        assert (refused.status_code, "for the trust SEND lead and the chief executive" in refused.text) == (403, True)
        assert browser.get("/trust").status_code == 403 and 'href="/trust"' not in browser.get("/").text
        assert browser.get("/authorities/900/sen2.csv").status_code == 403
        assert 'href="/authorities"' not in browser.get("/").text


def test_the_file_for_the_la_is_one_click(site: Site, late_review: str) -> None:
    browser = site.client("trust_send_lead")
    code = browser.get("/authorities").text.split("/sen2.csv")[0].rsplit("/", 1)[-1]
    answer = browser.get(f"/authorities/{code}/sen2.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="sen2-2027-{code}.csv"'
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("UPN,Surname,Forename,Date of birth,School URN")
    assert f"Ashby,Ada,2016-03-01,900001,Ash School,,{late_review},,2026-10-22,,maintain,,2026-11-29," in lines[1]
    assert len(browser.get(f"/authorities/{code}/sen2.csv?year=2027").content) == len(answer.content)
    assert browser.get("/authorities/999/sen2.csv").status_code == 404


@pytest.fixture(scope="module")
def profile(site: Site, late_review: str) -> str:
    """The LA's profile, loaded by the trust's lead; its code."""
    code = site.client("trust_send_lead").get("/authorities").text.split("/sen2.csv")[0].rsplit("/", 1)[-1]
    text = f"""
la: "{code}"
name: Testshire
mailbox: send@testshire.example
officers:
  - {{name: Ana Early, email: ana.early@testshire.example, until: 2027-08-31, for: {{surnames: A to K}}}}
  - {{name: Lee Late, email: lee.late@testshire.example, for: {{schools: ["900001"], years: 7 to 11}}}}
escalation:
  manager: {{name: Sam <b>Manager</b>, email: manager@testshire.example}}
lead_times:
  - {{process: annual_review, step: circulate_advice, by: 25 working days before meeting_on, note: One file a pupil.}}
panels:
  - {{name: Placement panel, on: [2026-11-03, 2026-12-08], papers: 1 week}}
send:
  - {{process: annual_review, step: circulate_advice, to: "https://portal.testshire.example/reviews", note: The school's account.}}
"""
    with site.engines.scheduler() as session:
        by = site.people[site.ash, "trust_send_lead"]
        load_profile(session, read_profile(text, "testshire.yaml", site.ledger.parts.library), "testshire.yaml", by=by)
    return code


def test_an_las_profile_is_shown_with_its_record(site: Site, profile: str) -> None:
    shown = site.client("trust_send_lead").get("/authorities").text
    assert "Whom we write to at Testshire" in shown and "Officer for surnames A to K" in shown
    assert "ana.early@testshire.example, until Tuesday 31 August 2027" in shown and "Officer for the schools 900001, years 7 to 11" in shown
    assert "Sam &lt;b&gt;Manager&lt;/b&gt;" in shown and "A breach goes to the SEN manager" in shown
    assert "circulate advice: 25 working days before meeting. One file a pupil." in shown
    assert "Tuesday 8 December 2026. Papers 1 week before" in shown and "3 November 2026" not in shown, "a day that is past is of no use"
    assert f"sendflow la profile export {profile}" in shown and "by Lead Trust" in shown


def test_a_case_says_who_is_asked_and_what_the_la_asks_for_early(site: Site, profile: str) -> None:
    site.clock.today_is = date(2026, 12, 1)
    case = site.review()
    site.records(case, "agree_meeting_date", "2026-12-01", meeting_on=date(2027, 1, 21))
    shown = " ".join(site.client("senco").get(f"/cases/{case}").text.split())
    assert "Ana Early (officer for surnames A to K)" in shown
    assert "Asks for it by Monday 14 December 2026: we remind you for that day. One file a pupil." in shown
    assert '<a class="govuk-link" href="https://portal.testshire.example/reviews" rel="noopener noreferrer">' in shown


@pytest.mark.slow
def test_both_pages_fit_a_phone_and_pass_axe(site: Site, late_review: str, profile: str, chromium: Browser) -> None:
    context = chromium.new_context()
    cookie = site.client("trust_send_lead").cookies["sendflow_session"]
    context.add_cookies([{"name": "sendflow_session", "value": cookie, "url": site.url}])
    page = context.new_page()
    for path in ("/trust", "/authorities"):
        page.goto(site.url + path)
        for shut in page.locator("details > summary").all():
            shut.click()
        for width in (390, 1100):
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page).response["violations"]
            assert found == [], [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
