"""Rows after a change of the school's calendar, rows put right, and facts and exceptions asked with SQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import event

from db.engine import Engines
from db.ledger import Ledger, NotFound
from db.models import SchoolClosure, SchoolTerm
from rules.loader import load_library
from tests.db.ledger_story import Village, day, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def test_a_new_closure_moves_school_day_targets_and_the_record_says_so(engines: Engines, ash: Village) -> None:
    case = ash.meeting_agreed()
    ash.decide(case, "circulate_advice", "2026-10-20")
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    ash.decide(case, "hold_meeting", "2026-11-05")
    ash.decide(case, "la_decision", "2026-11-13", "amend", decision_on=day("2026-11-13"), notice_sent_on=day("2026-11-01"))
    ash.decide(case, "views_on_amendments", "2026-11-14", "agree")
    key = uuid4()
    sent = ash.decide(case, "la_sends_amended_plan", "2026-11-20", "amended", key=key, decision_on=day("2026-11-20"))
    before = ash.open_rows(case)["brief_staff"]
    assert before.target_on == day("2026-11-27") and ash.ledger.recount_dates() == []
    with engines.scheduler() as session:
        session.add(SchoolTerm(school_id=ash.school_id, first_on=day("2026-09-01"), last_on=day("2026-12-18"), name="Autumn"))
        session.add(SchoolClosure(school_id=ash.school_id, first_on=day("2026-11-24"), last_on=day("2026-11-25"), reason="snow"))
    version = ash.ledger.position(case)[2]
    assert case in ash.ledger.recount_dates()
    assert ash.open_rows(case)["brief_staff"].target_on == day("2026-12-01")
    assert ash.ledger.position(case)[2] == version + 1 and ash.ledger.recount_dates() == [] and ash.ledger.verify() == []
    again = ash.decide(case, "la_sends_amended_plan", "2026-11-20", "amended", key=key, decision_on=day("2026-11-20"))
    assert again.repeated and again.opened == sent.opened, "a receipt says what it said then, whatever the calendar says now"


def test_looking_for_changed_calendars_asks_no_more_of_many_schools_than_of_one(engines: Engines, ash: Village) -> None:
    """Each morning's first work, when nothing has changed: found by the simulated year, in which it was half of an idle sweep."""

    def asked(of: Ledger) -> int:
        assert of.recount_dates() == []  # the calendars are known from now on
        statements: list[str] = []
        with engines.scheduler() as session:
            engine = session.connection().engine

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        assert of.recount_dates() == []
        event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    ash.meeting_agreed()
    one = asked(ash.ledger)
    for urn in ("900771", "900772", "900773"):
        village(engines, urn).meeting_agreed()
    assert asked(ash.ledger) == one == 2


def test_an_act_after_a_change_of_calendar_writes_every_row_anew(engines: Engines, ash: Village) -> None:
    case = ash.meeting_agreed()
    with engines.scheduler() as session:
        session.add(SchoolClosure(school_id=ash.school_id, first_on=day("2026-10-05"), last_on=day("2026-10-05"), reason="INSET"))
    ash.decide(case, "offer_advocate", "2026-10-01")
    assert ash.ledger.verify(case) == []


def test_an_erasure_after_a_change_of_calendar_writes_every_row_anew(engines: Engines, ash: Village) -> None:
    case = ash.meeting_agreed()
    with engines.scheduler() as session:
        session.add(SchoolClosure(school_id=ash.school_id, first_on=day("2026-11-02"), last_on=day("2026-11-04"), reason="flood"))
    with ash.engines.act_connection("sendflow_writer") as connection:  # as dates are that were counted with other closures
        connection.execute("UPDATE steps SET why = '' WHERE closed_seq IS NULL AND case_id = (SELECT id FROM cases WHERE ref = %s)", (case,))
    ash.ledger.erase_private(ash.senco, key=uuid4(), case=case, on=day("2026-10-01"))
    assert ash.ledger.verify(case) == [] and all(row.why for row in ash.open_rows(case).values() if row.due_on)


