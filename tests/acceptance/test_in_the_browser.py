"""Acceptance 3: one annual review wholly in the browser, by the SENCO, the head, a parent and the LA's officer, with and without JavaScript.

With SENDFLOW_SCREENS=1 each kind of page is kept in docs/screens.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Page

from db.engine import Engines
from notifications.sink import MailSink
from tests.acceptance.in_the_browser import Room, choose, done_on_a_list, fill_day
from tests.chromium import chromium
from tests.databases import TestServer
from tests.web.site import serve

pytestmark = pytest.mark.slow
OFFICER = "officer@testshire.example"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def room(request: pytest.FixtureRequest, postgres: TestServer, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("room")
    with (
        postgres.database() as url,
        MailSink(folder / "mail", now=lambda: made.site.clock.now()) as sink,
        serve(Engines(url), folder, mail_url=sink.url) as site,
    ):
        made = Room(site, sink, browser, request.param)
        site.clock.today_is = date(2026, 9, 10)
        yield made
        for context in browser.contexts:
            context.close()


def test_a_review_from_its_opening_to_the_amended_plan(room: Room) -> None:
    given = "Ada" if room.scripts else "Eve"
    mother = f"mother.{given}@home.example".lower()
    room.site.pupil(given, "Ashby")
    room.comes("2026-09-10")
    senco, head = room.person("senco"), room.person("headteacher")
    case = start_the_case(room, senco, given)
    agree_the_meeting(room, senco, case)
    advice_comes_by_link(room, case, mother)
    hold_the_meeting(room, senco, case)
    write_and_approve(room, senco, head, case)
    the_la_decides(room, case)
    the_parent_answers(room, mother)
    the_la_sends_the_plan(room)
    room.comes("2027-01-21")
    record(senco, room, case, "explain_right_of_appeal")
    record(senco, room, case, "brief_staff")
    assert "The case has ended" in senco.inner_text("main") and "The plan is amended" in senco.inner_text("main")
    assert room.site.ledger.position(case)[1].ended == "amended"
    room.mail_goes()
    look_back(room, senco, case)
    assert room.site.ledger.verify(case) == []


def start_the_case(room: Room, senco: Page, given: str) -> str:
    """The SENCO finds the pupil and opens the review."""
    senco.get_by_role("link", name="Start a case").click()
    choose(senco, "Annual review of an EHC plan")
    senco.get_by_label("Which pupil?").fill(given)
    senco.get_by_role("button", name="Find").click()
    room.look(senco, "start-a-case")
    senco.get_by_role("link", name=f"{given} Ashby").click()
    senco.get_by_role("button", name="Open the case").click()
    room.look(senco, "start-a-case-errors")
    assert "give an answer" in senco.inner_text("[role=alert]")
    fill_day(senco, "fact.review_due_on", "2026-12-18")
    senco.locator('[name="fact.reason"][value="yearly"]').check()
    senco.locator('[name="fact.year_group"]').fill("5")
    senco.locator('[name="fact.looked_after"][value="no"]').check()
    senco.locator('[name="fact.rights_held_by"][value="parent"]').check()
    senco.get_by_role("button", name="Open the case").click()
    senco.get_by_role("heading", name="Case opened").wait_for()
    room.look(senco, "recorded")
    return senco.inner_text(".govuk-panel__body").split(",")[0]


def agree_the_meeting(room: Room, senco: Page, case: str) -> None:
    """A day outside the bounds is refused and kept in the form; a day between them is taken."""
    room.comes("2026-09-20")
    senco.goto(f"{room.site.url}/")
    room.look(senco, "my-actions-of-a-senco")
    senco.get_by_role("link", name="Agree the date of the meeting").last.click()
    assert "From Sunday 18 October 2026 to Friday 20 November 2026." in senco.inner_text("main")
    fill_day(senco, "fact.meeting_on", "2026-11-21")
    senco.get_by_role("button", name="Record it as done").click()
    assert "The day of the review meeting does not fit. From Sunday 18 October 2026" in senco.inner_text("[role=alert]")
    room.look(senco, "decide-refused")
    assert senco.locator('[name="fact.meeting_on-day"]').input_value() == "21"
    fill_day(senco, "fact.meeting_on", "2026-11-05")
    senco.get_by_role("button", name="Record it as done").click()
    senco.get_by_role("heading", name="Recorded").wait_for()
    room.mail_goes()


def advice_comes_by_link(room: Room, case: str, mother: str) -> None:
    """The parent opens the mail's link, says nothing by mistake, then what she thinks; the link is good once."""
    room.comes("2026-10-05")
    parent, link = room.person(), room.link_to(mother)
    parent.goto(link)
    room.look(parent, "link-of-a-parent")
    assert "Ada" not in parent.inner_text("main") and "Eve" not in parent.inner_text("main")
    parent.get_by_role("button", name="Send").click()
    assert "Choose what was decided" in parent.inner_text("[role=alert]")
    choose(parent, "I say what I think below")
    parent.get_by_label("What do you want to say?").fill("She is proud of her reading.")
    parent.get_by_role("button", name="Send").click()
    parent.get_by_role("heading", name="Thank you").wait_for()
    room.look(parent, "link-done")
    parent.goto(link)
    assert "used already" in parent.inner_text("main")
    room.look(parent, "link-used")


