"""Mediations, appeals and claims as stories begin them: the council's letter is of 1 October 2026, the Tribunal registers on 2 December."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi.testclient import TestClient

from notifications.sink import KeptMail, kept_mails
from tests.acceptance.people import Household, household
from tests.acceptance.trust_at_work import HIDDEN, ORIGIN, Story, TrustAtWork

LETTER = date(2026, 10, 1)


def family(trust: TrustAtWork, name: str) -> Household:
    """A child of nine and the family."""
    return household(trust.office.village, name, date(2017, 5, 4), 5)


def decided(trust: TrustAtWork, process: str, name: str, decision: str = "no_plan", on: str = "2026-10-05") -> Story:
    """The SENCO opens a case about the council's letter of 1 October."""
    trust.begin(on)
    return trust.open(process, family(trust, name), decision=decision, decision_on=LETTER, rights_held_by="parent")


def dated(fact: str, day: str) -> dict[str, str]:
    """The three boxes of a date in a form."""
    year, month, of_month = day.split("-")
    return {f"fact.{fact}-year": year, f"fact.{fact}-month": month, f"fact.{fact}-day": of_month}


def appealed(trust: TrustAtWork, name: str, decision: str) -> Story:
    """Appealed on 19 November, registered on 2 December."""
    story = decided(trust, "tribunal_appeal", name, decision, on="2026-11-20")
    if decision not in ("no_plan", "refused_to_assess"):
        story.records("keep_plan_going")
    story.records("family_appeals", "appealed", appealed_on="2026-11-19")
    trust.begin("2026-12-02")
    story.records("appeal_registered", la_received_on="2026-12-02", evidence_due_on="2027-02-12", hearing_on="2027-03-18")
    return story


def mediated(trust: TrustAtWork, story: Story, end: str) -> None:
    """From the wish for mediation to that end; the dates on the way are asserted."""
    if end == "not_arranged":
        story.records("la_arranges", "cannot_arrange", adviser_told_on="2026-10-09")
        assert story.due("certificate_not_arranged") == "2026-10-14"
        story.records("certificate_not_arranged", "issued", certificate_issued_on="2026-10-09")
        return
    arranges = "la_arranges"
    if end == "agreed_otherwise":
        story.records("la_tells_health", health_told_on="2026-10-09")
        arranges = "health_arranges"
    story.records(arranges, "arranged", mediation_on="2026-10-20")
    trust.begin("2026-10-20")
    agreed = {} if end == "not_agreed" else {"agreement_on": "2026-10-20", "more_agreed": end == "agreed_otherwise"}
    outcome = {"no_plan": "agreed_to_assess"}.get(end, end)
    story.records("hold_mediation", outcome, mediation_ended_on="2026-10-20", **agreed)
    story.records("certificate_after_mediation", "issued", certificate_issued_on="2026-10-20")
    if end == "agreed_otherwise":
        assert (story.due("health_tells_la"), story.due("la_does_the_rest")) == ("2026-10-27", "2026-11-03")
        story.records("health_tells_la")
        story.records("la_does_the_rest")
    if end == "no_plan":
        assert [story.due(s) for s in ("la_says_it_assesses", "la_decides_on_plan")] == ["2026-11-03", "2026-12-29"]
        story.records("la_says_it_assesses")
        story.records("la_decides_on_plan", "no_plan", new_decision_on="2026-10-20")


def opened_on_the_page(trust: TrustAtWork, home: Household) -> Story:
    """The SENCO finds the pupil, fills in the form and opens the appeal."""
    browser = TestClient(trust.browser.app, base_url=ORIGIN, headers={"Origin": ORIGIN})
    assert browser.post("/sign-in", data={"person": str(trust.office.village.senco.person_id)}).status_code == 200
    path = f"/start/tribunal_appeal/{home.pupil_id}"
    found = browser.get("/start", params={"process": "tribunal_appeal", "name": home.name})
    assert path in found.text and "Appeal to the SEND Tribunal" in found.text
    hidden = dict(HIDDEN.findall(browser.get(path).text))
    answers = {"fact.decision": "ceasing", "fact.rights_held_by": "parent", **dated("decision_on", "2026-06-15")}
    done = browser.post(path, data={**hidden, **answers})
    assert done.status_code == 200 and "Case opened" in done.text, done.text
    return Story(trust, trust.office.village.rows("SELECT ref FROM cases WHERE pupil_id = %s", home.pupil_id)[0].ref, home)


def mails_on(trust: TrustAtWork, subject: str) -> list[KeptMail]:
    """Every mail of every case with these words in its subject."""
    return [mail for mail in kept_mails(trust.office.sink_folder) if subject in mail.subject]


def claim(trust: TrustAtWork, name: str, **facts: Any) -> Story:
    """The family says on 20 April 2026 that it may claim over what was done on 10 March; the records are safe and the board knows."""
    trust.begin("2026-04-20")
    usual = {"conduct_on": date(2026, 3, 10), "conciliation": False, "rights_held_by": "parent"}
    story = trust.open("discrimination_claim", family(trust, name), **{**usual, **facts})
    story.records("secure_records", by="head")
    story.records("tell_board_and_insurer", by="trust_send_lead")
    return story
