"""Away and back: who stands in is asked by the day, along the chain, never the author; and no step is left to nobody."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import psycopg
import pytest

from db.absences import CannotBeAway, NewAbsence, say_away, take_back
from db.engine import Engines
from db.ledger import Act, Actor, NotAllowed, Refused
from db.models import Membership, Person, School
from db.person_schools import refresh_person_schools
from db.queries.absences import SaidAbsence, said_absences
from db.queries.acting import HeldRole, away_today, roles_today
from db.queries.inbox import inbox
from db.queries.people import people_for
from db.queries.timeline import timeline_of
from db.queries.unowned import own_approvals, unowned_roles
from db.roles import become
from db.unowned import tell_unowned
from db.url import psycopg_url
from rules.history import Event
from tests.db.builders import staff
from tests.db.ledger_story import TODAY, Village, day, village

TOMORROW, LAST, AFTER = day("2026-11-25"), day("2026-12-08"), day("2026-12-09")


URNS = (str(urn) for urn in range(900101, 900200))


@pytest.fixture
def ash(engines: Engines) -> Village:
    """A school of the test's own."""
    return village(engines, next(URNS))


def person_of(actor: Actor) -> int:
    assert actor.person_id is not None
    return actor.person_id


def away(ash: Village, who: Actor, deputy: Actor | int, from_on: date = TODAY, to_on: date | None = LAST) -> SaidAbsence:
    named = deputy if isinstance(deputy, int) else person_of(deputy)
    with ash.engines.scheduler() as session:
        said = NewAbsence(person_of(who), named, from_on, to_on)
        return say_away(session, said, by=person_of(who), today=ash.clock.today(), now=ash.clock.now())


def back(ash: Village, absence: SaidAbsence) -> None:
    with ash.engines.scheduler() as session:
        take_back(session, absence.id, by=absence.person_id, today=ash.clock.today(), now=ash.clock.now())


def report_written(ash: Village, by: Actor | None = None) -> str:
    """A review whose report waits for the head's approval."""
    case = ash.meeting_agreed()
    ash.decide(case, "circulate_advice", "2026-10-20")
    ash.decide(case, "hold_meeting", "2026-11-05")
    ash.decide(case, "prepare_adulthood", "2026-11-06")
    ash.decide(case, "check_sections", "2026-11-09", "complete")
    ash.decide(case, "write_report", "2026-11-12", by=by, recommendation="maintain")
    return case


def to_do(ash: Village, who: Actor, case: str) -> dict[str, int | None]:
    """The open steps of a case in somebody's inbox, and in whose absence each is theirs."""
    with ash.engines.app([ash.school_id]) as session:
        found = inbox(session, person_of(who), ash.clock.today())
    return {step.step: found.holder_of(step) for step in found.mine if step.case == case}


def test_the_deputy_decides_in_the_heads_name_and_the_day_after_all_is_handed_back(ash: Village) -> None:
    first, second = report_written(ash), report_written(ash)
    away(ash, ash.head, ash.teacher, TOMORROW)
    assert to_do(ash, ash.teacher, first) == {}
    with pytest.raises(NotAllowed):
        ash.decide(first, "approve_report", "2026-11-24", "approved", by=ash.teacher)

    ash.clock.today_is = TOMORROW
    assert to_do(ash, ash.teacher, first)["approve_report"] == person_of(ash.head)
    assert to_do(ash, ash.head, first)["approve_report"] is None, "whoever is away still sees their own steps"
    ash.decide(first, "approve_report", "2026-11-25", "approved", by=ash.teacher)
    with ash.engines.app([ash.school_id]) as session:
        told = timeline_of(session, first)[-1]
    assert (told.who, told.on_behalf_of, told.role) == ("Teacher Ash", "Headteacher Ash", "headteacher")
    assert ash.ledger.verify(first) == []

    ash.clock.today_is = AFTER
    assert to_do(ash, ash.teacher, second) == {} and "approve_report" in to_do(ash, ash.head, second)
    with pytest.raises(NotAllowed):
        ash.decide(second, "approve_report", "2026-12-09", "approved", by=ash.teacher)
    ash.decide(second, "approve_report", "2026-12-09", "approved", by=ash.head)
    with ash.engines.app([ash.school_id]) as session:
        assert timeline_of(session, second)[-1].on_behalf_of == ""


