"""Who reads an unsent message by now is asked in a few statements, of no message that leaves at once, and never twice for two who ask together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from db.deliveries import claim_deliveries
from db.engine import Engines
from db.mailings import make_lists
from db.models import AuthorityContact, Delivery, Family, Membership, Person, School
from db.outbox import spread
from db.queries.people import people_for
from db.redirect import redirect_held
from db.settings import Settings
from notifications.dispatch import deliver
from notifications.sink import MailSink
from tests.db.builders import staff
from tests.db.ledger_story import TODAY, Village, day, noon, village

LATER = day("2026-11-26")


@pytest.fixture
def ash(engines: Engines) -> Village:
    """A school of the test's own; in it nothing else is held."""
    made = village(engines, f"9{engines_urn(engines):05}")
    with engines.scheduler() as session:
        lead = staff(session, session.get_one(School, made.school_id), "Lead", "Trust")
        session.add(Membership(person_id=lead.id, school_id=made.school_id, role="trust_send_lead"))
    return made


def engines_urn(engines: Engines) -> int:
    with engines.scheduler() as session:
        return 100 + int(session.execute(text("SELECT count(*) FROM schools")).scalar_one())


def invited(ash: Village) -> str:
    """A review to whose meeting everybody was invited: the family, the school, the authority."""
    case = ash.meeting_agreed()
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    return case


def reviews(ash: Village, number: int) -> list[str]:
    """Reviews with what they owe spread: some of it at once, some held."""
    found = [invited(ash) for _ in range(number)]
    with ash.engines.scheduler() as session:
        while spread(session, noon(TODAY)).rows:
            pass
        session.execute(
            text("UPDATE deliveries SET state = 'held', held_for = 'morning' WHERE school_id = :school AND to_role IN ('senco', 'school')"),
            {"school": ash.school_id},
        )
    return found


def another_senco(ash: Village) -> int:
    """The SENCO has handed on the role; the new one's id."""
    with ash.engines.scheduler() as session:
        session.get_one(Membership, (ash.senco.person_id, ash.school_id, "senco")).until_on = day("2026-11-25")
        new = staff(session, session.get_one(School, ash.school_id), "New", "Ash")
        session.add(Membership(person_id=new.id, school_id=ash.school_id, role="senco"))
        session.flush()
        return new.id


def officer_of(ash: Village, session: Session) -> int:
    """The authority has an officer of its own; their id."""
    officer = Person(kind="outside", given_name="Officer", family_name="Out", email="officer@out.example", school_ids=[ash.school_id])
    session.add(officer)
    session.flush()
    session.add(AuthorityContact(authority_id=ash.authority_id, person_id=officer.id, role="la"))
    session.flush()
    return officer.id


def keep_away(ash: Village, session: Session, case: str, *people: int) -> None:
    """An order keeps these people from the child of the case."""
    pupil = session.execute(text("SELECT pupil_id FROM cases WHERE ref = :case"), {"case": case}).scalar_one()
    for person in people:
        session.add(Family(pupil_id=pupil, person_id=person, school_id=ash.school_id, relationship="relative", no_contact=True))