def test_no_position_is_kept_once_a_connection_broke(ash: Village) -> None:
    """After a failover the next server may lack the last acts, and have others of the same number."""
    case, other = ash.meeting_agreed(), ash.meeting_agreed()
    kept, today = ash.ledger.parts.kept, ash.clock.today()
    assert kept.of(ash.senco, other, today) is not None
    broken = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sendflow sendflow_app' "
        "AND datname = current_database() AND wait_event_type = 'Lock'"
    )
    with (
        ThreadPoolExecutor() as pool,
        ash.engines.act_connection("sendflow_writer") as holder,
        psycopg.connect(ash.engines.url, autocommit=True) as login,
    ):
        with holder.transaction():
            holder.execute("SELECT 1 FROM cases WHERE ref = %s FOR UPDATE", (case,))
            act = pool.submit(ash.decide, case, "offer_advocate", "2026-10-01")
            while not login.execute(broken).fetchall():
                assert not act.done(), "it waits for the row"
        assert act.result(30).seq == 3
    assert kept.of(ash.senco, other, today) is None and kept.of(ash.senco, case, today) is not None


def test_wrong_rows_are_found_named_and_rebuilt(ash: Village) -> None:
    case = ash.meeting_agreed()
    with ash.engines.act_connection("sendflow_writer") as connection:
        mine = "case_id = (SELECT id FROM cases WHERE ref = %s)"
        connection.execute(f"DELETE FROM steps WHERE step = 'la_decision' AND {mine}", (case,))
        connection.execute(f"UPDATE steps SET owner = 'headteacher' WHERE step = 'offer_advocate' AND {mine}", (case,))
        connection.execute(f"UPDATE steps SET closed_seq = NULL WHERE step = 'agree_meeting_date' AND {mine}", (case,))
    found = {fault.what for fault in ash.ledger.verify(case)}
    assert found == {
        "step la_decision  is open, and has no row",
        "the row of step offer_advocate  is wrong in owner",
        "step agree_meeting_date  has an open row, and is not open",
    }
    ash.ledger.rebuild_rows(case)
    assert ash.ledger.verify(case) == []
    with pytest.raises(NotFound):
        ash.ledger.rebuild_rows("AR-999999")


def test_facts_and_exceptions_are_rows_of_ones_own_schools(engines: Engines, ash: Village) -> None:
    birch = village(engines, "900002")
    birch.ledger = Ledger(engines, birch.clock, load_library())
    opened = birch.ledger.open_case(
        birch.senco,
        key=uuid4(),
        process="ehc_needs_assessment",
        pupil_id=birch.pupil(),
        facts={"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"},
        on=day("2026-01-12"),
    )
    birch.decide(opened.case, "la_confirms_receipt", "2026-01-20", request_received_on=day("2026-01-19"))
    birch.ledger.correct(
        birch.senco, key=uuid4(), case=opened.case, fact="request_received_on", value=day("2026-01-20"), because="misread", on=day("2026-01-21")
    )
    birch.ledger.apply_exception(
        birch.senco,
        key=uuid4(),
        case=opened.case,
        step="la_decides_to_assess",
        exception="circumstances",
        because="synthetic",
        review_on=day("2026-04-01"),
        on=day("2026-02-01"),
    )
    facts = "SELECT f.name, f.value, f.seq FROM facts() f JOIN cases c ON c.id = f.case_id WHERE c.ref = %s ORDER BY f.name"
    applied = "SELECT e.name, e.step, e.review_on FROM exceptions() e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s"
    with engines.app([birch.school_id]) as session:
        query = session.connection().exec_driver_sql
        found = {row.name: (row.value, row.seq) for row in query(facts, (opened.case,))}
        assert found["request_received_on"] == ("2026-01-20", 3) and found["asked_by"] == ("parent", 1)
        assert [tuple(row) for row in query(applied, (opened.case,))] == [("circumstances", "la_decides_to_assess", day("2026-04-01"))]
    with engines.app([ash.school_id]) as session:
        query = session.connection().exec_driver_sql
        assert query(facts, (opened.case,)).all() == [] and query(applied, (opened.case,)).all() == []
