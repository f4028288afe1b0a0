"""Two people at one step, one form sent twice, an old tab, a link used twice: K1-K3, K5, A5, A6, over HTTP."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete

from db.models import Membership
from tasks.does import SOFTWARE
from tests.web.site import Site, form_of

LA = {
    "outcome": "maintain",
    "fact.decision_on-day": "23",
    "fact.decision_on-month": "11",
    "fact.decision_on-year": "2026",
}


def meeting_held(site: Site) -> str:
    """A review whose meeting was held on 5 November and whose report was written by the SENCO."""
    case = site.review()
    site.records(case, "agree_meeting_date", "2026-09-20", meeting_on=date(2026, 11, 5))
    site.records(case, "circulate_advice", "2026-10-20")
    _software(site, case, "send_invitations", "2026-09-21")
    site.records(case, "hold_meeting", "2026-11-05")
    site.records(case, "check_sections", "2026-11-06", "complete")
    site.records(case, "write_report", "2026-11-10", recommendation="maintain")
    return case


def _software(site: Site, case: str, step: str, on: str) -> None:
    site.ledger.decide(SOFTWARE, key=uuid4(), case=case, step=step, on=date.fromisoformat(on))


def both(*sends: tuple[httpx.Client, str, dict[str, str]]) -> list[httpx.Response]:
    """Post all at once: each client waits at a barrier until every one is ready."""
    ready = threading.Barrier(len(sends))

    def send(one: tuple[httpx.Client, str, dict[str, str]]) -> httpx.Response:
        client, path, form = one
        ready.wait()
        return client.post(path, data=form)

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(send, sends))


@pytest.mark.parametrize("_", range(5))
def test_a_double_click_is_one_act_with_one_receipt(site: Site, _: int) -> None:
    case = site.review()
    browser, same = site.client(), site.client()
    same.cookies = browser.cookies
    path = f"/cases/{case}/decide/la_says_who_arranges"
    form = form_of(browser, path, outcome="school_arranges", comment="They wrote today")
    before = site.acts(case)
    first, second = both((browser, path, form), (same, path, form))
    assert {first.status_code, second.status_code} == {200}
    assert site.acts(case) == before + 1
    assert sum("recorded before" in answer.text for answer in (first, second)) == 1
    assert all(f"{case}, number {before + 1}" in answer.text for answer in (first, second))


def test_the_same_key_with_another_answer_is_refused(site: Site) -> None:
    case = site.review()
    browser = site.client()
    path = f"/cases/{case}/decide/la_says_who_arranges"
    form = form_of(browser, path, outcome="school_arranges")
    assert browser.post(path, data=form).status_code == 200
    refused = browser.post(path, data={**form, "outcome": "la_arranges"})
    assert refused.status_code == 422 and "sent before with other contents" in refused.text


@pytest.mark.parametrize("_", range(5))
def test_of_two_people_one_wins_and_the_other_is_told_who_and_when(site: Site, _: int) -> None:
    case = site.review()
    senco, head = site.client(), site.client("headteacher")
    path = f"/cases/{case}/decide/la_says_who_arranges"
    mine = form_of(senco, path, outcome="school_arranges", comment="from the SENCO")
    theirs = form_of(head, path, outcome="la_arranges", comment="from the head")
    before = site.acts(case)
    answers = both((senco, path, mine), (head, path, theirs))
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert site.acts(case) == before + 1
    lost = next(a for a in answers if a.status_code == 409)
    winner, words = ("Senco Ash", "from the head") if lost is answers[1] else ("Headteacher Ash", "from the SENCO")
    assert winner in lost.text and words in lost.text and " at " in lost.text


def test_an_old_tab_is_refused_and_its_words_are_kept(site: Site) -> None:
    case = meeting_held(site)
    head = site.client("headteacher")
    path = f"/cases/{case}/decide/approve_report"
    old = form_of(head, path, outcome="approved", comment="Long thought about")
    site.records(case, "approve_report", "2026-11-11", "sent_back", role="headteacher")
    site.records(case, "write_report", "2026-11-12", recommendation="maintain")
    before = site.acts(case)
    refused = head.post(path, data=old)
    assert refused.status_code == 422
    assert "opened anew since this page was made" in refused.text and "Long thought about" in refused.text
    assert site.acts(case) == before


def test_the_author_does_not_approve_their_own_report(site: Site) -> None:
    case = meeting_held(site)
    as_head = Membership(person_id=site.people[site.ash, "senco"], school_id=site.ash, role="headteacher")
    with site.engines.scheduler() as session:
        session.add(as_head)
    try:
        senco = site.client()
        told = senco.get(f"/cases/{case}/decide/approve_report")
        assert told.status_code == 403 and "Somebody else must" in told.text
        form = form_of(site.client("headteacher"), f"/cases/{case}/decide/approve_report", outcome="approved")
        mine = form_of(senco, f"/cases/{case}/end/moved_away")
        before = site.acts(case)
        refused = senco.post(f"/cases/{case}/decide/approve_report", data={**form, "csrf": mine["csrf"]})
        assert refused.status_code == 422 and "This has not been recorded" in refused.text
        assert site.acts(case) == before
    finally:
        with site.engines.scheduler() as session:
            session.execute(delete(Membership).where(Membership.person_id == site.people[site.ash, "senco"], Membership.role == "headteacher"))


@pytest.mark.parametrize("_", range(5))
def test_one_link_posted_twice_decides_once(site: Site, _: int) -> None:
    case = meeting_held(site)
    path = site.link(case)
    one, other = site.client(""), site.client("")
    before = site.acts(case)
    answers = both((one, path, form_of(one, path, **LA)), (other, path, form_of(other, path, **LA)))
    assert sorted(a.status_code for a in answers) == [200, 410]
    assert site.acts(case) == before + 1
    assert one.get(path).status_code == 410 and "used already" in one.get(path).text


def test_a_scanner_that_opens_and_sends_decides_nothing(site: Site) -> None:
    case = meeting_held(site)
    path = site.link(case)
    scanner = site.client("")
    before = site.acts(case)
    for _ in range(3):
        assert scanner.head(path).status_code == 200
        assert scanner.head(path).content == b""
        assert scanner.get(path).status_code == 200
    empty = scanner.post(path, data=form_of(scanner, path))
    assert empty.status_code == 422 and "Choose what was decided" in empty.text
    assert site.acts(case) == before
    assert scanner.post(path, data=form_of(scanner, path, **LA)).status_code == 200


def test_a_link_page_says_nothing_about_the_child(site: Site) -> None:
    case = meeting_held(site)
    path = site.link(case)
    browser = site.client("")
    shown = browser.get(path).text
    assert "Ada" not in shown and "Ashby" not in shown and "Signed in as" not in shown
    done = browser.post(path, data=form_of(browser, path, **LA)).text
    assert "Your answer is recorded" in done and "Ada" not in done and "Ashby" not in done
    assert "appeal" not in done and "What happens next" not in done, "nor what others have to do in the case"


def test_a_link_that_is_wrong_in_each_way_says_so(site: Site) -> None:
    browser = site.client("")
    expired = site.link(meeting_held(site), expires_on=date(2026, 11, 1))
    moved = site.link(case := meeting_held(site))
    site.records(case, "la_decision", "2026-11-20", "maintain", decision_on=date(2026, 11, 20))
    good = site.link(meeting_held(site))
    wrong = {
        expired: (410, "expired"),
        moved: (410, "settled in the meantime"),
        good[:-4] + "aaaa": (404, "changed on its way"),
        "/l/x": (404, "not complete"),
    }
    for path, (status, words) in wrong.items():
        answer = browser.get(path)
        assert answer.status_code == status and words in answer.text
        assert browser.post(path, data=LA).status_code == status


def test_a_link_is_good_for_its_own_step_alone(site: Site) -> None:
    case = meeting_held(site)
    path = site.link(case)
    browser = site.client("")
    before = site.acts(case)
    assert browser.get(f"/cases/{case}").url.path == "/sign-in"
    assert browser.post(f"/cases/{case}/decide/approve_report", data=form_of(browser, path, outcome="approved")).url.path == "/sign-in"
    assert site.acts(case) == before
