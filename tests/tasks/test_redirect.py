"""What has not left goes to whoever reads in its role on the day it leaves (docs/decisions/170)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from db.absences import NewAbsence, say_away
from db.contacts import Named, put_contact
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.models import Authority, Family, Membership, School
from db.preferences import set_wants
from notifications.sink import KeptMail
from tasks.deliver import deliver
from tests.acceptance.people import COUNCIL, SENCO, SEND_LEAD
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.builders import staff
from tests.db.ledger_story import day
from tests.tasks.morning_post import MorningPost, post_of_its_own

OFFICER = COUNCIL["la"]
TEACHER, HEAD = "teacher.ash@school.example", "headteacher.ash@school.example"
NEW = "new.ash@school.example"
TERMS = (("Autumn", date(2026, 9, 3), date(2026, 12, 18)), ("Spring", date(2027, 1, 5), date(2027, 3, 25)))


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    with post_of_its_own(postgres, tmp_path, TERMS) as opened:
        yield opened


def to(mails: list[KeptMail], address: str) -> list[KeptMail]:
    return [mail for mail in mails if mail.to == address]


def lists(mails: list[KeptMail], address: str) -> list[KeptMail]:
    """Of these the lists, mornings and what else has no case of its own."""
    return [mail for mail in to(mails, address) if mail.reference.startswith("LIST-")]


def has(mails: list[KeptMail], address: str, case: str) -> bool:
    """Whether any of these mails to that address names the case."""
    return any(case in mail.html for mail in to(mails, address))


def sends(post: MorningPost, on: str, hour: int) -> list[KeptMail]:
    """What waits is sent at that hour, without a new collection: the database's clock stands still in these tests, so a day passes by a statement."""
    before = {mail.id for mail in post.sink.mails()}
    post.is_now(on, hour)
    with post.parts.engines.scheduler() as session:
        session.execute(text("UPDATE deliveries SET next_try_at = now() WHERE state = 'owed'"))
        session.execute(text("UPDATE mailings SET next_try_at = now(), created_at = created_at - interval '8 hours' WHERE state = 'owed'"))
    deliver(post.parts)
    return [mail for mail in post.sink.mails() if mail.id not in before]


def hands_on(post: MorningPost, last_on: str, *names: str) -> None:
    """The SENCO's role ends on that day, and each of these people has it."""
    with post.parts.engines.scheduler() as session:
        ended = "UPDATE memberships SET until_on = :on WHERE person_id = :person AND role = 'senco'"
        session.execute(text(ended), {"on": day(last_on), "person": post.village.senco.person_id})
        for name in names:
            new = staff(session, session.get_one(School, post.village.school_id), name, "Ash")
            session.add(Membership(person_id=new.id, school_id=post.village.school_id, role="senco"))


def away(post: MorningPost, from_on: str) -> None:
    senco, teacher = post.village.senco.person_id or 0, post.village.teacher.person_id or 0
    with post.parts.engines.scheduler() as session:
        say_away(session, NewAbsence(senco, teacher, day(from_on)), by=senco, today=post.clock.today(), now=post.clock.now())


def kept_from(post: MorningPost, case: str, *people: int) -> None:
    """An order keeps these people from the child of the case."""
    with post.parts.engines.scheduler() as session:
        pupil = session.execute(text("SELECT pupil_id FROM cases WHERE ref = :case"), {"case": case}).scalar_one()
        for person in people:
            kin = {"relationship": "father", "parental_responsibility": True, "no_contact": True}
            session.add(Family(pupil_id=pupil, person_id=person, school_id=post.village.school_id, **kin))


def person_at(post: MorningPost, address: str) -> int:
    return int(post.village.rows("SELECT id FROM persons WHERE email = %s", address)[0].id)


def other_authority(post: MorningPost, case: str) -> str:
    """Another LA keeps the plan of the case's child by now; its mailbox."""
    with post.parts.engines.scheduler() as session:
        other = Authority(code="777", name="Othershire", sen_email="sen@othershire.example")
        session.add(other)
        session.flush()
        moved = "UPDATE pupils SET authority_id = :other WHERE id = (SELECT pupil_id FROM cases WHERE ref = :case)"
        session.execute(text(moved), {"other": other.id, "case": case})
    return "sen@othershire.example"