def test_taken_back_the_same_day_the_deputy_may_no_more_although_the_process_remembers(ash: Village) -> None:
    first, second = report_written(ash), report_written(ash)
    absence = away(ash, ash.head, ash.teacher, to_on=None)
    ash.decide(first, "approve_report", "2026-11-24", "approved", by=ash.teacher)
    ash.ledger.position(second)
    back(ash, absence)
    with pytest.raises(NotAllowed):
        ash.decide(second, "approve_report", "2026-11-24", "approved", by=ash.teacher)
    with pytest.raises(CannotBeAway, match="over or has been taken back"):
        back(ash, absence)


def test_the_database_itself_holds_in_whose_absence_somebody_acts(ash: Village) -> None:
    def may(capacity: str) -> bool:
        with psycopg.connect(psycopg_url(ash.engines.url)) as connection:
            connection.execute(become("sendflow_writer"))
            asked = (person_of(ash.teacher), capacity, ash.school_id, TODAY)
            found = connection.execute("SELECT acts_in_school(%s, %s, %s, %s)", asked).fetchone()
        return found == (True,)

    own, lent = "headteacher", f"headteacher={person_of(ash.head)}"
    assert not may(lent)
    absence = away(ash, ash.head, ash.teacher)
    assert may(lent) and may("teacher")
    assert not may(own) and not may(f"senco={person_of(ash.head)}") and not may(f"headteacher={person_of(ash.senco)}")
    back(ash, absence)
    assert not may(lent)


def test_many_acts_at_once_are_the_deputys_too(ash: Village) -> None:
    cases = [report_written(ash), report_written(ash)]
    away(ash, ash.head, ash.teacher)
    acts = [Act(uuid4(), case, Event("decide", TODAY, None, "approve_report", "", "approved")) for case in cases]
    assert len(ash.ledger.apply_many(ash.teacher, acts)) == 2
    with ash.engines.app([ash.school_id]) as session:
        assert {timeline_of(session, case)[-1].on_behalf_of for case in cases} == {"Headteacher Ash"}
    assert ash.ledger.verify() == []


def test_a_chain_ends_with_the_first_who_is_here(ash: Village) -> None:
    case = report_written(ash)
    spare = colleague(ash, "Spare")
    away(ash, ash.teacher, spare, TOMORROW, LAST)
    away(ash, ash.head, ash.teacher, TODAY, None)
    assert "approve_report" in to_do(ash, ash.teacher, case)
    ash.clock.today_is = TOMORROW
    assert "approve_report" not in to_do(ash, ash.teacher, case)
    held = held_by(ash, spare)
    assert {(one.role, one.holder, one.until_on) for one in held if one.holder_id} == {
        ("headteacher", "Headteacher Ash", LAST), ("teacher", "Teacher Ash", LAST),
    }  # fmt: skip
    with ash.engines.scheduler() as session:
        seen = away_today(session, person_of(ash.head), TOMORROW)
        assert seen is not None and (seen.deputy, seen.acting) == ("Teacher Ash", "Spare Ash")
        assert [one.acting for one in said_absences(session, TOMORROW, person_id=person_of(ash.teacher))] == ["Spare Ash"]
    ash.clock.today_is = AFTER
    assert "approve_report" in to_do(ash, ash.teacher, case) and not [one for one in held_by(ash, spare) if one.holder_id]


def held_by(ash: Village, person: int) -> list[HeldRole]:
    with ash.engines.scheduler() as session:
        return roles_today(session, person, ash.clock.today())


def colleague(ash: Village, given: str, role: str = "teacher", until_on: date | None = None) -> int:
    with ash.engines.scheduler() as session:
        made = staff(session, session.get_one(School, ash.school_id), given, "Ash")
        session.add(Membership(person_id=made.id, school_id=ash.school_id, role=role, until_on=until_on))
        return made.id


