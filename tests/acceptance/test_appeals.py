"""Mediation, the appeal to the Tribunal and the claim against the trust, from open to each of their ends (SI 2014/1530 regs 32-45, HESC rules).

The letter is dated Thursday 1 October 2026: two months end on 1 December. The Tribunal registers on 2 December; the council's thirty working days
leave out Christmas and end on 21 January 2027; its order is of Monday 29 March. Every limit below was counted by hand from these days.
"""

from __future__ import annotations

from datetime import date

import pytest

from db.ledger import Actor, NotFound
from tests.acceptance.appeals import appealed, claim, dated, decided, family, mails_on, mediated, opened_on_the_page
from tests.acceptance.people import CEO, COUNCIL, HEAD, SENCO, SEND_LEAD, chief_executive
from tests.acceptance.trust_at_work import TrustAtWork, words
from tests.flows.office import until

pytestmark = pytest.mark.slow
LA = COUNCIL["la"]


@pytest.fixture(scope="module", autouse=True)
def governed(trust: TrustAtWork) -> None:
    village = trust.office.village
    lead = village.rows("SELECT id FROM persons WHERE email = %s", SEND_LEAD)[0].id
    trust.more |= {"ceo": chief_executive(village), "trust_send_lead": Actor(lead, frozenset({village.school_id}), "console")}


def test_a_certificate_without_mediation_carries_the_last_day(trust: TrustAtWork) -> None:
    story = decided(trust, "mediation", "Ada")
    mother = story.home.mother
    assert story.due("contact_adviser") == "2026-12-01"
    asked = story.mail(mother, "mediation and your certificate")
    assert "The last day is Tuesday 1 December 2026" in words(asked) and "You may bring one person to support you" in words(asked)
    story.comes("2026-11-17")
    assert "The last day is Tuesday 1 December 2026." in words(story.mail(mother, "a right of yours ends soon"))
    story.comes("2026-11-20")
    story.answers(asked, "no_mediation", **dated("told_adviser_on", "2026-11-20"))
    assert story.instance("contact_adviser").outcome == "no_mediation" and story.due("certificate_without_mediation") == "2026-11-25"
    story.comes("2026-11-26")
    late = words(story.mail(mother, "something you are owed is late"))
    assert "1 day late" in late and "the mediation adviser" in late and story.told("a step of somebody outside is late") == {SENCO}
    story.comes("2026-11-30")
    story.records("certificate_without_mediation", "issued", certificate_issued_on="2026-11-29")
    told = words(story.mail(mother, "the mediation certificate"))
    assert "The last day to appeal is Monday 4 January 2027." in told, "29 December lies at Christmas (HESC r.12(3)(a))"
    assert "an EHC plan goes on as it is" in told and "until Monday 4 January 2027" in words(story.mail(SENCO, "the mediation certificate"))
    assert story.event("certificate_without_mediation").happened_on == date(2026, 11, 30)
    story.has_ended("certificate_only")


def test_a_mediation_ends_in_an_agreement_that_binds_like_an_order(trust: TrustAtWork) -> None:
    story = decided(trust, "mediation", "Bea", on="2026-10-09")
    mother = story.home.mother
    story.records("contact_adviser", "mediate_with_health", told_adviser_on="2026-10-09", told_la_on="2026-10-09")
    assert (story.due("la_tells_health"), story.due("la_arranges")) == ("2026-10-14", "2026-11-08"), "three working days; thirty of the calendar"
    assert "within 30 days of the day you told it" in words(story.mail(mother, "mediation has been asked for"))
    trust.begin("2026-10-12")
    story.records("la_tells_health", health_told_on="2026-10-12")
    story.records("la_arranges", "arranged", mediation_on="2026-11-03")
    assert "The mediation is on Tuesday 3 November 2026." in words(story.mail(mother, "the day of the mediation"))
    story.records("answer_questions", "sent")
    assert story.home.name not in words(story.mail(LA, "information for a mediation"))
    story.records("say_who_attends", "we_go", by="head")
    trust.begin("2026-11-03")
    story.records("hold_mediation", "agreed_to_make_plan", mediation_ended_on="2026-11-03", agreement_on="2026-11-03", more_agreed=True)
    assert [story.due(s) for s in ("certificate_after_mediation", "la_does_the_rest", "la_sends_draft", "la_makes_plan")] == [
        "2026-11-06", "2026-11-17", "2026-12-08", "2027-01-19",
    ]  # fmt: skip
    agreed = words(story.mail(mother, "what was agreed in the mediation"))
    assert "The draft must come within five weeks of the agreement, the plan within eleven." in agreed and "within two weeks" in agreed
    story.records("note_other_times", agreed_by_on="2026-12-20")
    assert story.due("la_makes_plan") == "2026-12-20", "reg 42(5): the day that all agreed to in writing"
    trust.begin("2026-11-05")
    story.records("certificate_after_mediation", "issued", certificate_issued_on="2026-11-05")
    story.records("la_does_the_rest")
    story.records("la_sends_draft")
    trust.begin("2026-12-18")
    story.records("la_makes_plan", "made", new_decision_on="2026-12-18")
    made = words(story.mail(mother, "the plan has been made"))
    assert "The last day to appeal is Thursday 18 February 2027." in made and "Mediation comes first." in made and "SENDIASS" in made
    story.records("brief_staff")
    story.has_ended("carried_out")