def test_held_lines_go_to_the_two_who_follow_a_senco_once_each_and_not_to_who_left(post: MorningPost) -> None:
    case = post.review("2026-11-04")
    post.comes("2026-12-03", hour=20)
    assert ("senco", "held", "morning") in post.states(case, "senco")
    hands_on(post, "2026-12-03", "New", "Second")
    mails = post.comes("2026-12-04")
    assert not has(mails, SENCO, case)
    for who in (NEW, "second.ash@school.example"):
        (morning,) = to(mails, who)
        assert case in morning.html and "stand in for" not in words(morning)
    of_one_message = "person_id, case_id, template, seq, step, party, rung"
    assert not post.village.rows(f"SELECT FROM deliveries WHERE state = 'listed' GROUP BY {of_one_message} HAVING count(*) > 1")
    keys = "SELECT person_id, once_key FROM deliveries WHERE person_id IS NOT NULL AND once_key NOT LIKE '%%/person ' || person_id"
    assert not post.village.rows(keys), "each row is known as its own reader's"


def test_a_letter_that_waited_overnight_goes_to_whoever_stands_in(post: MorningPost) -> None:
    post.is_now("2026-12-03", 20)
    case = post.review("2026-11-04")
    post.spread()
    assert post.village.rows("SELECT FROM deliveries WHERE state = 'owed' AND person_id = %s", post.village.senco.person_id)
    with post.parts.engines.scheduler() as session:
        session.execute(text("UPDATE deliveries SET error_code = 'server_busy', refused_since = now() - interval '9 hours' WHERE state = 'owed'"))
    away(post, "2026-12-04")
    mails = sends(post, "2026-12-04", 9)
    letters = [mail for mail in to(mails, TEACHER) if case in mail.html]
    assert letters and not has(mails, SENCO, case)
    assert all("You have this because you stand in for Senco Ash" in words(mail) for mail in letters)
    assert not post.village.rows("SELECT FROM deliveries WHERE person_id = %s AND refused_since IS NOT NULL", post.village.teacher.person_id)


def test_lines_of_a_morning_wanted_late_follow_an_absence_said_before_it_left(post: MorningPost) -> None:
    case = post.review("2026-11-04")
    with post.parts.engines.scheduler() as session:
        set_wants(session, post.village.senco.person_id or 0, 15, False, hosts=())
    assert not lists(post.comes("2026-12-04"), SENCO)
    post.is_now("2026-12-04", 9)
    away(post, "2026-12-04")
    assert not lists(sends(post, "2026-12-04", 15), SENCO), "nothing is left to tell somebody who is away"
    monday = post.comes("2026-12-07")
    assert has(monday, TEACHER, case) and not to(monday, SENCO)
    assert any("(for Senco Ash, who is away)" in words(mail) for mail in lists(monday, TEACHER))


def test_held_lines_go_to_the_authority_that_keeps_the_plan_by_now_and_to_a_contact_put_in_place_of_another(post: MorningPost) -> None:
    moved, other = post.review("2026-11-04"), post.review("2026-11-05")
    post.comes("2026-12-03", hour=20)
    mailbox = other_authority(post, moved)
    with post.parts.engines.scheduler() as session:
        health = post.parts.ledger.position(moved)[0].roles["health"]
        put_contact(session, moved, health, Named("Nora", "Nurse", "nora@health.example"), day("2026-12-03"))
    mails = post.comes("2026-12-04")
    for before, now in ((OFFICER, mailbox), (COUNCIL["health"], "nora@health.example")):
        assert not has(mails, before, moved) and has(mails, before, other)
        assert has(mails, now, moved) and not has(mails, now, other)


def test_an_officer_named_by_a_new_profile_has_the_list(post: MorningPost) -> None:
    case = post.review("2026-11-04")
    post.comes("2026-12-03", hour=20)
    code = post.village.rows("SELECT code FROM authorities")[0].code
    profile = (
        f'la: "{code}"\nname: Testshire\nmailbox: sen@testshire.example\nofficers:\n  - {{name: New Officer, email: new@t.example}}\n'
        "escalation:\n  manager: {name: First Manager, email: manager@t.example}\n"
    )
    with post.parts.engines.scheduler() as session:
        load_profile(session, read_profile(profile, "t.yaml", post.parts.library), "t.yaml", by=None)
    mails = post.comes("2026-12-04")
    assert has(mails, "new@t.example", case) and not has(mails, OFFICER, case)