def hold_the_meeting(room: Room, senco: Page, case: str) -> None:
    """What has come goes out, the meeting is held, the plan's sections are checked."""
    room.comes("2026-10-20")
    record(senco, room, case, "circulate_advice")
    room.comes("2026-11-05")
    record(senco, room, case, "hold_meeting")
    room.comes("2026-11-06")
    record(senco, room, case, "check_sections", "Gaps found")


def write_and_approve(room: Room, senco: Page, head: Page, case: str) -> None:
    """The head sends the report back once. The SENCO may not approve it."""
    room.comes("2026-11-10")
    write_report(room, senco, case)
    senco.goto(f"{room.site.url}/cases/{case}/decide/approve_report")
    assert "can be recorded by the headteacher" in senco.inner_text("main")
    room.look(senco, "not-yours")
    record(head, room, case, "approve_report", "Sent back", "The view of the pupil is missing.")
    room.comes("2026-11-12")
    write_report(room, senco, case)
    room.comes("2026-11-13")
    head.goto(f"{room.site.url}/")
    head.get_by_role("link", name="Approve the report").click()
    room.look(head, "decide")
    choose(head, "Approved")
    head.get_by_role("button", name="Record the decision").click()
    head.get_by_role("heading", name="Recorded").wait_for()
    room.mail_goes()


def write_report(room: Room, senco: Page, case: str) -> None:
    """The SENCO records the report with what it recommends."""
    senco.goto(f"{room.site.url}/cases/{case}/decide/write_report")
    choose(senco, "Amend")
    senco.get_by_role("button", name="Record it as done").click()
    senco.get_by_role("heading", name="Recorded").wait_for()


def the_la_decides(room: Room, case: str) -> None:
    """The officer answers the reminder of a week before: amend, with the dates that only this outcome asks for."""
    room.comes("2026-11-26")
    officer, link = room.person(), room.link_to(OFFICER)
    room.comes("2026-12-02")
    officer.goto(link)
    line = done_on_a_list(officer)
    fill_day(officer, f"{line}fact.decision_on", "2026-12-01")
    hidden = officer.locator(f'[name="{line}fact.notice_sent_on-day"]')
    assert not hidden.is_visible(), "the questions of an outcome show when it is chosen, with and without scripts"
    choose(officer, "Amend the plan")
    assert hidden.is_visible()
    room.look(officer, "link-of-an-la")
    officer.get_by_role("button", name="Save all answers").click()
    assert officer.inner_text("[role=alert]").count("give an answer") == 2
    room.look(officer, "link-errors")
    fill_day(officer, f"{line}fact.notice_sent_on", "2026-12-01")
    fill_day(officer, f"{line}fact.notice_served_on", "2026-12-02")
    officer.get_by_role("button", name="Save all answers").click()
    officer.get_by_role("heading", name="Thank you").wait_for()
    room.mail_goes()


def the_parent_answers(room: Room, mother: str) -> None:
    """The parent asks for changes to the amendments."""
    room.comes("2026-12-10")
    parent = room.person()
    parent.goto(room.link_to(mother))
    choose(parent, "I ask for changes")
    parent.get_by_label("What do you want to say?").fill("Please name the speech therapy in hours.")
    parent.get_by_role("button", name="Send").click()
    parent.get_by_role("heading", name="Thank you").wait_for()
    room.mail_goes()


def the_la_sends_the_plan(room: Room) -> None:
    """The officer answers the next reminder: the amended plan."""
    room.comes("2027-01-19")
    officer = room.person()
    officer.goto(room.link_to(OFFICER))
    line = done_on_a_list(officer)
    choose(officer, "The amended plan")
    fill_day(officer, f"{line}fact.decision_on", "2027-01-19")
    officer.get_by_role("button", name="Save all answers").click()
    officer.get_by_role("heading", name="Thank you").wait_for()
    room.mail_goes()


def look_back(room: Room, senco: Page, case: str) -> None:
    """The case's page tells the whole story, and the other pages of the slice are in order."""
    senco.goto(f"{room.site.url}/cases/{case}")
    told = senco.inner_text("main")
    for words in (
        "Ended: The plan is amended",
        "by signed link",
        "Please name the speech therapy in hours.",
        "The view of the pupil is missing.",
        "sent back",
    ):
        assert words in told
    room.look(senco, "case-ended")
    for path, name in (("/cases", "cases"), ("/messages", "sent-messages"), ("/nothing", "not-found")):
        senco.goto(f"{room.site.url}{path}")
        room.look(senco, name)
    senco.goto(f"{room.site.url}/messages")
    senco.locator("table tbody a[href^='/messages/']").first.click()
    room.look(senco, "one-message")
    running = room.site.review(school_id=room.site.ash)
    senco.goto(f"{room.site.url}/cases/{running}")
    for summary in senco.locator(".sf-why summary").all()[:2]:
        summary.click()
    assert "The rule:" in senco.inner_text("main")
    room.look(senco, "case")
    senco.goto(f"{room.site.url}/cases/{running}/correct/review_due_on")
    room.look(senco, "correct-a-fact")
    senco.goto(f"{room.site.url}/cases/{running}/end/moved_away")
    room.look(senco, "end-a-case")


def record(page: Page, room: Room, case: str, step: str, outcome: str = "", comment: str = "") -> None:
    """Somebody records a step on its page."""
    page.goto(f"{room.site.url}/cases/{case}/decide/{step}")
    if outcome:
        choose(page, outcome)
    if comment:
        page.locator('[name="comment"]').fill(comment)
    page.get_by_role("button", name="Record").click()
    page.get_by_role("heading", name="Recorded").wait_for()
    room.mail_goes()