def test_the_other_ends_of_a_mediation(trust: TrustAtWork) -> None:
    silent = decided(trust, "mediation", "Cal")
    silent.comes("2026-12-02")
    assert "two months have passed" in {mail.subject.partition(": ")[2] for mail in silent.mails(silent.home.mother)}
    silent.has_ended("not_contacted")
    told = {"told_adviser_on": "2026-10-09", "told_la_on": "2026-10-09"}
    ended = {end: decided(trust, "mediation", "Dee", on="2026-10-09") for end in ("not_arranged", "not_agreed", "agreed_otherwise", "no_plan")}
    for end, story in ended.items():
        trust.begin("2026-10-09")
        story.records("contact_adviser", "mediate" if end != "agreed_otherwise" else "mediate_on_health", **told)
        mediated(trust, story, end)
    for end, story in ended.items():
        story.has_ended(end)
    called_off = decided(trust, "mediation", "Eve")
    called_off.interrupts("withdrawn", "they have settled it by telephone")
    assert called_off.told("the mediation is called off") == {called_off.home.mother, HEAD}
    called_off.has_ended("withdrawn")


def test_the_time_to_appeal_runs_past_august_and_the_plan_goes_on(trust: TrustAtWork) -> None:
    trust.begin("2026-06-17")
    story = opened_on_the_page(trust, family(trust, "Fay"))
    mother = story.home.mother
    assert story.due("family_appeals") == "2026-09-01", "15 August is in August: the first working day after it"
    asked = story.mail(mother, "your time to appeal")
    for said in ("You have a right to appeal.", "The last day to appeal is Tuesday 1 September 2026.", "Mediation comes first.", "SENDIASS"):
        assert said in words(asked)
    story.records("keep_plan_going")
    assert "stays in force while the time to appeal runs" in words(story.mail(mother, "the plan goes on"))
    story.comes("2026-09-02")
    assert story.told("the last day of a right of yours is near") == {mother} and story.told("the last day to appeal has passed") == {mother, SENCO}
    assert story.instance("family_appeals").outcome == "no_word" and story.event("family_appeals").happened_on == date(2026, 9, 2)
    story.records("close_window", "certificate_came", certificate_issued_on="2026-08-20")
    assert story.due("family_appeals") == "2026-09-21", "one month from the certificate, 20 September, is a Sunday (HESC r.12(2))"
    story.comes("2026-09-22")
    story.records("close_window", "no_appeal")
    assert "The decision stands." in words(story.mail(mother, "there is no appeal"))
    story.has_ended("no_appeal")


def test_the_school_answers_gives_evidence_and_comes_to_the_hearing(trust: TrustAtWork) -> None:
    story = appealed(trust, "Gus", "no_plan")
    mother = story.home.mother
    assert story.due("la_response") == "2027-01-21"
    assert "evidence by Friday 12 February 2027. Hearing on Thursday 18 March 2027." in words(story.mail(HEAD, "the appeal is registered"))
    assert story.told("the appeal is registered") == {SENCO, HEAD, SEND_LEAD}
    with pytest.raises(NotFound):
        story.records("tribunal_decides", "dismissed", by="teacher", ordered_on="2026-12-02")
    story.records("explain_departures", "explained", by="head")
    story.records("say_who_attends", "comes", by="head")
    story.comes("2027-01-22")
    assert story.told("the local authority is late") >= {mother}
    story.records("la_response", "opposes")
    opposed = words(story.mail(mother, "the local authority opposes the appeal"))
    assert "Its answer must say why." in opposed and "what Gus" in opposed, "what r.21 wants in the answer"
    story.records("send_evidence", "sent")
    assert story.told("the school's evidence") == {LA, mother}
    trust.begin("2027-03-18")
    story.records("attend_hearing", by="head")
    trust.begin("2027-03-30")
    story.records("tribunal_decides", "order_assess", ordered_on="2027-03-29")
    assert [story.due(s) for s in ("la_says_it_assesses", "la_decides_on_plan", "la_makes_plan_after_assessment")] == [
        "2027-04-12", "2027-06-07", "2027-07-05",
    ]  # fmt: skip
    assert "A decision against a plan must come within ten weeks, a plan within fourteen." in words(story.mail(mother, "an assessment is ordered"))
    story.excuses("la_decides_on_plan", "absence", party="", because="abroad for three weeks", review_on="2027-04-13")
    story.records("la_says_it_assesses")
    story.records("la_decides_on_plan", "no_plan", new_decision_on="2027-03-30")
    refused = words(story.mail(mother, "there will be no plan"))
    assert "It must give you the reasons." in refused and "The last day to appeal is Tuesday 1 June 2027." in refused
    story.has_ended("no_plan")


