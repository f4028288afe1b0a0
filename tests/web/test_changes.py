"""What changes a record after the fact, whose messages are shown, and what every page says while the automation rests."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from db.heartbeats import beat
from tests.web.site import Site, form_of
from tests.web.test_together import LA, meeting_held

PAUSED = "The automation is paused"


def test_a_wrong_outcome_is_put_right_with_its_reason(site: Site) -> None:
    case = site.review()
    site.records(case, "la_says_who_arranges", "2026-09-20", "la_arranges")
    browser = site.client()
    path = f"/cases/{case}/correct-outcome/la_says_who_arranges"
    assert path in browser.get(f"/cases/{case}").text
    without = browser.post(path, data=form_of(browser, path, outcome="school_arranges"))
    assert without.status_code == 422 and "Say why" in without.text
    done = browser.post(path, data=form_of(browser, path, outcome="school_arranges", comment="Misread the letter"))
    assert done.status_code == 200 and "Corrected" in done.text
    assert site.ledger.position(case)[1].instance("la_says_who_arranges").outcome == "school_arranges"
    assert "Misread the letter" in browser.get(f"/cases/{case}").text


def test_a_teacher_corrects_nothing_and_reads_no_messages(site: Site) -> None:
    case = site.review()
    site.records(case, "la_says_who_arranges", "2026-09-20", "la_arranges")
    teacher = site.client("teacher")
    shown = teacher.get(f"/cases/{case}").text
    assert "correct-outcome" not in shown and "/correct/" not in shown
    assert teacher.get(f"/cases/{case}/correct-outcome/la_says_who_arranges").status_code == 403
    form = form_of(site.client(), f"/cases/{case}/correct/review_due_on")
    before = site.acts(case)
    token = form_of(teacher, "/start")["csrf"]
    day = {"fact.review_due_on-day": "1", "fact.review_due_on-month": "12", "fact.review_due_on-year": "2026"}
    refused = teacher.post(f"/cases/{case}/correct/review_due_on", data={**form, **day, "csrf": token, "because": "to see"})
    assert refused.status_code == 422 and "This has not been recorded" in refused.text
    assert site.acts(case) == before


def test_a_corrected_day_moves_the_dates_that_follow(site: Site) -> None:
    case = site.review()
    browser = site.client()
    path = f"/cases/{case}/correct/review_due_on"
    day = {"fact.review_due_on-day": "11", "fact.review_due_on-month": "12", "fact.review_due_on-year": "2026"}
    assert browser.post(path, data=form_of(browser, path, because="The plan is a week older", **day)).status_code == 200
    instance = site.ledger.position(case)[1].instance("la_decision")
    assert instance.due is not None and instance.due.on == date(2026, 12, 11)


def test_a_case_that_ended_offers_nothing_more(site: Site) -> None:
    case = site.review()
    browser = site.client()
    path = f"/cases/{case}/end/moved_away"
    assert browser.post(path, data=form_of(browser, path, because="Moved to another town")).status_code == 200
    shown = browser.get(f"/cases/{case}").text
    assert "Ended: The pupil has left the school" in shown
    assert "/decide/" not in shown and "/correct" not in shown and "/end/" not in shown


def test_a_planned_day_s_bounds_stand_beside_it(site: Site) -> None:
    case = site.review()
    browser = site.client()
    path = f"/cases/{case}/decide/agree_meeting_date"
    assert "From Tuesday 22 December 2026 to Tuesday 19 January 2027." in browser.get(path).text
    early = {"fact.meeting_on-day": "1", "fact.meeting_on-month": "12", "fact.meeting_on-year": "2026"}
    refused = browser.post(path, data=form_of(browser, path, **early))
    assert refused.status_code == 422
    assert "The day of the review meeting does not fit. From Tuesday 22 December 2026" in refused.text
    assert 'href="#fact-meeting_on-day"' in refused.text and 'id="fact-meeting_on-day"' in refused.text


def test_questions_of_another_outcome_are_not_asked(site: Site) -> None:
    case = meeting_held(site)
    browser = site.client()
    path = f"/cases/{case}/decide/la_decision"
    assert browser.post(path, data=form_of(browser, path, **LA)).status_code == 200
    amended = meeting_held(site)
    path = f"/cases/{amended}/decide/la_decision"
    refused = browser.post(path, data=form_of(browser, path, **{**LA, "outcome": "amend"}))
    assert refused.status_code == 422 and "The day the LA sent the proposed amendments: give an answer" in refused.text


@pytest.mark.parametrize(("silent_for", "paused"), [(timedelta(minutes=1), False), (timedelta(minutes=6), True)])
def test_the_pages_say_when_the_automation_rests(site: Site, silent_for: timedelta, paused: bool) -> None:
    with site.engines.scheduler() as session:
        beat(session, "wakes", site.clock.now() - silent_for, every_seconds=30)
    assert (PAUSED in site.client().get("/").text) is paused


def test_the_trust_s_lead_sees_what_is_late_in_all_schools(site: Site) -> None:
    case = site.review("Late", "Latimer", site.birch)
    shown = site.client("trust_send_lead").get("/").text
    assert "Late in all schools" in shown and case in shown
    assert "Late in all schools" not in site.client().get("/").text


def test_whoever_leads_is_asked_on_my_actions_whether_the_rights_have_passed_and_may_say_that_they_have_not(site: Site) -> None:
    """Seventeen in November 2026, and the case still writes to the parents (CFA 2014 s.83(2))."""
    case = site.review("Fern", "Frost")
    with site.engines.scheduler() as session:
        grown = "UPDATE pupils SET born_on = '2009-03-01' WHERE id = (SELECT pupil_id FROM cases WHERE ref = :case)"
        session.execute(text(grown), {"case": case})
    path = f"/cases/{case}/correct/rights_held_by"
    senco = site.client()
    assert path in senco.get("/").text and path not in site.client("teacher").get("/").text
    assert path not in site.client("senco", site.birch).get("/").text
    kept = senco.post(
        path, data={**form_of(senco, path), "fact.rights_held_by": "parent", "because": "She lacks capacity for this; reviewed with her."}
    )
    assert kept.status_code == 200, kept.text
    assert path not in senco.get("/").text and site.ledger.position(case)[1].facts["rights_held_by"] == "parent"
