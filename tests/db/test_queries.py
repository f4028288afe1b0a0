"""What people read: inboxes, overdue lists, a case's page and timeline, messages, recipients; each within its school."""

from __future__ import annotations

import time
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from db.engine import Engines
from db.models import AuthorityContact, Delivery, Family, Membership, Person, Plan, Pupil, PupilContact
from db.queries.case_page import case_page
from db.queries.cases import find_pupils, list_cases, plans_to_review
from db.queries.inbox import due_between, inbox, overdue
from db.queries.messages import failed_messages, messages_of, sent_messages
from db.queries.people import people_for, recipients, roles_of, schools_of, staff_choices
from db.queries.pupils import pupil_to_start
from db.queries.step_rows import initials, overdue_days
from db.queries.timeline import timeline_of
from db.queries.transfers import leavers
from db.roles import become
from db.url import psycopg_url
from tests.db.ledger_story import TODAY, Village, day, village

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture(scope="module")
def birch(engines: Engines, ash: Village) -> Village:
    """Another school, whose rows must never show."""
    other = village(engines, "900002")
    other.meeting_agreed()
    return other


@pytest.fixture(scope="module")
def case(ash: Village, birch: Village) -> str:
    return ash.meeting_agreed()


def test_the_inbox_holds_what_is_mine_and_what_i_wait_for(ash: Village, case: str) -> None:
    with ash.engines.app([ash.school_id]) as session:
        seen = inbox(session, ash.senco.person_id or 0, TODAY)
    mine = [row.step for row in seen.mine if row.case == case]
    assert {"offer_advocate", "fix_one_meeting_with_pep"} <= set(mine)
    assert all(row.owner_role in ("senco", "school") and row.status == "open" and row.ours for row in seen.mine)
    waiting = {(row.step, row.party) for row in seen.waiting_for if row.case == case}
    assert {("gather_advice", "parent"), ("gather_advice", "la"), ("la_decision", "")} <= waiting
    assert {row.school_id for row in [*seen.mine, *seen.waiting_for]} == {ash.school_id}
    days = [row.act_by_on for row in seen.mine if row.act_by_on]
    assert days == sorted(days)


def test_a_teacher_waits_for_nobody_and_a_head_speaks_for_the_school(ash: Village, case: str) -> None:
    with ash.engines.app([ash.school_id]) as session:
        teacher, head = inbox(session, ash.teacher.person_id or 0, TODAY), inbox(session, ash.head.person_id or 0, TODAY)
    assert teacher.mine == [] and teacher.waiting_for == []
    assert ("gather_advice", "school") in {(row.step, row.party) for row in head.mine if row.case == case}


