"""Dates that move: each move noted with the act that did it, and told once to whoever had been told the old date (issue 6, point 7)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest

from db.absences import NewAbsence, say_away, take_back
from db.chase import sweep_all
from db.engine import Engines
from db.mailings import lay_aside
from db.models import Delivery, Membership
from db.moved_words import note_told
from db.outbox import spread
from db.queries.date_moves import DateMove, date_moves
from db.told_by_a_person import Telling, tell
from tests.db.ledger_story import TODAY, Village, day, village
from tests.db.sending import send_all
from tests.db.test_outbox import spread_all

MEETING, LATER, LATEST = day("2026-11-05"), day("2026-11-12"), day("2026-11-19")
ADVICE_BY = day("2026-10-15")  # three weeks before the meeting
FIRST, SECOND, THIRD = "2026-10-15", "2026-10-22", "2026-10-29"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900003")


@pytest.fixture
def case(ash: Village) -> str:
    """A review whose parties have been reminded of their advice by 15 October; nobody has heard of another date."""
    case = ash.meeting_agreed()
    sweep_all(ash.engines, ADVICE_BY - timedelta(days=7))
    spread_all(ash)
    send_all(ash, case)
    return case


def move_meeting(ash: Village, case: str, to: date) -> None:
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="meeting_on", value=to, because="the head is away", on=day("2026-11-24"))


def told(ash: Village, case: str, role: str = "la") -> list[tuple[str, str, str, str]]:
    """The lines of messages of moved dates to that role: state, step, was, now."""
    spread_all(ash)
    query = (
        "SELECT state, details FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND moment = 'moved' AND to_role = %s ORDER BY d.id"
    )
    rows = [(row.state, line) for row in ash.rows(query, case, role) for line in json.loads(row.details)["moved"]]
    return [(state, line["step"], line["was_on"], line["now_on"]) for state, line in rows]


def advice(state: str, was: str, now: str) -> tuple[str, str, str, str]:
    """One line about the advice."""
    return state, "gather_advice", was, now


def moves(ash: Village, case: str) -> list[DateMove]:
    with ash.engines.app([ash.school_id]) as session:
        return date_moves(session, case)


def test_a_corrected_fact_moves_dates_and_each_move_names_its_act(ash: Village, case: str) -> None:
    move_meeting(ash, case, LATER)
    seq = ash.ledger.position(case)[2]
    found = {one.step: one for one in moves(ash, case) if one.seq == seq}
    decision = found["la_decision"]
    assert (decision.was_on, decision.now_on) == (day("2026-12-03"), day("2026-12-10"))
    assert decision.because == "“meeting” was corrected" and decision.by == "Senco Ash"
    assert all(one.now_on == one.was_on + timedelta(days=7) for one in found.values()) and len(found) > 2
    agreed = next(one for one in moves(ash, case) if one.seq != seq)
    assert (agreed.step, agreed.because) == ("la_decision", "“Agree the date” was recorded"), "a decision moves dates too"


def test_who_was_told_the_old_date_is_told_the_new_one_once_and_nobody_else(ash: Village, case: str) -> None:
    move_meeting(ash, case, LATER)
    spread_all(ash)
    heard = "SELECT to_role FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND moment = 'moved'"
    assert sorted(row.to_role for row in ash.rows(heard, case)) == ["la", "parent", "school", "school"], "head and SENCO speak for the school"
    assert told(ash, case) == [advice("held", FIRST, SECOND)], "and of the council's decision it had heard nothing"
    assert ("la", "moved") in send_all(ash, case) and told(ash, case) == [advice("listed", FIRST, SECOND)]
    ash.decide(case, "offer_advocate", "2026-10-01")
    assert told(ash, case) == [advice("listed", FIRST, SECOND)], "an act that moves nothing tells nothing"


def test_moved_twice_before_it_leaves_is_one_message(ash: Village, case: str) -> None:
    move_meeting(ash, case, LATER)
    spread_all(ash)
    move_meeting(ash, case, LATEST)
    assert told(ash, case) == [advice("superseded", FIRST, SECOND), advice("held", FIRST, THIRD)]
    assert send_all(ash, case).count(("la", "moved")) == 1


def test_moved_back_before_it_leaves_is_no_message_and_after_it_left_one_more(ash: Village, case: str) -> None:
    move_meeting(ash, case, LATER)
    spread_all(ash)
    move_meeting(ash, case, MEETING)
    spread_all(ash)
    assert ("la", "moved") not in send_all(ash, case) and told(ash, case) == [advice("superseded", FIRST, SECOND)]
    move_meeting(ash, case, LATER)
    spread_all(ash)
    assert ("la", "moved") in send_all(ash, case)
    move_meeting(ash, case, MEETING)
    assert told(ash, case)[1:] == [advice("listed", FIRST, SECOND), advice("held", SECOND, FIRST)]


def test_whom_a_person_told_the_old_date_is_told_the_new_one_too(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        letter = session.query(Delivery).filter_by(step="gather_advice", to_role="parent").order_by(Delivery.id.desc()).first()
        assert letter is not None and letter.due_on == ADVICE_BY
        letter.state, letter.error_code, letter.handed_over_at = "failed", "by_post", None
    move_meeting(ash, case, LATER)
    assert told(ash, case, "parent") == [], "nobody has told them yet"
    move_meeting(ash, case, MEETING)
    with ash.engines.scheduler() as session:
        tell(session, letter.id, Telling("post", TODAY, ash.senco.person_id or 0), TODAY)
    move_meeting(ash, case, LATER)
    assert told(ash, case, "parent") == [advice("owed", FIRST, SECOND)]


def test_of_two_that_spread_at_once_one_tells(ash: Village, case: str) -> None:
    """Two acts of one case, each spread by another worker at the same moment: the second waits, and finds it told."""
    move_meeting(ash, case, LATER)
    ash.decide(case, "offer_advocate", "2026-10-01")
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with ThreadPoolExecutor() as pool, psycopg.connect(ash.engines.url, autocommit=True) as login:
        with ash.engines.scheduler() as one:
            assert spread(one, ash.clock.now(), limit=1).messages == 4
            other = pool.submit(spread_all, ash)
            while not login.execute(waits).fetchall():
                assert not other.done(), "it waits for the moved dates"
        assert other.result(30) == 0
    assert told(ash, case) == [advice("held", FIRST, SECOND)]


def test_a_reader_who_may_not_be_written_to_any_more_hears_nothing(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        of_case = "pupil_id = (SELECT pupil_id FROM cases WHERE ref = %s)"
        session.connection().exec_driver_sql(f"UPDATE families SET no_contact = true WHERE {of_case}", (case,))
    move_meeting(ash, case, LATER)
    assert told(ash, case, "parent") == [] and told(ash, case) == [advice("held", FIRST, SECOND)]


def test_a_letter_written_after_the_move_bore_the_new_date(ash: Village) -> None:
    """It was owed with the old one; whoever reads the new one in it has not been told the old."""
    case = ash.meeting_agreed()
    sweep_all(ash.engines, ADVICE_BY - timedelta(days=7))
    spread_all(ash)
    with ash.engines.scheduler() as session:
        letter = session.query(Delivery).filter_by(step="gather_advice", to_role="parent").order_by(Delivery.id.desc()).first()
        assert letter is not None and letter.due_on == ADVICE_BY
        letter.rung, letter.moment = None, "opened"  # as a letter that says that the step has opened
    move_meeting(ash, case, LATER)
    with ash.engines.scheduler() as session:
        note_told(session, letter, bears_target=True)
    send_all(ash, case)
    assert told(ash, case, "parent") == []
    move_meeting(ash, case, LATEST)
    assert told(ash, case, "parent") == [advice("owed", SECOND, THIRD)]


def test_a_letter_that_names_no_target_has_told_no_date(ash: Village) -> None:
    """The advice of the parents has no date of law, and this reminder does not name our own day."""
    case = ash.meeting_agreed()
    sweep_all(ash.engines, ADVICE_BY - timedelta(days=7))
    spread_all(ash)
    with ash.engines.scheduler() as session:
        for letter in session.query(Delivery).filter_by(step="gather_advice", to_role="parent"):
            note_told(session, letter, bears_target=False)
    send_all(ash, case)
    move_meeting(ash, case, LATER)
    assert told(ash, case, "parent") == [] and told(ash, case) == [advice("held", FIRST, SECOND)]


def test_a_reminder_laid_aside_by_a_move_is_owed_again_when_the_date_moves_back(ash: Village) -> None:
    case = ash.meeting_agreed()
    spread_all(ash)
    due_on = ash.open_rows(case)["la_decision"].due_on
    sweep_all(ash.engines, due_on - timedelta(days=7))
    spread_all(ash)

    def reminders() -> list[str]:
        query = "SELECT state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND step = 'la_decision' AND rung IS NOT NULL"
        return [row.state for row in ash.rows(query, case)]

    assert reminders() == ["held"]
    move_meeting(ash, case, LATER)
    with ash.engines.scheduler() as session:
        lay_aside(session)
    assert reminders() == ["superseded"]
    move_meeting(ash, case, MEETING)
    sweep_all(ash.engines, due_on - timedelta(days=7))
    spread_all(ash)
    assert reminders() == ["held"], "once more, and not doubled"
    send_all(ash, case)
    move_meeting(ash, case, LATER)
    move_meeting(ash, case, MEETING)
    sweep_all(ash.engines, due_on - timedelta(days=7))
    spread_all(ash)
    assert reminders() == ["listed"], "what was sent for this date is not sent again"


def test_a_reader_in_two_roles_is_told_in_the_one_still_theirs(ash: Village, case: str) -> None:
    """The SENCO is also the head for a while, hears of late advice as head, and is the head no more when the date moves."""
    senco = ash.senco.person_id
    assert senco is not None
    with ash.engines.scheduler() as session:
        session.add(Membership(person_id=senco, school_id=ash.school_id, role="headteacher"))
    sweep_all(ash.engines, ADVICE_BY + timedelta(days=1))
    spread_all(ash)
    send_all(ash, case)
    with ash.engines.scheduler() as session:
        session.query(Membership).filter_by(person_id=senco, school_id=ash.school_id, role="headteacher").delete()
    move_meeting(ash, case, LATER)
    assert {line[1] for line in told(ash, case, "senco")} >= {"circulate_advice"} and told(ash, case, "headteacher")


def test_for_a_reader_who_is_away_whoever_stands_in_is_told_once(ash: Village, case: str) -> None:
    """The head, told for the school, is away when the meeting moves; the SENCO stands in, and has been told the same day themselves."""
    senco, head = ash.senco.person_id, ash.head.person_id
    assert senco is not None and head is not None
    with ash.engines.scheduler() as session:
        said = say_away(session, NewAbsence(head, senco, TODAY, TODAY), by=head, today=TODAY, now=ash.clock.now())
    try:
        move_meeting(ash, case, LATER)
        spread_all(ash)
    finally:
        with ash.engines.scheduler() as session:
            take_back(session, said.id, by=head, today=TODAY, now=ash.clock.now())
    heard = "SELECT person_id FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND moment = 'moved' AND to_role = 'school'"
    assert [row.person_id for row in ash.rows(heard, case)] == [senco]


def test_who_was_told_a_date_that_was_wrong_is_told_once_it_is_put_right(ash: Village) -> None:
    """And not with the next act in the case, which may be months away."""
    case = ash.meeting_agreed()
    spread_all(ash)
    with ash.engines.act_connection("sendflow_writer") as connection:
        wrong = "UPDATE steps SET target_on = '2026-10-20' WHERE step = 'gather_advice' AND case_id = (SELECT id FROM cases WHERE ref = %s)"
        connection.execute(wrong, (case,))
    sweep_all(ash.engines, ADVICE_BY - timedelta(days=7))
    spread_all(ash)
    send_all(ash, case)
    version = ash.ledger.position(case)[2]
    ash.ledger.rebuild_rows(case)
    assert told(ash, case) == [advice("held", "2026-10-20", FIRST)] and ash.ledger.position(case)[2] == version
    ash.ledger.rebuild_rows(case)
    assert told(ash, case) == [advice("held", "2026-10-20", FIRST)], "once"
