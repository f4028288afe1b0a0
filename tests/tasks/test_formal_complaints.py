"""A formal complaint to the LA: drafted with the law and what was done, approved by a person, and told to whom it concerns (issue 6, point 1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.absences import NewAbsence, say_away, take_back
from db.acts.actor import Actor
from db.ledger import NotAllowed
from notifications.complaint_draft import draft_of_complaint
from notifications.sink import KeptMail
from rules.history import Refused
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.importing.small_files import imports
from tests.db.la_story import pupil_with_plan, report_sent
from tests.db.ledger_story import day
from tests.tasks.morning_post import MorningPost
from tests.tasks.test_la_lists import HEAD_OF_SERVICE, MAILBOX, MANAGER, to
from tests.tasks.word_story import NEW_OFFICER, OFFICER, post_of_one_officer, review

TO_LA = """SELECT d.state, count(*) FROM deliveries d JOIN cases c ON c.id = d.case_id
           WHERE c.ref = %s AND d.template = 'ladders/la_complaint' GROUP BY d.state"""
SENCO, HEAD, MOTHER = "senco.ash@school.example", "headteacher.ash@school.example", "mother.ada@home.example"


@pytest.fixture(scope="module")
def post(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MorningPost]:
    with post_of_one_officer(postgres, tmp_path_factory.mktemp("post")) as opened:
        yield opened


@pytest.fixture(scope="module")
def late(post: MorningPost) -> str:
    """A review whose report was sent on 12 November, and whose LA let 3 December pass; it has been reminded on three days."""
    case = post.review("2026-11-05")
    report_sent(post.village, case, "2026-11-12")
    for on in ("2026-11-26", "2026-12-03", "2026-12-04"):
        post.comes(on)
    post.is_now("2026-12-17", 9)
    return case


def complains(post: MorningPost, case: str, by: Actor | None = None, on: str = "2026-12-17", step: str = "la_decision") -> int:
    return post.village.ledger.complain(by or post.village.head, key=uuid4(), case=case, step=step, on=day(on)).seq


def test_nobody_below_the_head_approves_it_and_not_before_there_is_a_cause(post: MorningPost, late: str) -> None:
    with pytest.raises(NotAllowed, match="A formal complaint to the local authority is for"):
        complains(post, late, post.village.senco)
    with pytest.raises(Refused, match="The last day"):
        complains(post, late, on="2026-12-03")


def test_the_draft_is_the_letter_that_leaves(post: MorningPost, late: str) -> None:
    post.spread()
    _, position, _ = post.village.ledger.position(late)
    with post.parts.engines.scheduler() as session:
        by = post.village.head.person_id or 0
        draft = draft_of_complaint(session, late, position.instance("la_decision"), by=by, today=post.clock.today())
        assert not session.new and session.scalar(text("SELECT count(*) FROM deliveries WHERE moment = 'complained'")) == 0
    assert [name for name, _ in draft.readers] == ["Testshire SEN team"]
    complains(post, late)
    mails = post.comes("2026-12-18", 9)
    told = {mail.to: mail for mail in mails if "complain" in mail.subject}
    assert set(told) == {MAILBOX, MOTHER}, "our own people hear in their mornings, and an officer has one mail a day"
    letter = words(told[MAILBOX])
    for said in (
        "For the attention of Hal Head, head of service.",
        "This is a formal complaint.", "It is 15 days late. The duty is in reg 20(10).", "Approved for Ash School by Headteacher Ash.",
        "we asked for it on 4 days, first on Thursday 26 November 2026 and last on Friday 18 December 2026.",
    ):  # fmt: skip
        assert said in letter, letter
    assert draft.subject == told[MAILBOX].subject == f"{late}: a formal complaint about a duty that is late"
    hers = words(told[MOTHER])
    assert (
        "the school has approved a formal complaint to it. It goes to the authority on its next working day" in hers
        and "Our complaint does not take the place of yours." in hers
    )
    for who in (SENCO, HEAD):
        (morning,) = to(mails, who)
        assert late in morning.html and "a formal complaint has gone to the local authority" in words(morning)
    assert not any("complain" in mail.html for who in (OFFICER, MANAGER, HEAD_OF_SERVICE) for mail in to(mails, who))
    assert post.village.ledger.verify() == []


def test_the_record_says_who_approved_it_and_what_is_decided_needs_none(post: MorningPost, late: str) -> None:
    rows = post.village.rows("SELECT e.kind, e.actor_id FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s AND kind = 'complain'", late)
    assert [(row.kind, row.actor_id) for row in rows] == [("complain", post.village.head.person_id)]
    post.village.decide(late, "la_decision", "2026-12-18", "maintain", decision_on=day("2026-12-18"))
    with pytest.raises(Refused):
        complains(post, late, on="2026-12-18")


def on_a_friday_evening(post: MorningPost, case: str, friday: str, step: str = "la_decision") -> None:
    """It is approved when an office is written to on Monday at the earliest, and then it is Saturday."""
    post.is_now(friday, 20)
    complains(post, case, on=friday, step=step)
    post.spread()
    post.is_now((day(friday) + timedelta(days=1)).isoformat(), 9)


def its_hour_comes(post: MorningPost, on: str) -> list[KeptMail]:
    """That morning; the database's clock stands still in these tests."""
    with post.parts.engines.scheduler() as session:
        session.execute(text("UPDATE deliveries SET next_try_at = now() WHERE state = 'owed'"))
    return post.comes(on, 9)


