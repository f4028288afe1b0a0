"""The page on which a headteacher reads the draft of a formal complaint to the LA and approves it."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from db.ledger import Actor
from tests.web.site import Site, form_of


@pytest.fixture(scope="module")
def late(site: Site) -> str:
    return sent_and_late(site)


def sent_and_late(site: Site) -> str:
    """A review whose report was sent, and whose LA let 9 November pass; it is 24 November."""
    case, software = site.review(), Actor(None, frozenset(), "flow")
    site.records(case, "agree_meeting_date", "2026-09-10", meeting_on=date(2026, 10, 12))
    site.ledger.decide(software, key=uuid4(), case=case, step="send_invitations", outcome="done", on=date(2026, 9, 21))
    for step in ("circulate_advice", "hold_meeting"):
        site.records(case, step, "2026-10-12")
    site.records(case, "check_sections", "2026-10-12", "complete")
    site.records(case, "write_report", "2026-10-12", recommendation="maintain")
    site.records(case, "approve_report", "2026-10-12", "approved", role="headteacher")
    site.ledger.decide(software, key=uuid4(), case=case, step="send_report", outcome="done", on=date(2026, 10, 13))
    return case


def test_the_head_reads_the_draft_approves_it_and_the_record_says_so(site: Site, late: str) -> None:
    head, path = site.client("headteacher"), f"/cases/{late}/complain/la_decision"
    assert path in head.get(f"/cases/{late}").text
    shown = " ".join(head.get(path).text.split())
    assert "It goes to Testshire SEN team" in shown and "It is 15 days late. The duty is in reg 20(10)." in shown
    assert "Approved for Ash School by Headteacher Ash." in shown and "This would be another" not in shown
    form, before = form_of(head, path), site.acts(late)
    approved = head.post(path, data=form)
    assert approved.status_code == 200 and "Complaint approved" in approved.text and site.acts(late) == before + 1
    assert head.post(path, data=form).status_code == 200 and site.acts(late) == before + 1, "pressed twice is approved once"
    assert "formal complaint to the local authority approved" in head.get(f"/cases/{late}").text
    assert "approved on Tuesday 24 November 2026. This would be another." in head.get(path).text


def test_nobody_else_and_nothing_that_is_not_late(site: Site, late: str) -> None:
    path = f"/cases/{late}/complain/la_decision"
    senco = site.client()
    assert path not in senco.get(f"/cases/{late}").text and senco.get(path).status_code == 403
    assert site.client("headteacher", site.birch).get(path).status_code == 404
    other, head = site.review(), site.client("headteacher")
    refused = head.get(f"/cases/{other}/complain/la_decision")
    assert refused.status_code == 422 and "No complaint can be sent" in refused.text
    assert "waits for what comes before it" in refused.text and "Approve and send" not in refused.text
    assert head.get(f"/cases/{other}/complain/no_such_step").status_code == 404


def test_two_who_have_the_draft_open_send_one_letter(site: Site) -> None:
    case = sent_and_late(site)
    path = f"/cases/{case}/complain/la_decision"
    head, lead = site.client("headteacher"), site.client("trust_send_lead")
    forms, before = [form_of(one, path) for one in (head, lead)], site.acts(case)
    assert head.post(path, data=forms[0]).status_code == 200 and site.acts(case) == before + 1
    second = lead.post(path, data=forms[1])
    assert second.status_code == 422 and "has been approved meanwhile" in second.text and site.acts(case) == before + 1
    assert "This would be another." in second.text
    assert lead.post(path, data=form_of(lead, path)).status_code == 200 and site.acts(case) == before + 2, "who has read that may"


@pytest.mark.slow
def test_the_draft_fits_a_phone_and_passes_axe(site: Site, late: str, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 375, "height": 740})
    context.add_cookies([{"name": "sendflow_session", "value": site.client("headteacher").cookies["sendflow_session"], "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/cases/{late}/complain/la_decision")
    found = Axe().run(page).response["violations"]
    assert found == [], [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    context.close()