@contextmanager
def statements() -> Iterator[list[str]]:
    """All that is asked of the database in the block."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def redirected(ash: Village) -> int:
    with ash.engines.scheduler() as session:
        return redirect_held(session, "morning", LATER, [ash.school_id])


def of_the_school(ash: Village, person_id: int | None) -> int:
    (row,) = ash.rows("SELECT count(*) AS n FROM deliveries WHERE school_id = %s AND person_id = %s AND state = 'held'", ash.school_id, person_id)
    return int(row.n)


@pytest.mark.parametrize("number", [1, 6])
def test_many_rows_cost_the_statements_of_one_and_where_nobody_is_new_two(ash: Village, number: int) -> None:
    reviews(ash, number)
    with statements() as asked:
        assert redirected(ash) == 0
    assert len([one for one in asked if "SELECT" in one and "set_config" not in one]) == 2
    waiting = of_the_school(ash, ash.senco.person_id)
    new = another_senco(ash)
    with statements() as asked:
        assert redirected(ash) == waiting >= number
    assert len([one for one in asked if "deliveries" in one]) == 3, "what is unsent, what is known, and one statement that moves all of it"
    assert of_the_school(ash, new) == waiting and of_the_school(ash, ash.senco.person_id) == 0


def test_of_a_letter_that_leaves_at_once_nobody_is_asked_again_and_what_may_have_come_stays(ash: Village) -> None:
    (case,) = reviews(ash, 1)
    to_parent = "SELECT id FROM deliveries WHERE state = %s AND to_role = 'parent' AND case_id = (SELECT id FROM cases WHERE ref = %s)"
    (first,) = ash.rows(to_parent, "owed", case)
    with ash.engines.scheduler() as session:
        session.execute(text("UPDATE families SET parental_responsibility = false WHERE school_id = :school"), {"school": ash.school_id})
        session.get_one(Delivery, first.id).may_be_twice = True
    with statements() as asked, ash.engines.scheduler() as session:
        assert first.id in [one.id for one in claim_deliveries(session, case, "test", TODAY, seconds=-1)]
    assert not any("WITH wanted" in one for one in asked)
    with ash.engines.scheduler() as session:  # two days later; it may be with its reader already
        assert first.id in [one.id for one in claim_deliveries(session, case, "test", LATER, seconds=-1)]
        session.get_one(Delivery, first.id).may_be_twice = False
        session.execute(text("UPDATE deliveries SET created_at = created_at - interval '6 minutes' WHERE id = :id"), {"id": first.id})
    with ash.engines.scheduler() as session:
        assert first.id not in [one.id for one in claim_deliveries(session, case, "test", TODAY, seconds=-1)]
    (now,) = ash.rows("SELECT state, error_code, person_id FROM deliveries WHERE id = %s", first.id)
    assert (now.state, now.error_code, now.person_id) == ("failed", "nobody_holds_the_role", None)


def test_what_was_refused_to_one_reader_begins_anew_with_the_next(ash: Village) -> None:
    (case,) = reviews(ash, 1)
    with ash.engines.scheduler() as session:
        father = Person(kind="family", given_name="Father", family_name="Ashby", email="father@home.example", school_ids=[ash.school_id])
        session.add(father)
        session.flush()
        session.execute(text("UPDATE families SET parental_responsibility = false WHERE school_id = :school"), {"school": ash.school_id})
        pupil = session.execute(text("SELECT pupil_id FROM cases WHERE ref = :case"), {"case": case}).scalar_one()
        kin = Family(pupil_id=pupil, person_id=father.id, school_id=ash.school_id, relationship="father", parental_responsibility=True)
        session.add(kin)
        of_parent = "state = 'owed' AND to_role = 'parent' AND school_id = :school"
        session.execute(text(f"UPDATE deliveries SET attempts = 4, error_code = 'mailbox_full' WHERE {of_parent}"), {"school": ash.school_id})
        claimed = [one for one in claim_deliveries(session, case, "test", LATER) if one.to_role == "parent"]
        assert [(one.person_id, one.attempts, one.error_code) for one in claimed] == [(father.id, 1, "")] * len(claimed) and claimed


def test_a_row_that_somebody_else_changed_since_it_was_read_is_left_to_them(ash: Village) -> None:
    reviews(ash, 1)
    waiting = of_the_school(ash, ash.senco.person_id)
    new, teacher = another_senco(ash), ash.teacher.person_id
    steal = "UPDATE deliveries SET person_id = :to WHERE id = (SELECT min(id) FROM deliveries WHERE person_id = :of AND state = 'held')"

    def first(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "UPDATE deliveries d SET person_id" in statement:
            with ash.engines.scheduler() as session:
                session.execute(text(steal), {"to": teacher, "of": ash.senco.person_id})

    event.listen(Engine, "before_cursor_execute", first)
    try:
        redirected(ash)
    finally:
        event.remove(Engine, "before_cursor_execute", first)
    assert of_the_school(ash, teacher) == 1 and of_the_school(ash, new) == waiting - 1


def test_a_row_laid_aside_for_the_new_reader_is_no_hindrance(ash: Village) -> None:
    reviews(ash, 1)
    waiting = of_the_school(ash, ash.senco.person_id)
    new = another_senco(ash)
    before = """
        INSERT INTO deliveries (case_id, person_id, seq, school_id, moment, template, to_role, reference, once_key, state)
        SELECT case_id, :new, seq, school_id, moment, template, to_role, reference || '/x', regexp_replace(once_key, '[0-9]+$', CAST(:new AS text)),
               'superseded' FROM deliveries WHERE person_id = :old AND state = 'held'
    """
    with ash.engines.scheduler() as session:
        session.execute(text(before), {"new": new, "old": ash.senco.person_id})
    assert redirected(ash) == waiting == of_the_school(ash, new)


def test_two_who_ask_at_once_move_each_row_once(ash: Village) -> None:
    reviews(ash, 2)
    waiting = of_the_school(ash, ash.senco.person_id)
    new = another_senco(ash)
    both = Barrier(2)

    def ask(_place: int) -> int:
        both.wait(timeout=20)
        return redirected(ash)

    with ThreadPoolExecutor(2) as pool:
        assert max(pool.map(ask, range(2))) == waiting
    assert of_the_school(ash, new) == waiting and of_the_school(ash, ash.senco.person_id) == 0
    assert not ash.rows("SELECT FROM deliveries WHERE state = 'held' GROUP BY person_id, case_id, seq, template, step, party HAVING count(*) > 1")


def test_whom_an_order_keeps_away_is_nobody_in_any_role_about_that_child_and_the_next_rank_hears(ash: Village, tmp_path: Path) -> None:
    case, other = invited(ash), ash.meeting_agreed()
    with ash.engines.scheduler() as session:
        officer = officer_of(ash, session)
        while spread(session, noon(TODAY)).rows:
            pass
        held = "UPDATE deliveries SET state = 'owed', held_for = '' WHERE state = 'held' AND to_role = 'school' AND school_id = :school"
        session.execute(text(held), {"school": ash.school_id})
        keep_away(ash, session, case, officer, ash.senco.person_id or 0, ash.head.person_id or 0)
    with ash.engines.scheduler() as session:
        assert [(one.name, one.instead) for one in people_for(session, case, "senco", TODAY)] == [("Lead Trust", True)]
        assert [one.name for one in people_for(session, case, "la", TODAY)] == ["Testshire SEN team"]
        assert [one.name for one in people_for(session, other, "senco", TODAY)] == ["Senco Ash"]
    with MailSink(tmp_path / "mail", ash.clock.now) as sink:
        settings = Settings(data_folder=tmp_path, mail_url=sink.url)
        for _ in range(3):
            deliver(ash.engines, ash.clock, settings, case)
        mails = [(one.to, case in one.html) for one in sink.mails()]
    assert ("lead.trust@school.example", True) in mails, "a letter on its way to one whom the order names goes on to the next"
    assert not [to for to, _ in mails if to in ("senco.ash@school.example", "headteacher.ash@school.example", "officer@out.example")]


def test_a_list_of_nothing_but_what_an_order_forbids_is_not_sent_and_its_lines_wait_for_the_next_reader(ash: Village, tmp_path: Path) -> None:
    case = invited(ash)
    with ash.engines.scheduler() as session:
        officer = officer_of(ash, session)
        while spread(session, noon(TODAY)).rows:
            pass
        held = "state = 'held', held_for = 'list', authority_id = NULL, person_id = :officer"
        session.execute(
            text(f"UPDATE deliveries SET {held} WHERE to_role = 'la' AND school_id = :school"), {"school": ash.school_id, "officer": officer}
        )
        session.execute(text("UPDATE authorities SET sen_email = '' WHERE id = :authority"), {"authority": ash.authority_id})
        assert make_lists(session, TODAY).lines >= 1
        session.execute(text("UPDATE authorities SET sen_email = 'sen@testshire.example' WHERE id = :authority"), {"authority": ash.authority_id})
        keep_away(ash, session, case, officer)
    with MailSink(tmp_path / "mail", ash.clock.now) as sink:
        deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=sink.url), None)
        assert not [one for one in sink.mails() if one.to == "officer@out.example"]
    lines = "SELECT d.state, d.person_id, d.authority_id FROM deliveries d WHERE d.to_role = 'la' AND d.school_id = %s"
    assert {(row.state, row.person_id) for row in ash.rows(lines, ash.school_id)} == {("held", officer)}
    with ash.engines.scheduler() as session:
        make_lists(session, LATER)
    assert {(row.state, row.person_id, row.authority_id) for row in ash.rows(lines, ash.school_id)} == {("listed", None, ash.authority_id)}