def test_an_appeal_that_the_council_does_not_oppose_ends_without_a_hearing(trust: TrustAtWork) -> None:
    story = appealed(trust, "Hal", "plan_contents")
    trust.begin("2027-01-15")
    story.records("la_response", "will_amend", conceded_on="2027-01-15")
    assert story.open_steps == {"la_amends_plan"} and story.due("la_amends_plan") == "2027-02-19", "five weeks from telling the Tribunal (reg 45(4))"
    told = words(story.mail(story.home.mother, "the local authority does not oppose the appeal"))
    assert "It told the Tribunal on Friday 15 January 2027" in told and "do not withdraw your appeal before you have what was promised" in told
    story.records("la_amends_plan")
    story.records("brief_staff")
    story.has_ended("plan_in_place")


def test_the_other_ends_of_an_appeal(trust: TrustAtWork) -> None:
    late = appealed(trust, "Ivy", "no_plan")
    late.records("la_response", "opposes")
    late.records("tribunal_decides", "gave_way", ordered_on="2026-12-02", request_received_on="2026-03-03")
    assert late.due("la_keeps_its_word") == "2026-07-21", "the first twenty weeks (R (W) v Hertfordshire)"
    assert "which count from Tuesday 3 March 2026" in words(late.mail(late.home.mother, "the appeal has ended without an order"))
    late.records("la_keeps_its_word", "made", new_decision_on="2026-12-02")
    late.records("brief_staff")
    until(lambda: "diary_first_review" not in late.open_steps, "the first review is in the diary")
    late.has_ended("plan_in_place")
    ended = {end: appealed(trust, "Jo", "plan_contents") for end in ("dismissed", "withdrawn", "reconsidered")}
    for end, story in ended.items():
        kind = "order_reconsider" if end == "reconsidered" else end
        story.records("la_response", "opposes")
        story.records("tribunal_decides", kind, ordered_on="2026-12-02")
        if kind == "order_reconsider":
            story.records("la_reconsiders")
    for end, story in ended.items():
        story.has_ended(end)
    assert "within 28 days" in words(next(m for m in mails_on(trust, "the appeal is dismissed") if m.to.startswith("mother")))
    back = appealed(trust, "Kit", "plan_contents")
    back.interrupts("taken_back", "they agreed on another school")
    assert back.told("the appeal is taken back") == {back.home.mother, HEAD}
    back.has_ended("taken_back")


def test_a_claim_is_answered_by_the_day_of_the_letter_and_the_order_carried_out(trust: TrustAtWork) -> None:
    story = claim(trust, "Lea")
    mother = story.home.mother
    assert story.due("claim_brought") == "2026-09-09", "six months starting with 10 March"
    right = words(story.mail(mother, "your right to bring a claim"))
    assert "The last day is Wednesday 9 September 2026." in right and "A complaint does not stop the time." in right and "cannot order money" in right
    trust.begin("2026-09-08")
    story.records("claim_brought", "claimed")
    trust.begin("2026-09-14")
    story.records("claim_registered", response_due_on="2026-10-26", evidence_due_on="2026-12-04", hearing_on="2027-01-21")
    assert "answer by Monday 26 October 2026" in words(story.mail(CEO, "the claim is registered"))
    story.records("write_answer", by="trust_send_lead")
    story.records("approve_answer", "sent_back", by="ceo")
    story.records("write_answer", by="trust_send_lead")
    assert story.due("approve_answer") == "2026-10-26"
    story.records("approve_answer", "sent", by="ceo")
    assert story.told("the trust's answer to the claim") == {mother, HEAD, SENCO}
    story.records("send_evidence", "sent")
    trust.begin("2027-01-21")
    story.records("attend_hearing", by="head")
    trust.begin("2027-02-05")
    story.records("tribunal_decides", "upheld", ordered_on="2027-02-04", order_due_on="2027-03-19")
    assert "by Friday 19 March 2027" in words(story.mail(mother, "the claim is upheld")) and story.due("carry_out_order") == "2027-03-19"
    story.records("carry_out_order", by="head")
    story.records("change_what_went_wrong", by="trust_send_lead")
    story.has_ended("carried_out")


def test_the_other_ends_of_a_claim(trust: TrustAtWork) -> None:
    quiet = claim(trust, "Mo", conciliation=True, conduct_on=date(2026, 2, 28))
    assert quiet.due("claim_brought") == "2026-11-27", "nine months starting with 28 February; no rule moves it"
    quiet.comes("2026-11-28")
    assert quiet.told("the last day for a claim has passed") == {quiet.home.mother, HEAD, SEND_LEAD}
    quiet.records("close_window", "none_came", by="trust_send_lead")
    quiet.has_ended("no_claim")
    lost = claim(trust, "Nia")
    lost.records("claim_brought", "claimed")
    lost.records("claim_registered", response_due_on="2026-06-01", evidence_due_on="2026-06-20", hearing_on="2026-09-01")
    lost.records("tribunal_decides", "dismissed", ordered_on="2026-04-20")
    lost.has_ended("dismissed")
    settled = claim(trust, "Oli")
    settled.interrupts("taken_back", "settled")
    assert settled.told("the claim has ended") == {settled.home.mother, HEAD, CEO}
    settled.has_ended("taken_back")