def test_an_absence_that_cannot_stand_is_refused_in_words(ash: Village) -> None:
    gone, going = colleague(ash, "Gone", until_on=date(2026, 10, 31)), colleague(ash, "Going", until_on=day("2026-12-01"))
    mother = ash.rows("SELECT person_id FROM families WHERE pupil_id = %s", ash.pupil())[0].person_id

    def refused(words: str, deputy: Actor | int, from_on: date = TODAY, to_on: date | None = LAST, who: Actor = ash.head) -> None:
        with pytest.raises(CannotBeAway, match=words):
            away(ash, who, deputy, from_on, to_on)

    refused("The first day, Monday 23 November 2026, has passed", ash.teacher, day("2026-11-23"))
    refused("is before the first", ash.teacher, LAST, TOMORROW)
    refused("Nobody stands in for themselves", ash.head)
    refused("Gone Ash left on Saturday 31 October 2026", gone)
    refused("Going Ash leaves on Tuesday 1 December 2026, before the absence is over", going)
    refused("has no role at any school, and so cannot sign in", mother)
    refused("no such member of staff", 1_000_000)
    refused("Only a member of staff", ash.teacher, who=Actor(mother, frozenset(), "cli"))
    away(ash, ash.head, ash.teacher, TOMORROW, LAST)
    refused("Headteacher Ash is away already, from Wednesday 25 November 2026 to Tuesday 8 December 2026", ash.senco)
    refused("in a ring: Teacher Ash stands in for Headteacher Ash stands in for Teacher Ash", ash.head, LAST, None, who=ash.teacher)
    away(ash, ash.teacher, going, TOMORROW, day("2026-12-01"))
    with ash.engines.scheduler() as session:
        session.get_one(Person, going).left_on = day("2026-11-27")
    refused(
        "Teacher Ash is away in these days, and Going Ash would stand in. Going Ash leaves on Friday 27 Nov", ash.teacher, TOMORROW, LAST, ash.senco
    )
    with ash.engines.scheduler() as session:
        assert {one.person_id for one in said_absences(session, TODAY, schools=[ash.school_id])} == {person_of(ash.head), person_of(ash.teacher)}, (
            "what was refused left nothing"
        )


def test_nobody_approves_their_own_work_as_a_deputy(ash: Village) -> None:
    waiting = report_written(ash)
    with pytest.raises(CannotBeAway, match=f"Senco Ash did the work that “Approve the report” of {waiting} looks at"):
        away(ash, ash.head, ash.senco)
    ash.decide(waiting, "approve_report", "2026-11-24", "approved", by=ash.head)
    away(ash, ash.head, ash.senco, TOMORROW)
    written_meanwhile = report_written(ash)
    ash.clock.today_is = TOMORROW
    with pytest.raises(Refused, match="another person than the one who did"):
        ash.decide(written_meanwhile, "approve_report", "2026-11-25", "approved", by=ash.senco)
    with ash.engines.scheduler() as session:
        found = [one for one in own_approvals(session, TOMORROW, [ash.school_id]) if one.case == written_meanwhile]
        assert [(one.author, one.stood_in_for) for one in found] == [("Senco Ash", (person_of(ash.head),))]
        assert tell_unowned(session, TOMORROW) >= 1 and tell_unowned(session, TOMORROW) == 0
    assert [row.owner for row in ash.rows("SELECT owner FROM unowned_roles WHERE about = %s", written_meanwhile)] == ["headteacher"]


def test_a_deputy_of_another_school_is_known_there_for_good(ash: Village, engines: Engines) -> None:
    birch = village(engines, next(URNS))
    case = report_written(ash)
    absence = away(ash, ash.head, birch.head)
    lent = Actor(birch.head.person_id, frozenset({birch.school_id, ash.school_id}), "console")
    assert {one.school_id for one in held_by(ash, person_of(lent)) if one.holder_id} == {ash.school_id}
    ash.decide(case, "approve_report", "2026-11-24", "approved", by=lent)
    back(ash, absence)
    with ash.engines.app([ash.school_id]) as session:
        assert timeline_of(session, case)[-1].who == "Headteacher Ash", "the name is in the record, though the person is of another school"
        assert session.get_one(Person, person_of(lent)).family_name == "Ash"
    with pytest.raises(NotAllowed):
        ash.decide(report_written(ash), "approve_report", "2026-11-24", "approved", by=lent)