def test_a_breach_rises_to_whoever_has_that_level_on_the_day_it_leaves(post: MorningPost) -> None:
    case = post.review("2026-11-04")
    code = post.village.rows("SELECT code FROM authorities")[0].code

    def loads(officer: str, manager: str) -> None:
        text_of = f'la: "{code}"\nname: Testshire\nmailbox: sen@testshire.example\nofficers:\n  - {{name: Any Officer, email: {officer}}}\n'
        text_of += f"escalation:\n  manager: {{name: Any Manager, email: {manager}}}\n"
        with post.parts.engines.scheduler() as session:
            load_profile(session, read_profile(text_of, "t.yaml", post.parts.library), "t.yaml", by=None)

    loads("old@t.example", "chief@t.example")
    post.comes("2026-12-03")
    post.comes("2026-12-09", hour=20)
    breach = (
        "SELECT p.email, d.details FROM deliveries d JOIN persons p ON p.id = d.person_id "
        "WHERE d.severity = 'breach' AND d.to_role = 'la' AND d.state = %s"
    )
    rows = post.village.rows(breach, "held")
    assert {row.email for row in rows} == {"old@t.example", "chief@t.example"}
    loads("new@t.example", "next@t.example")
    mails = post.comes("2026-12-10")
    assert has(mails, "new@t.example", case) and has(mails, "next@t.example", case)
    assert not to(mails, "old@t.example") and not to(mails, "chief@t.example")
    raised = {row.email: "raised_to" in row.details for row in post.village.rows(breach, "listed")}
    assert raised == {"new@t.example": False, "next@t.example": True}


def test_a_line_about_a_child_goes_to_nobody_whom_an_order_keeps_away_and_the_next_one_hears(post: MorningPost) -> None:
    barred, free = post.review("2026-11-04"), post.review("2026-11-05")
    post.comes("2026-12-03", hour=20)
    kept_from(post, barred, person_at(post, OFFICER), post.village.senco.person_id or 0)
    mails = post.comes("2026-12-04")
    for who in (OFFICER, SENCO):
        assert has(mails, who, free) and not has(lists(mails, who), who, barred)
    assert has(mails, SEND_LEAD, barred), "the trust's SEND lead, where nobody can act as SENCO for this child"
    of_la = (
        "SELECT d.state, d.error_code FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.to_role = 'la' AND d.rung IS NOT NULL"
    )
    told = {tuple(row) for row in post.village.rows(of_la, barred)} - {("superseded", "")}
    assert told == {("failed", "nobody_holds_the_role")}, "the council's mailbox is that officer's own address: a person must tell somebody there"


def test_an_order_that_comes_between_the_collection_and_the_mail_is_kept(post: MorningPost) -> None:
    barred, free = post.review("2026-11-04"), post.review("2026-11-05")
    with post.parts.engines.scheduler() as session:
        set_wants(session, post.village.senco.person_id or 0, 15, False, hosts=())
    post.comes("2026-12-04")
    kept_from(post, barred, post.village.senco.person_id or 0)
    post.is_now("2026-12-04", 15)
    with post.parts.engines.scheduler() as session:  # a mailing made a moment ago, so that nobody asks anew who reads its lines
        session.execute(text("UPDATE mailings SET next_try_at = now() WHERE state = 'owed'"))
    before = {mail.id for mail in post.sink.mails()}
    deliver(post.parts)
    (morning,) = [mail for mail in post.sink.mails() if mail.id not in before and mail.to == SENCO]
    assert free in morning.html and barred not in morning.html
    of_barred = "SELECT d.state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.person_id = %s AND d.held_for = 'morning'"
    assert {row.state for row in post.village.rows(of_barred, barred, post.village.senco.person_id)} == {"held"}


def test_a_letter_to_a_parent_who_lost_responsibility_is_for_a_person_to_tell(post: MorningPost) -> None:
    post.is_now("2026-12-03", 21)
    case = post.review("2026-11-04")
    post.village.decide(case, "circulate_advice", "2026-10-20")
    post.spread()
    waits = "SELECT d.id FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.to_role = 'parent' AND d.moment = 'done'"
    waiting = [row.id for row in post.village.rows(waits, case)]
    assert waiting
    with post.parts.engines.scheduler() as session:
        session.execute(text("UPDATE families SET parental_responsibility = false"))
    sends(post, "2026-12-04", 9)
    after = post.village.rows("SELECT state, error_code, person_id FROM deliveries WHERE id = ANY (%s)", waiting)
    assert {(row.state, row.error_code, row.person_id) for row in after} == {("failed", "nobody_holds_the_role", None)}
