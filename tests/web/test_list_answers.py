"""An officer answers a whole list by its link: what was decided, by when, what is waited for; all of it or nothing (issue 6, point 2)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.links import Links
from db.links_held import withdraw_link
from db.list_links import DAYS
from db.queries.timeline import timeline_of
from db.signing_key import signing_keys
from tasks.chase import chase
from tasks.deliver import spread
from tasks.mailings import send_lists
from tasks.parts import Parts
from tests.web.list_story import LATE_ON, OfficersList, officers_list
from tests.web.site import Site


@pytest.fixture
def listed(site: Site) -> OfficersList:
    """Each test its own cases; the last test's lists stand beside them, for another day's mail is another list."""
    with site.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE mailings SET sent_for = sent_for - 1000 - id::int WHERE sent_for >= %s", (LATE_ON,))
    return officers_list(site, 1, 2)


def parts_of(site: Site) -> Parts:
    return Parts(site.settings, site.engines, site.clock, site.ledger.parts.library, site.ledger)


def said(site: Site, case: str) -> list[str]:
    with site.engines.scheduler() as session:
        return [entry.what for entry in timeline_of(session, case) if entry.kind == "say"]


def test_each_answer_is_an_event_of_its_case_and_one_save_does_all(site: Site, listed: OfficersList) -> None:
    browser = site.client("")
    shown = browser.get(listed.path)
    (done,), (by, waits) = listed.decidable, listed.waiting
    form = {
        **listed.form(shown.text),
        **listed.says(done, "decided", outcome="maintain", fact_decision_on="1 12 2026", on="2 12 2026"),
        **listed.says(by, "will_be_by", by="11 12 2026"),
        **listed.says(waits, "waiting_for", what="the psychologist's advice"),
    }
    sent = browser.post(listed.path, data=form)
    assert sent.status_code == 200 and "3 answers recorded" in sent.text and "Ada" not in shown.text + sent.text
    assert site.ledger.position(done)[1].instance("la_decision").outcome == "maintain"
    assert said(site, by) == ["The LA decides whether to keep, amend or cease the plan: not yet done; it will be done by Friday 11 December 2026"]
    assert "asked again after Friday 18 December 2026" in said(site, waits)[0]
    with site.engines.scheduler() as session:
        assert [dict(entry.words) for entry in timeline_of(session, waits) if entry.kind == "say"] == [{"comment": "the psychologist's advice"}]
    assert all(site.ledger.verify(case) == [] for case in (done, by, waits))
    again = browser.get(listed.path)
    assert again.text.count("This is settled") == 1, "what is not done yet can be answered again, by the same list"
    assert browser.post(listed.path, data=form).status_code == 200, "the same form once more"
    assert len(said(site, by)) == 1


def test_an_answer_to_what_was_settled_meanwhile_is_not_lost_in_silence(site: Site, listed: OfficersList) -> None:
    browser = site.client("")
    (done,), (by, _) = listed.decidable, listed.waiting
    page = browser.get(listed.path).text
    site.records(done, "la_decision", "2026-12-04", "maintain", decision_on=date(2026, 12, 3))  # the letter came by post
    decides = listed.says(done, "decided", outcome="cease", fact_decision_on="1 12 2026", on="2 12 2026")
    alone = browser.post(listed.path, data={**listed.form(page), **decides})
    assert alone.status_code == 200 and f"{done}: this was settled before your answer came" in alone.text and "Answer one line" not in alone.text
    both = browser.post(listed.path, data={**listed.form(page), **decides, **listed.says(by, "will_be_by", by="11 12 2026")})
    assert "1 answer recorded" in both.text and f"{done}: this was settled before your answer came" in both.text
    assert site.ledger.position(done)[1].instance("la_decision").outcome == "maintain" and len(said(site, by)) == 1


def test_bad_input_on_a_line_names_it_and_nothing_is_half_done(site: Site, listed: OfficersList) -> None:
    browser = site.client("")
    form = listed.form(browser.get(listed.path).text)
    (done,), (by, waits) = listed.decidable, listed.waiting
    before = [site.acts(case) for case in (done, by, waits)]
    wrong = browser.post(listed.path, data={**form, **listed.says(done, "decided", outcome="maintain", fact_decision_on="1 12 2026", on="1 12 2026"),
        **listed.says(by, "will_be_by", by="31 11 2026"), **listed.says(waits, "waiting_for", what=" ")})  # fmt: skip
    assert wrong.status_code == 422
    assert f"{by}: Write the day by which it will be done" in wrong.text and f"{waits}: Say what you wait for" in wrong.text
    assert 'value="31"' in wrong.text, "what was typed stands there again"
    refused = browser.post(listed.path, data={**form, **listed.says(by, "will_be_by", by="11 12 2026"),
        **listed.says(waits, "decided", outcome="maintain", fact_decision_on="1 12 2026", on="1 12 2026")})  # fmt: skip
    assert refused.status_code == 422 and f"{waits}: “The LA decides" in refused.text, "its meeting was never recorded, so the rules refuse it"
    past = browser.post(listed.path, data={**form, **listed.says(by, "will_be_by", by="1 12 2026")})
    assert f"{by}: The day by which it will be done must be after today" in past.text
    far = browser.post(listed.path, data={**form, **listed.says(by, "will_be_by", by="30 11 2027")})
    assert f"{by}: The last day for" in far.text and "Name a day by" in far.text, "no word ends all reminders of a duty of law for a year"
    assert "Answer one line at least" in browser.post(listed.path, data=form).text
    assert [site.acts(case) for case in (done, by, waits)] == before, "none of it was saved"


def test_chasing_waits_until_the_day_that_was_named_and_then_asks_once(site: Site, listed: OfficersList) -> None:
    browser, parts = site.client(""), parts_of(site)
    case = listed.waiting[0]
    form = {**listed.form(browser.get(listed.path).text), **listed.says(case, "will_be_by", by="22 12 2026")}
    assert browser.post(listed.path, data=form).status_code == 200
    spread(parts)

    def told(on: str) -> list[tuple[str, str, str]]:
        site.clock.today_is = date.fromisoformat(on)
        chase(parts, site.clock.today_is)
        send_lists(parts, site.clock.now())
        query = (
            "SELECT d.to_role, d.template, d.state FROM deliveries d JOIN cases c ON c.id = d.case_id "
            "WHERE c.ref = %s AND d.step = 'la_decision' AND d.owed_on > %s ORDER BY d.id"
        )
        with site.engines.scheduler() as session:
            return [tuple(row) for row in session.connection().exec_driver_sql(query, (case, LATE_ON)).all()]

    rungs = told("2026-12-17")
    assert ("la", "ladders/la_overdue", "superseded") in rungs and ("la", "ladders/la_breach", "superseded") in rungs
    assert any(role == "headteacher" and state in ("held", "listed") for role, _, state in rungs), "our own people hear as ever"
    assert ("la", "ladders/said_passed", "held") in rungs
    assert ("la", "ladders/said_passed", "listed") in told("2026-12-23"), "the day after the one that they named"
    with site.engines.scheduler() as session:
        late = session.connection().exec_driver_sql(
            "SELECT due_on FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s AND step = 'la_decision'", (case,)
        )
        assert late.scalar_one() == date(2026, 12, 3), "no date of law moves"
    site.clock.today_is = LATE_ON


def test_a_list_opens_nothing_when_it_is_edited_old_withdrawn_or_another_schools(site: Site, listed: OfficersList) -> None:
    browser = site.client("")
    assert browser.get(listed.path[:-2] + "xx").status_code == 404
    withdrawn = listed.waiting[0]
    with site.engines.scheduler() as session:
        whose = (
            "SELECT d.person_id FROM deliveries d JOIN cases c ON c.id = d.case_id "
            "WHERE c.ref = %s AND d.step = 'la_decision' AND d.state = 'listed' AND d.to_role = 'la'"
        )
        person_id = session.connection().exec_driver_sql(whose, (withdrawn,)).scalar_one()
        about = {"case": withdrawn, "step": "la_decision", "party": "", "round": 1, "role": "la", "person_id": person_id}
        links = Links(signing_keys(site.settings))
        made = links.number(links.make(session, **about, expires_on=LATE_ON + timedelta(days=60)))
        withdraw_link(session, withdrawn, made, by=site.people[site.ash, "senco"], now=site.clock.now())
    page = browser.get(listed.path).text
    assert page.count("The school has withdrawn your link to this step") == 1
    form = {**listed.form(page), **listed.says(withdrawn, "will_be_by", by="11 12 2026")}
    assert "Answer one line at least" in browser.post(listed.path, data=form).text and said(site, withdrawn) == []
    site.clock.today_is = LATE_ON + timedelta(days=DAYS + 1)
    assert browser.get(listed.path).status_code == 410
    site.clock.today_is = LATE_ON


def test_our_own_people_may_record_what_they_were_told_by_telephone(site: Site, listed: OfficersList) -> None:
    case = listed.waiting[0]
    site.ledger.say(
        site.actor("senco"), key=uuid4(), case=case, step="la_decision", word="will_be_by", until=date(2026, 12, 9), words="rang", on=LATE_ON
    )
    assert "it will be done by Wednesday 9 December 2026" in said(site, case)[0]
    assert site.ledger.verify(case) == []