def test_the_deputys_deputy_of_a_third_school_is_known_too_whoever_spoke_first(ash: Village, engines: Engines) -> None:
    birch, elm = village(engines, next(URNS)), village(engines, next(URNS))
    case, later = report_written(ash), report_written(ash)
    away(ash, ash.head, birch.head)
    away(birch, birch.head, elm.head)
    lent = Actor(elm.head.person_id, frozenset({elm.school_id, ash.school_id}), "console")
    ash.decide(case, "approve_report", "2026-11-24", "approved", by=lent)
    with ash.engines.app([ash.school_id]) as session:
        told = timeline_of(session, case)[-1]
    assert (told.who, told.on_behalf_of) == ("Headteacher Ash", "Headteacher Ash"), "everybody is called so: what matters is that both are known"
    with ash.engines.scheduler() as session:
        refresh_person_schools(session)
    with ash.engines.app([ash.school_id]) as session:
        assert session.get(Person, person_of(elm.head)) is not None and session.get(Person, person_of(elm.senco)) is None
    assert "approve_report" in to_do(ash, lent, later) and to_do(ash, birch.head, later) == {}


def test_messages_go_to_whoever_stands_in_and_to_the_trust_where_nobody_can(ash: Village) -> None:
    case = ash.open().case

    def told(role: str) -> list[tuple[str, int | None, bool]]:
        with ash.engines.scheduler() as session:
            return [(one.name, one.stands_in_for, one.instead) for one in people_for(session, case, role, ash.clock.today())]

    away(ash, ash.head, ash.teacher, TOMORROW)
    assert told("headteacher") == [("Headteacher Ash", None, False)]
    ash.clock.today_is = TOMORROW
    assert told("headteacher") == [("Teacher Ash", person_of(ash.head), False)]
    assert told("school") == [("Senco Ash", None, False), ("Teacher Ash", person_of(ash.head), False)]
    with ash.engines.scheduler() as session:
        session.get_one(Person, person_of(ash.teacher)).left_on = TODAY
    assert told("headteacher") == [], "the deputy left, and this trust has no SEND lead"
    colleague(ash, "Chief", "ceo")
    assert told("headteacher") == [("Chief Ash", None, True)]
    colleague(ash, "Lead", "trust_send_lead")
    assert told("headteacher") == [("Lead Ash", None, True)] and told("senco") == [("Senco Ash", None, False)]


def test_a_leavers_steps_are_told_the_same_day_once_and_their_post_can_be_held(ash: Village) -> None:
    case = ash.meeting_agreed()
    with ash.engines.scheduler() as session:
        tell_unowned(session, TODAY)
        held = session.get_one(Membership, (person_of(ash.senco), ash.school_id, "senco"))
        held.until_on = TODAY
    ash.clock.today_is = TOMORROW
    with ash.engines.scheduler() as session:
        empty = [one for one in unowned_roles(session, TOMORROW) if one.school_id == ash.school_id]
        assert [(one.owner, one.about) for one in empty] == [("senco", "")] and empty[0].steps >= 2
        assert not [one for one in unowned_roles(session, TODAY) if one.school_id == ash.school_id], "the last day of a role is theirs"
        for on in (TOMORROW, TOMORROW, AFTER):
            tell_unowned(session, on)
    owed = ash.rows("SELECT messages FROM outbox WHERE messages LIKE '%%shared/no_able_owner\"%%' AND school_id = %s", ash.school_id)
    assert len(owed) == 1 and '"trust_send_lead"' in owed[0].messages
    away(ash, ash.senco, ash.head, TOMORROW, None)
    assert to_do(ash, ash.head, case)["offer_advocate"] == person_of(ash.senco)
    ash.decide(case, "offer_advocate", "2026-11-25", by=ash.head)
    with ash.engines.scheduler() as session:
        tell_unowned(session, TOMORROW)
    left = ash.rows("SELECT * FROM unowned_roles WHERE owner = 'senco' AND school_id = %s", ash.school_id)
    assert left == [], "somebody can act again: the next time is a new one"
