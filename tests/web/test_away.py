"""Who stands in for me, on the pages: a head hands over for two weeks, the deputy decides for her, she takes it back."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from db.heartbeats import beat
from db.models import Membership, SchoolClosure
from db.unowned import tell_unowned
from tests.db.ledger_story import TODAY, day
from tests.web.site import Site, hidden
from tests.web.test_together import meeting_held


def hand_over(browser: httpx.Client, site: Site, to_role: str, to: str = "", at: int | None = None, **more: str) -> httpx.Response:
    """Send the form with today as its first day, naming whoever holds that role; `to` as 2026-12-07, empty for until further notice."""
    year, month, last = to.split("-") if to else ("", "", "")
    days = {"from-day": "24", "from-month": "11", "from-year": "2026", "to-day": last, "to-month": month, "to-year": year}
    known = {"csrf": hidden(browser.get("/away").text)["csrf"], "deputy": str(site.people[at or site.ash, to_role])}
    return browser.post("/away", data={**known, **days, **more})


def take_back(browser: httpx.Client) -> httpx.Response:
    """Press the first button that takes back."""
    shown = browser.get("/away").text
    path = re.search(r'action="(/away/\d+/end)"', shown)
    assert path, shown
    return browser.post(path[1], data={"csrf": hidden(shown)["csrf"]})


def test_what_cannot_stand_is_told_beside_its_question_and_what_was_typed_stays(site: Site) -> None:
    head, teacher = site.client("headteacher"), site.client("teacher")
    empty = hand_over(head, site, "teacher", **{"from-day": "31", "from-month": "2", "deputy": ""})
    assert (
        empty.status_code == 422 and "2026-02-31 is not a date" in empty.text and "Choose who stands in" in empty.text and 'value="31"' in empty.text
    )
    assert "is before the first" in hand_over(head, site, "teacher", "2026-11-20").text
    assert "has passed" in hand_over(head, site, "teacher", **{"from-day": "1"}).text
    assert "Nobody stands in for themselves" in hand_over(head, site, "headteacher").text
    other = str(site.people[site.ash, "senco"])
    assert hand_over(teacher, site, "headteacher", person=other).status_code == 403, "for somebody else the head says it"
    assert "Who is away?" in head.get("/away").text and "Who is away?" not in teacher.get("/away").text
    assert site.client("").get("/away").url.path == "/sign-in"
    assert "Take back" not in head.get("/away").text


def test_in_the_holidays_whoever_hands_over_reads_when_the_deputy_will_be_told(site: Site) -> None:
    head, deputy = site.client("headteacher"), site.client("teacher")
    with site.engines.scheduler() as session:
        closed = SchoolClosure(school_id=site.ash, first_on=TODAY, last_on=day("2026-11-27"), reason="snow")
        session.add(closed)
    late = "Teacher Ash is told by mail on Monday 30 November 2026, the next school day; if they must act before then, tell them yourself."
    assert late in hand_over(head, site, "teacher").text
    assert "Headteacher Ash" in deputy.get("/away").text and late not in deputy.get("/away").text, "they read it themselves here"
    assert "Teacher Ash is not told" not in take_back(head).text
    over = "Teacher Ash is not told by mail, since the absence is over before the next school day, Monday 30 November 2026; tell them yourself."
    assert over in hand_over(head, site, "teacher", "2026-11-25").text
    take_back(head)
    with site.engines.scheduler() as session:
        session.delete(session.merge(closed))
    assert "Teacher Ash is" not in hand_over(head, site, "teacher").text, "on a school day they are told at once"
    take_back(head)


def test_only_who_may_takes_back(site: Site) -> None:
    teacher, senco, head = (site.client(role) for role in ("teacher", "senco", "headteacher"))
    hand_over(teacher, site, "senco")
    shown = senco.get("/away").text
    assert "Teacher Ash" in shown and "Take back" not in shown
    path = re.search(r'action="(/away/\d+/end)"', teacher.get("/away").text)
    assert path and senco.post(path[1], data={"csrf": hidden(senco.get("/away").text)["csrf"]}).status_code == 404
    assert site.client("headteacher", site.birch).get("/away").text.count("Teacher Ash") == 1, "named as a deputy to choose, and no more"
    assert take_back(head).status_code == 200 and "Take back" not in teacher.get("/away").text


def test_the_trusts_lead_sees_where_nobody_can_act_and_names_who_stands_in(site: Site) -> None:
    case = meeting_held(site)
    lead, head, birch_head = site.client("trust_send_lead"), site.people[site.ash, "headteacher"], site.people[site.birch, "headteacher"]
    hand_over(site.client("headteacher"), site, "headteacher", at=site.birch)
    assert case in site.client("headteacher", site.birch).get("/").text, "a deputy of another school sees the case, and its school"
    with site.engines.scheduler() as session:
        session.get_one(Membership, (birch_head, site.birch, "headteacher")).until_on = day("2026-11-23")
        session.flush()
        assert tell_unowned(session, TODAY) >= 1
    shown = lead.get("/").text
    assert "Ash School, headteacher: " in shown and "Told on Tuesday 24 November 2026" in shown
    assert "Nobody: the deputy has left" in lead.get("/away").text
    take_back(lead)
    hand_over(lead, site, "teacher", person=str(head))
    assert "Ash School, headteacher: " not in lead.get("/").text and case in site.client("teacher").get("/").text
    take_back(lead)
    with site.engines.scheduler() as session:
        session.get_one(Membership, (birch_head, site.birch, "headteacher")).until_on = None


def test_the_trusts_lead_reads_on_the_console_that_chasing_has_stopped_and_no_school_does(site: Site) -> None:
    """The worker is heard, and the schedules are not: nobody is reminded, and without `sendflow watch` nobody would know."""

    def heard(name: str, hours_ago: int, code: str = "", every: int = 86_400) -> None:
        with site.engines.scheduler() as session:
            beat(session, name, site.clock.now() - timedelta(hours=hours_ago), every_seconds=every, error_code=code)

    heard("wakes", 0, every=30)
    heard("chase_deadlines", 25)
    lead, senco = site.client("trust_send_lead"), site.client("senco")
    assert "Sendflow itself" not in lead.get("/").text, "the day on which the clocks go back has 25 hours"
    heard("chase_deadlines", 27)
    heard("reconcile", 0, "MoreThanAHandful", 600)
    shown = lead.get("/").text
    assert "Sendflow itself" in shown and "chase_deadlines was last heard 27 hours ago" in shown and "MoreThanAHandful" in shown
    assert "Sendflow itself" not in senco.get("/").text
    heard("chase_deadlines", 0)
    heard("reconcile", 0, every=600)
    assert "Sendflow itself" not in lead.get("/").text


def test_a_head_delegates_for_two_weeks_and_takes_back(site: Site, chromium: Browser) -> None:
    case, later = meeting_held(site), meeting_held(site)
    head, deputy = page_of(site, chromium, "headteacher"), page_of(site, chromium, "teacher")
    head.goto(f"{site.url}/away")
    is_accessible(head)
    for name, value in (("to-day", "7"), ("to-month", "12"), ("to-year", "2026")):
        head.locator(f"[name={name}]").fill(value)
    head.get_by_label("Who stands in?").select_option(label="Teacher Ash (teacher, Ash School)")
    head.get_by_role("button", name="Hand over").click()
    card = head.get_by_role("region", name="Headteacher Ash")
    assert "to Monday 7 December 2026" in card.inner_text() and "Teacher Ash" in card.inner_text()
    is_accessible(head)

    deputy.goto(site.url)
    row = deputy.get_by_role("row").filter(has_text=case).filter(has_text="Approve the report")
    assert "for Headteacher Ash" in row.inner_text() and "away until Monday 7 December 2026" in row.inner_text()
    is_accessible(deputy)
    row.get_by_role("link").click()
    deputy.get_by_label("approved").check()
    deputy.get_by_role("button", name="Record the decision").click()
    deputy.goto(f"{site.url}/cases/{case}")
    assert "by Teacher Ash for Headteacher Ash (headteacher)" in deputy.locator("main").inner_text()

    head.goto(site.url)
    assert "You are away until Monday 7 December 2026. Teacher Ash stands in." in head.locator("main").inner_text()
    assert head.get_by_role("row").filter(has_text=later).filter(has_text="Approve the report").count() == 1, "her own list still has it"
    is_accessible(head)
    head.get_by_role("link", name="Take it back").click()
    head.get_by_role("button", name="Take back").click()
    assert head.get_by_role("button", name="Take back").count() == 0
    deputy.goto(site.url)
    assert deputy.get_by_role("row").filter(has_text=later).count() == 0
    deputy.goto(f"{site.url}/cases/{later}/decide/approve_report")
    assert "This step is not yours" in deputy.locator("main").inner_text()
    for page in (head, deputy):
        page.context.close()


def page_of(site: Site, chromium: Browser, role: str) -> Page:
    """A browser of that person's own."""
    context = chromium.new_context()
    context.add_cookies([{"name": "sendflow_session", "value": site.client(role).cookies["sendflow_session"], "url": site.url}])
    return context.new_page()


def is_accessible(page: Page) -> None:
    """No violation that axe can see, on a telephone and on a desk, and nothing to scroll sideways for."""
    for width in (390, 1100):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        assert found == [], [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_head_cannot_say_it_of_the_trusts_people_nor_end_theirs(site: Site) -> None:
    head, lead, teacher = site.client("headteacher"), site.client("trust_send_lead"), site.people[site.ash, "teacher"]
    leader = str(site.people[site.ash, "trust_send_lead"])
    assert hand_over(head, site, "headteacher", person=leader).status_code == 403
    form = re.search(r'<select[^>]*name="person".*?</select>', head.get("/away").text, re.S)
    assert form and leader not in re.findall(r'value="(\d+)"', form[0]) and str(teacher) in re.findall(r'value="(\d+)"', form[0])
    hand_over(lead, site, "teacher")
    path = re.search(r'action="(/away/\d+/end)"', lead.get("/away").text)
    assert path and head.post(path[1], data={"csrf": hidden(head.get("/away").text)["csrf"]}).status_code == 404
    take_back(lead)
    hand_over(head, site, "senco", person=str(teacher))
    assert ", as Headteacher Ash said. " in site.client("teacher").get("/").text
    take_back(head)
