"""Letters that reach somebody in another's place say so: a deputy's, and the trust's where nobody can act."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.absences import NewAbsence, say_away
from db.engine import Engines
from db.links import Links
from db.models import Case, Delivery, Membership, School
from db.outbox import spread
from db.unowned import tell_unowned
from notifications.compose import compose
from notifications.letter import school_values
from tests.db.builders import staff
from tests.db.ledger_story import TODAY, Village, day, noon, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def letters(session: Session, case: str, to_role: str) -> dict[str, tuple[str, str]]:
    """Subject and text of the letters of a case to that role, by the reader's address."""
    while spread(session, noon(TODAY)).rows:
        pass
    wanted = select(Delivery).join(Case, Case.id == Delivery.case_id).where(Case.ref == case, Delivery.to_role == to_role)
    mine = session.scalars(wanted.order_by(Delivery.id)).all()
    made = [compose(session, one, origin="http://here", links=Links(["key"]), today=TODAY) for one in mine]
    return {one.to: (one.subject, one.html) for one in made}


def test_a_deputys_letter_says_for_whom_and_until_when(ash: Village) -> None:
    head, teacher = ash.head.person_id or 0, ash.teacher.person_id or 0
    with ash.engines.scheduler() as session:
        say_away(session, NewAbsence(head, teacher, TODAY, day("2026-12-08")), by=head, today=TODAY, now=ash.clock.now())
    case = ash.meeting_agreed()
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with ash.engines.scheduler() as session:
        sent = letters(session, case, "school")
    assert set(sent) == {"senco.ash@school.example", "teacher.ash@school.example"}, "the head is away, so nothing is sent to them"
    because = "You have this because you stand in for Headteacher Ash, who is away until Tuesday 8 December 2026."
    assert because in sent["teacher.ash@school.example"][1]
    assert "You have this because" not in sent["senco.ash@school.example"][1]


def test_letters_name_who_acts_as_senco_on_the_day(engines: Engines) -> None:
    oak = village(engines, "900002")
    senco, deputy, leaves = oak.senco.person_id or 0, oak.teacher.person_id or 0, day("2027-08-31")
    with oak.engines.scheduler() as session:
        session.get_one(Membership, (senco, oak.school_id, "senco")).until_on = leaves
        away = NewAbsence(senco, deputy, day("2026-12-01"), day("2026-12-04"))
        say_away(session, away, by=senco, today=TODAY, now=oak.clock.now())
        session.flush()

        def named(on: date) -> tuple[str, str, str]:
            said = school_values(session, oak.school_id, on)
            return said["senco_name"], said["senco_title"], said["senco_email"]

        own = ("Senco Ash", "SENCO", "senco.ash@school.example")
        assert named(day("2026-11-30")) == named(day("2026-12-05")) == named(leaves) == own, "their last day is told, and has not come"
        assert named(day("2026-12-01")) == named(day("2026-12-04")) == ("Teacher Ash", "acting SENCO", "teacher.ash@school.example")
        assert named(day("2027-09-01")) == ("", "SENCO", "")
    case = oak.meeting_agreed()
    oak.ledger.decide(oak.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with oak.engines.scheduler() as session:
        (letter,) = [words for _, words in letters(session, case, "parent").values()]
    assert "Senco Ash, SENCO" in letter


def test_where_nobody_can_act_the_trust_reads_what_the_role_would_and_is_told_why(ash: Village) -> None:
    case = ash.meeting_agreed()
    with ash.engines.scheduler() as session:
        lead = staff(session, session.get_one(School, ash.school_id), "Lead", "Trust")
        session.add(Membership(person_id=lead.id, school_id=ash.school_id, role="trust_send_lead"))
        for who, role in ((ash.senco, "senco"), (ash.teacher, "teacher")):
            session.get_one(Membership, (who.person_id, ash.school_id, role)).until_on = day("2026-11-23")
        session.flush()
        assert tell_unowned(session, TODAY) >= 1
        found = [letters(session, ref, "trust_send_lead") for ref in _cases(session)]
    subject, words = next(one["lead.trust@school.example"] for one in found if "lead.trust@school.example" in one)
    at_once = ash.rows("SELECT state, held_for FROM deliveries WHERE moment = 'no_able_owner' AND to_role = 'trust_send_lead'")
    assert at_once and {(row.state, row.held_for) for row in at_once} == {("owed", "")}, "it waits for no morning"
    assert subject.endswith(": nobody can act") and "Nobody at Ash School can act as <strong>SENCO</strong>" in words
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with ash.engines.scheduler() as session:
        sent = letters(session, case, "school")
    assert "nobody at Ash School can act as the school" in sent["lead.trust@school.example"][1]


def _cases(session: Session) -> list[str]:
    return [row[0] for row in session.connection().exec_driver_sql("SELECT ref FROM cases ORDER BY id")]


def test_a_second_absence_says_its_own_last_day_and_not_that_of_the_first(engines: Engines) -> None:
    elm = village(engines, "900003")
    head, teacher = elm.head.person_id or 0, elm.teacher.person_id or 0
    for today, last in (("2026-11-23", "2026-11-23"), ("2026-11-24", "2026-12-15")):
        with elm.engines.scheduler() as session:
            say_away(session, NewAbsence(head, teacher, day(today), day(last)), by=head, today=day(today), now=noon(day(today)))
    case = elm.meeting_agreed()
    elm.ledger.decide(elm.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with elm.engines.scheduler() as session:
        sent = letters(session, case, "school")
    assert "who is away until Tuesday 15 December 2026" in sent["teacher.ash@school.example"][1], "it named the day on which the first one was over"