def test_a_role_that_has_ended_empties_the_inbox(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        leaver = Person(kind="staff", given_name="Lea", family_name="Ver", email="lea@school.example", school_ids=[ash.school_id])
        session.add(leaver)
        session.flush()
        session.add(Membership(person_id=leaver.id, school_id=ash.school_id, role="senco", until_on=date(2026, 10, 31)))
    with ash.engines.app([ash.school_id]) as session:
        assert inbox(session, leaver.id, date(2026, 10, 31)).mine
        assert inbox(session, leaver.id, date(2026, 11, 1)).mine == []
    with ash.engines.scheduler() as session:
        assert schools_of(session, leaver.id, date(2026, 10, 31)) == {ash.school_id}
        assert schools_of(session, leaver.id, date(2026, 11, 1)) == frozenset()
        assert roles_of(session, ash.head.person_id or 0, ash.school_id, TODAY) == {"headteacher"}


def test_a_step_explains_its_date_in_plain_sentences(ash: Village, case: str) -> None:
    with ash.engines.app([ash.school_id]) as session:
        row = next(row for row in inbox(session, ash.senco.person_id or 0, TODAY).waiting_for if row.case == case and row.step == "la_decision")
    assert row.due_on == date(2026, 12, 3)
    assert row.status == "waiting" and not row.ours and row.whose == "the local authority"
    assert any("4 weeks after" in sentence for sentence in row.why)
    assert any("Thursday 5 November 2026" in sentence for sentence in row.why)
    assert [name for name, _ in row.outcomes] == ["maintain", "amend", "cease"]
    assert row.pupil_initials == "A.A." and row.pupil_name == "Ada Ashby" and row.process_title == "Annual review of an EHC plan"


def test_overdue_counts_whole_days_and_an_exception_lifts_it() -> None:
    assert overdue_days(TODAY, TODAY, None, "", None) == 0
    assert overdue_days(TODAY, date(2026, 11, 20), None, "", None) == 4
    assert overdue_days(TODAY, None, date(2026, 11, 23), "", None) == 1
    assert overdue_days(TODAY, date(2026, 11, 20), None, "closed_school", None) == 0
    assert overdue_days(TODAY, date(2026, 11, 20), None, "closed_school", TODAY) == 0
    assert overdue_days(TODAY, date(2026, 11, 20), None, "closed_school", date(2026, 11, 23)) == 4


def test_the_overdue_list_is_the_schools_own_and_longest_first(ash: Village, birch: Village, case: str) -> None:
    with ash.engines.app([ash.school_id]) as session:
        late = overdue(session, TODAY)
    assert {row.school_id for row in late} == {ash.school_id}
    assert all(row.overdue_days > 0 for row in late)
    send = (
        next(row for row in late if row.case == case and row.step == "send_invitations") if any(r.step == "send_invitations" for r in late) else None
    )
    assert send is None, "software's own steps are nobody's inbox"
    assert [row.act_by_on for row in late] == sorted(row.act_by_on or date.max for row in late)
    with ash.engines.app([ash.school_id]) as session:
        assert {row.step for row in due_between(session, date(2026, 12, 3), date(2026, 12, 3), TODAY) if row.case == case} == {"la_decision"}


def test_the_case_page_says_where_it_stands_and_on_which_text(ash: Village, birch: Village, case: str) -> None:
    with ash.engines.app([ash.school_id]) as session:
        page = case_page(session, case, TODAY)
        assert case_page(session, "AR-999999", TODAY) is None
        theirs = birch.rows("SELECT ref FROM cases WHERE school_id = %s", birch.school_id)[0].ref
        assert case_page(session, theirs, TODAY) is None, "another school's case is as good as absent"
    assert page is not None
    assert page.head.ref == case and page.head.version == 2 and page.head.ended == "" and page.head.authority == "Testshire"
    assert page.head.definition_hash == page.definition.hash == ash.ledger.position(case)[0].hash
    assert {row.step for row in page.now} >= {"gather_advice", "offer_advocate"}
    assert {row.step for row in page.later} >= {"la_decision"}
    assert [(past.step, past.outcome, past.closed_on) for past in page.past if past.step == "agree_meeting_date"] == [
        ("agree_meeting_date", "done", date(2026, 9, 20))
    ]
    assert ("meeting_on", date(2026, 11, 5)) in {(fact.name, fact.value) for fact in page.facts}
    assert any(limit.step == "la_decision" for limit in page.limits)
    assert page.position == ash.ledger.position(case)[1]


def test_the_timeline_tells_every_act_with_its_words_until_they_are_erased(ash: Village) -> None:
    case = ash.open().case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"), private={"comment": "Mother prefers mornings"})
    ash.ledger.correct(ash.head, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-12"), because="the head is away", on=day("2026-09-22"))
    with ash.engines.app([ash.school_id]) as session:
        opened, agreed, corrected = timeline_of(session, case)
    assert opened.what == "Opened: Annual review of an EHC plan" and opened.who == "Senco Ash" and opened.via == "console"
    assert (
        agreed.what == "Agree the date"
        and agreed.facts == (("meeting", date(2026, 11, 5)),)
        and agreed.words == {"comment": "Mother prefers mornings"}
    )
    assert agreed.happened_on == date(2026, 9, 20) and agreed.days_later > 0
    assert corrected.what == "Corrected: meeting" and corrected.role == "headteacher" and corrected.words == {"because": "the head is away"}
    with psycopg.connect(psycopg_url(ash.engines.url)) as connection:
        connection.execute(become("sendflow_writer"))
        connection.execute("DELETE FROM private_texts WHERE name = 'comment'")
    with ash.engines.app([ash.school_id]) as session:
        _, agreed, _ = timeline_of(session, case)
    assert agreed.words == {} and agreed.erased == ("comment",)


def test_messages_show_their_state_and_only_to_their_school(ash: Village, birch: Village, case: str) -> None:
    case_id = ash.rows("SELECT id FROM cases WHERE ref = %s", case)[0].id
    with ash.engines.scheduler() as session:
        mother = session.scalars(text("SELECT person_id FROM families f JOIN cases c USING (pupil_id) WHERE c.id = :case"), {"case": case_id}).one()
        for state in ("accepted", "failed"):
            session.add(
                Delivery(
                    case_id=case_id, person_id=mother, seq=2, school_id=ash.school_id, step="gather_advice", party="parent", moment="opened",
                    template="annual_review/gather_advice.opened", to_role="parent", state=state, reference=f"{case}-{state}",
                    once_key=f"{case}-{state}",
                )
            )  # fmt: skip
    with ash.engines.app([ash.school_id]) as session:
        assert [row.state for row in messages_of(session, case)] == ["failed", "accepted"]
        first = messages_of(session, case)[0]
        assert first.reader == "Mother of Ada" and first.about == "Advice from the parents"
        assert [row.reference for row in failed_messages(session)] == [f"{case}-failed"]
    with birch.engines.app([birch.school_id]) as session:
        assert sent_messages(session) == [] and messages_of(session, case) == []


def test_recipients_are_those_the_law_names_and_nobody_an_order_keeps_away(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        pupil_id = session.scalars(text("SELECT pupil_id FROM cases WHERE ref = :case"), {"case": case}).one()
        father, barred, grandmother = (
            Person(kind="family", given_name=name, family_name="Ashby", email=f"{name}@home.example".lower(), school_ids=[ash.school_id])
            for name in ("Father", "Barred", "Grandmother")
        )
        officer, therapist = (
            Person(kind="outside", given_name=name, family_name="Out", email=f"{name}@out.example".lower(), school_ids=[ash.school_id])
            for name in ("Officer", "Therapist")
        )
        session.add_all([father, barred, grandmother, officer, therapist])
        session.flush()
        for person, holds, no_contact, place in ((father, True, False, 2), (barred, True, True, 3), (grandmother, False, False, 4)):
            session.add(
                Family(pupil_id=pupil_id, person_id=person.id, school_id=ash.school_id, relationship="relative", parental_responsibility=holds,
                       no_contact=no_contact, priority=place)
            )  # fmt: skip
        session.add(PupilContact(pupil_id=pupil_id, person_id=therapist.id, role="health", school_id=ash.school_id))
    with ash.engines.scheduler() as session:
        names = [one.name for one in people_for(session, case, "parent", TODAY)]
        assert names == ["Mother of Ada", "Father Ashby"]
        assert [one.name for one in people_for(session, case, "health", TODAY)] == ["Therapist Out"]
        assert [one.name for one in people_for(session, case, "senco", TODAY)] == ["Senco Ash"]
        assert {one.name for one in people_for(session, case, "school", TODAY)} == {"Headteacher Ash", "Senco Ash"}
        assert people_for(session, case, "social_care", TODAY) == [] and people_for(session, "AR-999999", "parent", TODAY) == []
        mailbox = people_for(session, case, "la", TODAY)
        assert [(one.person_id, one.authority_id, one.name) for one in mailbox] == [(None, ash.authority_id, "Testshire SEN team")]
        session.add(AuthorityContact(authority_id=ash.authority_id, person_id=officer.id, role="la"))
        session.flush()
        assert [one.name for one in people_for(session, case, "la", TODAY)] == ["Officer Out"]
        session.get_one(Person, officer.id).left_on = date(2026, 11, 1)
        session.flush()
        assert [one.name for one in people_for(session, case, "la", TODAY)] == ["Testshire SEN team"], "an officer who left is no reason for silence"


def test_many_recipients_cost_one_statement(ash: Village, case: str) -> None:
    ids = [row.id for row in ash.rows("SELECT id FROM cases")]
    with ash.engines.scheduler() as session:
        found = recipients(session, [(case_id, role) for case_id in ids for role in ("parent", "la", "senco")], TODAY)
    assert len(found) == 3 * len(ids)
    assert all(found.values())


def test_staff_choose_themselves_by_name(ash: Village, birch: Village) -> None:
    with ash.engines.app([ash.school_id]) as session:
        choices = staff_choices(session, TODAY)
    assert {(choice.name, role) for choice in choices for _, _, role in choice.roles} == {
        ("Senco Ash", "senco"), ("Headteacher Ash", "headteacher"), ("Teacher Ash", "teacher"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "found"), [("ada", True), ("ash ada", True), ("bob", False), ("%", False), ("'; DROP TABLE pupils; --", False), ("_da", False)]
)
def test_pupils_are_found_by_beginnings_and_no_word_is_a_pattern(ash: Village, birch: Village, case: str, words: str, found: bool) -> None:
    with ash.engines.app([ash.school_id]) as session:
        pupils = find_pupils(session, words, TODAY)
    assert bool(pupils) is found
    assert {pupil.school_id for pupil in pupils} <= {ash.school_id}


def test_cases_are_listed_by_their_next_day(ash: Village, birch: Village, case: str) -> None:
    with ash.engines.app([ash.school_id]) as session:
        listed = list_cases(session)
        assert case in {row.ref for row in listed}
        assert list_cases(session, running=False) == []
        assert len(list_cases(session, running=None)) == len(listed)
        days = [row.next_on for row in listed if row.next_on]
    assert days == sorted(days)


def test_plans_to_review_leave_out_running_reviews_and_whoever_has_left(ash: Village) -> None:
    with ash.engines.scheduler() as session:
        reviewed = session.scalars(text("SELECT pupil_id FROM cases WHERE school_id = :s LIMIT 1"), {"s": ash.school_id}).one()
    waiting, gone, later, going = ash.pupil("Wai", "Ting"), ash.pupil("Go", "Ne"), ash.pupil("La", "Ter"), ash.pupil("Go", "Ing")
    with ash.engines.scheduler() as session:
        for pupil_id, due in ((reviewed, "2027-01-10"), (waiting, "2027-01-11"), (gone, "2027-01-12"), (later, "2027-06-01"), (going, "2027-01-13")):
            session.add(
                Plan(pupil_id=pupil_id, school_id=ash.school_id, authority_id=ash.authority_id, issued_on=day("2026-01-12"), review_due_on=day(due))
            )
        session.get_one(Pupil, gone).left_on, session.get_one(Pupil, going).left_on = YESTERDAY, TODAY
    with ash.engines.scheduler() as session:
        assert [plan.pupil_id for plan in plans_to_review(session, day("2027-03-01"), today=TODAY)] == [waiting, going]
        found = {pupil.pupil_id for pupil in leavers(session, TODAY)}
        assert going in found and gone not in found


def test_a_pupil_is_found_until_their_last_day_and_after_it_for_what_outlasts_leaving(ash: Village) -> None:
    gone, going = ash.pupil("Zo", "Gone"), ash.pupil("Zo", "Going")
    with ash.engines.scheduler() as session:
        session.get_one(Pupil, gone).left_on, session.get_one(Pupil, going).left_on = YESTERDAY, TODAY
    with ash.engines.app([ash.school_id]) as session:
        assert [one.id for one in find_pupils(session, "zo", TODAY)] == [going]
        assert [(one.id, one.left_on) for one in find_pupils(session, "zo", TODAY, left_too=True)] == [(going, TODAY), (gone, YESTERDAY)]
        assert pupil_to_start(session, going, TODAY) and pupil_to_start(session, gone, TODAY) is None
        assert pupil_to_start(session, gone, TODAY, left_too=True)


@pytest.mark.parametrize(
    ("given", "family", "letters"), [("Ada", "Ashby", "A.A."), ("Mary Ann", "Smith-Jones", "M.S.J."), ("", "Ng", "N."), ("Zoë", "O'Neil", "Z.O.")]
)
def test_initials(given: str, family: str, letters: str) -> None:
    assert initials(given, family) == letters


def test_an_inbox_of_hundreds_takes_milliseconds(ash: Village) -> None:
    for _ in range(12):
        ash.meeting_agreed()
    with ash.engines.app([ash.school_id]) as session:
        took: list[float] = []
        for _ in range(6):
            began = time.perf_counter()
            seen = inbox(session, ash.senco.person_id or 0, TODAY)
            took.append(time.perf_counter() - began)
    assert len(seen.mine) + len(seen.waiting_for) > 100
    assert min(took) < 0.1, f"{min(took) * 1000:.0f} ms, though nothing else had the processor in each of six turns"