def test_what_the_authority_did_before_the_letter_left_is_not_complained_of(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    report_sent(post.village, case, "2026-11-12")
    on_a_friday_evening(post, case, "2026-12-18")
    post.village.decide(case, "la_decision", "2026-12-19", "maintain", decision_on=day("2026-12-18"))
    mails = [*its_hour_comes(post, "2026-12-21"), *post.comes("2027-01-05", 9)]
    assert not [mail for mail in mails if "complain" in mail.subject and case in mail.subject]
    assert dict(post.village.rows(TO_LA, case)) == {"superseded": 1}
    told = [words(mail) for who in (SENCO, HEAD) for mail in to(mails, who) if case in mail.html]
    assert told and not any("a formal complaint has gone to the local authority" in one for one in told), "none has gone"


def test_a_date_that_was_wrong_and_is_not_past_is_not_complained_of(post: MorningPost) -> None:
    ash = post.village
    case = ash.open(rights_held_by="parent", year_group=5, looked_after=False, review_due_on=day("2027-02-05")).case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    report_sent(ash, case, "2026-11-12")
    on_a_friday_evening(post, case, "2027-01-08")
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-12-18"), because="", on=day("2027-01-09"))
    assert ash.open_rows(case)["la_decision"].due_on == day("2027-01-15")
    mails = [*its_hour_comes(post, "2027-01-11"), *post.comes("2027-01-12", 9)]
    assert not [mail for mail in mails if "complain" in mail.subject and case in mail.subject]
    assert dict(post.village.rows(TO_LA, case)) == {"superseded": 1}


def newshire_has_the_plan(post: MorningPost, surname: str, on: str) -> None:
    """The school's file says that the pupil's plan is Newshire's."""
    with post.parts.engines.scheduler() as session:
        session.execute(text("UPDATE pupils SET mis_id = family_name WHERE family_name = :surname"), {"surname": surname})
    contacts = f"LA code,LA name,Contact name,Email,Role\n002,Newshire,New Officer,{NEW_OFFICER},SEN team\n"
    imports(post.village, today=day(on), la_contacts=contacts, plans=f"URN,Adno,LA code,Plan date\n900001,{surname},002,2024-01-08\n")


def test_reminders_of_another_authority_are_none_of_this_one(post: MorningPost) -> None:
    case = review(post, "Moss", "2026-11-05")
    for on in ("2027-01-13", "2027-01-20"):
        post.comes(on)
    newshire_has_the_plan(post, "Moss", "2027-01-21")
    post.is_now("2027-01-21", 9)
    instance = post.village.ledger.position(case)[1].instance("la_decision")
    with post.parts.engines.scheduler() as session:
        draft = draft_of_complaint(session, case, instance, by=post.village.head.person_id or 0, today=post.clock.today())
    assert [name for name, _ in draft.readers] == ["New Officer"]
    assert "we asked for it" not in draft.html


def moves(post: MorningPost, surname: str) -> str:
    """A plan that is to move on 25 January, of which Testshire has known since December."""
    ash = post.village
    facts = {"moves_on": day("2027-01-25"), "last_reviewed_on": day("2026-09-01"), "rights_held_by": "parent"}
    pupil_id = pupil_with_plan(ash, "Mo", surname)
    opened = ash.ledger.open_case(ash.senco, key=uuid4(), process="plan_moves_authority", pupil_id=pupil_id, facts=facts, on=day("2027-01-21"))
    ash.decide(opened.case, "tell_old_la", "2027-01-21", old_la_knew_on=day("2026-12-01"))
    post.spread()
    return opened.case


def test_no_authority_is_complained_to_of_what_another_owes(post: MorningPost) -> None:
    post.is_now("2027-01-21", 9)
    ash, olds, news = post.village, moves(post, "Orme"), moves(post, "Pyle")
    post.is_now("2027-03-10", 9)
    ash.decide(news, "la_transfers_plan", "2027-01-26", transferred_on=day("2027-01-26"))
    with pytest.raises(Refused, match="the new local authority's, and the pupil's record still shows the old one"):
        complains(post, news, on="2027-03-10", step="new_la_writes_to_family")
    for surname in ("Orme", "Pyle"):
        newshire_has_the_plan(post, surname, "2027-03-10")
    with pytest.raises(Refused, match="the old local authority's, and the pupil's record shows the new one by now"):
        complains(post, olds, on="2027-03-10", step="la_transfers_plan")
    complains(post, news, on="2027-03-10", step="new_la_writes_to_family")
    told = [mail for mail in its_hour_comes(post, "2027-03-11") if "complaint about a duty" in mail.subject]
    assert [(mail.to, news in mail.subject) for mail in told] == [(NEW_OFFICER, True)]


def test_the_old_authority_is_complained_to_while_the_record_shows_it(post: MorningPost) -> None:
    case = moves(post, "Quin")
    post.is_now("2027-03-11", 9)
    complains(post, case, on="2027-03-11", step="la_transfers_plan")
    told = [mail for mail in its_hour_comes(post, "2027-03-12") if "complaint about a duty" in mail.subject]
    assert [(mail.to, case in mail.subject) for mail in told] == [(MAILBOX, True)]


@pytest.mark.parametrize(("deputy", "may"), [("senco", False), ("teacher", True)])
def test_whoever_chases_approves_none_as_the_heads_deputy_either(post: MorningPost, deputy: str, may: bool) -> None:
    ash, today = post.village, day("2027-03-11")
    post.is_now("2027-03-11", 9)
    case, head = moves(post, f"Ross{deputy}"), ash.head.person_id or 0
    actor: Actor = getattr(ash, deputy)
    with post.parts.engines.scheduler() as session:
        absence = say_away(session, NewAbsence(head, actor.person_id or 0, today), by=head, today=today, now=post.clock.now())
    with nullcontext() if may else pytest.raises(NotAllowed, match="A formal complaint to the local authority is for"):
        complains(post, case, actor, on="2027-03-11", step="la_transfers_plan")
    with post.parts.engines.scheduler() as session:
        take_back(session, absence.id, by=head, today=today, now=post.clock.now())


def test_an_authority_that_gets_the_plan_before_the_letter_left_has_none_that_was_written_to_another(post: MorningPost) -> None:
    case = moves(post, "Shaw")
    post.is_now("2027-03-12", 9)
    on_a_friday_evening(post, case, "2027-03-12", "la_transfers_plan")
    newshire_has_the_plan(post, "Shaw", "2027-03-13")
    mails = [*its_hour_comes(post, "2027-03-15"), *post.comes("2027-03-16", 9)]
    assert not [mail for mail in mails if "complain" in mail.subject and case in mail.subject]
    assert dict(post.village.rows(TO_LA, case)) == {"superseded": 1}
    told = "SELECT DISTINCT state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND moment = 'complained'"
    assert [row.state for row in post.village.rows(told, case)] == ["superseded"], "and nobody of ours hears that it has gone"
