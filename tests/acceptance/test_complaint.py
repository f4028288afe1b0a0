"""A parent's complaint, from a talk, a letter or a serious disagreement to each of its ends (SI 2014/3283 Schedule paragraph 33; policy 16).

The village has no term dates, so its school days are its working days. Easter 2026: Good Friday is 3 April.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from db.acts.errors import NotFound
from db.ledger import Refused
from tests.acceptance.people import CEO, COUNCIL, HEAD, PANEL, SENCO, SEND_LEAD, Household, chief_executive, household, panel
from tests.acceptance.trust_at_work import HIDDEN, ORIGIN, Story, TrustAtWork, words

pytestmark = pytest.mark.slow
LA = COUNCIL["la"]
ADVICE = "a disagreement, and your advice on resolving it"
# Who can look at what, and what each cannot do. A letter that leaves the second half out sends a family on a vain errand.
ROUTES = (
    "It cannot look into the complaint again, and it cannot change what was decided.",
    "Ofsted can look at concerns about a school as a whole. That includes the early years provision for all children with SEND",
    "It cannot settle a matter about one child",
    "The Local Government and Social Care Ombudsman looks at what councils do.",
    "It cannot look at most of what happens in schools, or at what the Tribunal could decide.",
    "The Tribunal must have it within six months, and the day it happened counts as the first.",
)


@pytest.fixture(scope="module", autouse=True)
def governed(trust: TrustAtWork) -> None:
    trust.more["ceo"] = chief_executive(trust.office.village)


def family(trust: TrustAtWork, name: str) -> Household:
    return household(trust.office.village, name, date(2017, 5, 4), 4)


def complains(trust: TrustAtWork, name: str, on: str, **facts: Any) -> Story:
    """The SENCO opens the case on the day on which the complaint reached the school."""
    trust.begin(on)
    usual = {"received_on": date.fromisoformat(on), "made": "in_writing", "about": "provision", "serious_about_provision": False}
    return trust.open("complaint", family(trust, name), **{**usual, **facts})


def signed_in(trust: TrustAtWork, role: str) -> TestClient:
    """The console as that member of staff sees it."""
    browser = TestClient(trust.browser.app, base_url=ORIGIN, headers={"Origin": ORIGIN})
    person = trust.more.get(role) or getattr(trust.office.village, role)
    assert browser.post("/sign-in", data={"person": str(person.person_id)}).status_code == 200
    return browser


def opened_on_the_page(trust: TrustAtWork, home: Household) -> Story:
    """The SENCO finds the pupil, fills in the form of four questions and opens the case."""
    browser = signed_in(trust, "senco")
    found = browser.get("/start", params={"process": "complaint", "name": home.name})
    path = f"/start/complaint/{home.pupil_id}"
    assert path in found.text and "Complaint of a parent" in found.text
    asked = browser.get(path).text
    assert "Mother Ashby (mother)" in asked and "Father Ashby" not in asked, "whom an order keeps from contact is not offered"
    mother = re.findall(r'name="fact.complainant" type="radio" value="([1-9]\d*)" checked', asked)
    hidden = {**dict(HIDDEN.findall(asked)), "fact.complainant": mother[0]}
    received = {"fact.received_on-day": "9", "fact.received_on-month": "1", "fact.received_on-year": "2026"}
    answers = {"fact.made": "informally", "fact.about": "provision", "fact.serious_about_provision": "yes"}
    done = browser.post(path, data={**hidden, **received, **answers})
    assert done.status_code == 200 and "Case opened" in done.text, done.text
    ref = trust.office.village.rows("SELECT ref FROM cases WHERE pupil_id = %s", home.pupil_id)[0].ref
    return Story(trust, ref, home)


def dated(fact: str, day: str) -> dict[str, str]:
    """The three boxes of a date in a form."""
    year, month, of_month = day.split("-")
    return {f"fact.{fact}-year": year, f"fact.{fact}-month": month, f"fact.{fact}-day": of_month}


def test_a_serious_concern_brings_the_council_in_at_once_and_is_settled_in_a_talk(trust: TrustAtWork) -> None:
    trust.begin("2026-01-12")
    story = opened_on_the_page(trust, family(trust, "Nan"))
    mother = story.home.mother
    asked = story.mail(LA, ADVICE, on="2026-01-12")
    assert "It reached the school on Friday 9 January 2026." in words(asked) and "with a plan or without" in words(asked)
    assert story.home.name not in words(asked), "the council reads initials"
    assert story.told("a disagreement, and advice on resolving it") == {mother, SENCO, HEAD}
    assert story.event("contact_la").happened_on == date(2026, 1, 12) and story.instance("contact_la").done_by is None, "software, on the day"
    heard = words(story.mail(mother, "we have heard your concern"))
    assert "You hear from us by Friday 23 January 2026." in heard and "SENDIASS" in heard
    assert story.due("answer_informally") == "2026-01-23"
    story.comes("2026-01-14")
    story.answers(asked, "service_named", "The county's service, by telephone")
    assert story.told("the local authority advises on the disagreement") == {SENCO}
    story.records("offer_service", "declined")
    assert "you can ask for it at any time" in words(story.mail(mother, "the disagreement resolution service"))
    for again in ("sent_and_may_ask_again", "sent"):
        story.records("la_asks_for_information", information_asked_on="2026-01-14")
        assert story.due("send_information") == "2026-01-21"
        story.records("send_information", again)
    assert len(story.mails(LA, "the information that you asked for")) == 0 and story.told("the information that you asked for") == {LA}
    assert len(story.mails(LA, "the information that you asked for")) == 2
    story.comes("2026-01-16")
    story.records("answer_informally", words="We agreed on a quiet room.")
    settled = story.mail(mother, "are you satisfied with our answer?")
    assert "if you can by Friday 6 February 2026" in words(settled) and all(route in words(settled) for route in (*ROUTES[1:3], ROUTES[5]))
    story.answers(settled, "satisfied")
    assert story.told("the concern is settled") == {SENCO}
    story.records("keep_record")
    assert "you can complain in writing at any time" in words(story.mail(mother, "your concern has been closed"))
    story.has_ended("settled_informally")
    done = [entry.step for entry in story.history() if entry.step]
    assert done[:2] == ["contact_la", "la_gives_advice"] and done[-1] == "keep_record"


def test_the_trust_answers_a_complaint_about_the_head_and_is_chased_itself(trust: TrustAtWork) -> None:
    story = complains(trust, "Oma", "2026-03-04", about="headteacher")
    mother = story.home.mother
    with pytest.raises(Refused):
        story.records("acknowledge", answer_by="2026-04-02")  # twenty school days end on 1 April
    story.records("acknowledge", answer_by="2026-03-25")
    received = words(story.mail(mother, "the complaint in writing has reached us"))
    assert "You will have our written answer by Wednesday 25 March 2026." in received
    assert "The trust does, because your complaint is about the headteacher." in received and "You can ask for a panel." in received
    assert story.told("the complaint in writing has reached us") == {mother, HEAD, CEO}
    assert not story.mails(LA), "it is not about provision"
    assert story.due("respond_for_trust") == "2026-03-25" and story.instance("respond").status == "does_not_apply"
    story.comes("2026-03-26")
    assert story.told("a step of the trust is late", on="2026-03-26") == {CEO, SEND_LEAD}, "nobody of the school that the complaint is about"
    assert "This was for Wednesday 25 March 2026." in words(story.mail(CEO, "a step of the trust is late"))
    with pytest.raises(NotFound):
        story.records("respond_for_trust", by="head", finding="not_upheld")  # nobody judges themselves, or reads what is said of them
    assert signed_in(trust, "head").get(f"/cases/{story.ref}").status_code == 404
    story.records("respond_for_trust", by="ceo", finding="upheld")
    answer = words(story.mail(mother, "the written answer to the complaint"))
    assert story.told("the written answer to the complaint") == {mother, HEAD}, "both sides"
    assert "It is upheld." in answer and ROUTES[1] in answer
    assert "if you can by Monday 20 April 2026" in words(story.mail(mother, "do you want a panel to hear your complaint?"))
    story.comes("2026-04-21")
    assert "We hope to hear from you by Monday 20 April 2026." in words(story.mail(mother, "you can still tell us what you think"))
    assert story.told("the time for the family's views has passed") == {SENCO} and not story.mails(mother, "late")
    story.records("parents_on_answer", "nothing_said")
    story.records("keep_record")
    closed = words(story.mail(mother, "your complaint has been closed"))
    assert "If you want a panel after all" in closed and all(route in closed for route in ROUTES)
    story.has_ended("settled_formally")


def asks_for_a_panel(trust: TrustAtWork) -> Story:
    """A talk, a letter that makes it serious, a written answer, and a request for a panel: all on 2 and 4 March 2026."""
    story = complains(trust, "Pia", "2026-03-02", made="informally", about="member_of_staff")
    panel(trust.office.village, story.home.pupil_id)
    story.records("answer_informally")
    story.answers(story.mail(story.home.mother, "are you satisfied"), "wants_formal", "Here is my letter.", **dated("written_on", "2026-03-02"))
    assert "It reached us on Monday 2 March 2026" in words(story.mail(SENCO, "a complaint in writing"))
    story.corrects("They complain in writing about provision", serious_about_provision=True)
    assert "now says: yes." in words(story.mail(story.home.mother, "a record has been corrected", on="2026-03-02"))
    story.mail(LA, ADVICE, on="2026-03-02")
    story.records("offer_service", "accepted")
    assert "Please arrange it and tell us the day." in words(story.mail(LA, "the disagreement resolution service"))
    story.records("acknowledge", answer_by="2026-03-04")
    story.comes("2026-03-04")
    story.records("respond", by="head", finding="not_upheld")
    asked = story.mail(story.home.mother, "do you want a panel to hear your complaint?")
    assert "You may bring somebody with you" in words(asked)
    story.answers(asked, "wants_panel", "", **dated("panel_asked_on", "2026-03-04"))
    assert story.told("the parents ask for a panel") == {CEO, HEAD} and story.due("appoint_panel") == "2026-03-18"
    return story


def the_hearing_is_put_off(story: Story) -> None:
    """From the 25th to the 27th, and that day comes."""
    story.comes("2026-03-05")
    story.corrects("The parents cannot come on the 25th", by="ceo", hearing_on="2026-03-27")
    assert story.due("hold_hearing") == "2026-03-27"
    assert "on Friday 27 March 2026" in words(story.mail(story.home.mother, "the hearing of a complaint", on="2026-03-05"))
    story.comes("2026-03-27")


def test_a_panel_of_three_without_a_part_in_it_hears_both_sides_and_finds(trust: TrustAtWork) -> None:
    story = asks_for_a_panel(trust)
    console = signed_in(trust, "ceo")
    form = f"/cases/{story.ref}/decide/appoint_panel"
    assert form in console.get("/").text, "the chief executive finds it among their own actions"
    assert "From Wednesday 18 March 2026 to Wednesday 1 April 2026." in console.get(form).text
    mother, invitation = story.home.mother, "you are asked to sit on a panel"
    with pytest.raises(Refused):
        story.records("appoint_panel", by="ceo", hearing_on="2026-03-17")  # both sides have ten school days
    story.records("appoint_panel", by="ceo", hearing_on="2026-03-25")
    chair = story.mail(PANEL["panel_chair"], invitation)
    assert "The hearing is on Wednesday 25 March 2026." in words(chair) and story.home.name not in words(chair)
    assert "independent of the management and running of the school" in words(story.mail(PANEL["independent_panel_member"], invitation))
    story.answers(chair, "no_part")
    story.answers(story.mail(PANEL["panel_member"], invitation), "had_a_part")
    assert story.told("a panel must be appointed anew") == {CEO} and "appoint_panel" in story.open_steps
    story.records("appoint_panel", by="ceo", hearing_on="2026-03-25")
    for seat in PANEL:
        assert not story.mails(subject="the hearing of a complaint"), "nobody is invited before all three have said that they had no part"
        story.records("declare_no_part", "no_part", by="ceo", party=seat)
    assert story.told("the hearing of a complaint") == {mother, HEAD, *PANEL.values()}
    heard = words(story.mail(mother, "the hearing of a complaint"))
    assert "on Wednesday 25 March 2026" in heard and "You may come to the hearing and speak." in heard and "You may bring somebody with you" in heard
    the_hearing_is_put_off(story)
    story.answers(story.mail(PANEL["panel_chair"], "the hearing that you chair", on="2026-03-05"), "done", confirm="yes")
    assert story.instance("hold_hearing").status == "done" and story.due("panel_finds") == "2026-04-07"
    story.records("panel_finds", by="ceo", panel_finding="partly_upheld")
    findings = words(story.mail(mother, "the panel has given its findings"))
    assert "The panel finds the complaint partly upheld." in findings and "recommendations" in findings
    assert [route for route in ROUTES if route not in findings] == []
    assert story.told("the panel has given its findings") == {mother, HEAD, CEO}, "both sides, and the trust"
    story.records("give_copy", by="head")
    story.records("act_on_findings", by="head")
    assert story.told("what has been done after the findings") == {mother, CEO}
    story.records("keep_record")
    assert story.told("the complaint has been closed") == {mother, HEAD, CEO}
    story.has_ended("decided_by_panel")


def test_a_complaint_ends_from_anywhere_when_it_is_settled_withdrawn_or_belongs_elsewhere(trust: TrustAtWork) -> None:
    ends = {
        "settled_with_help": ("the disagreement is settled", {HEAD, CEO, LA}, "The school does what was agreed."),
        "withdrawn": ("the complaint has been withdrawn", {HEAD, CEO}, "You can complain again."),
        "another_procedure": ("the complaint belongs to another procedure", {HEAD, CEO}, "A complaint does not move that day."),
    }
    for number, (end, (subject, others, told)) in enumerate(ends.items()):
        story = complains(trust, f"Q{'abc'[number]}", "2026-05-11")
        story.interrupts(end, "As the parents said")
        assert told in words(story.mail(story.home.mother, subject))
        assert story.told(subject) == {story.home.mother, *others}
        story.has_ended(end)
        assert story.history()[-1].words == {"because": "As the parents said"}
