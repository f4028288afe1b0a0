"""Rows below the acts: a late outbox row, a setting left on a pooled connection, rows that disagree with events (`faults.md` D4, D7, D8)."""

from __future__ import annotations

import threading
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from db.engine import Engines
from db.outbox import spread
from db.roles import APP
from tests.databases import TestServer
from tests.db.ledger_story import TODAY, Village, day, noon, village
from tests.faults.conftest import Tally
from tests.faults.tally import rounds


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def spread_all(ash: Village) -> None:
    """Spread until nothing that is committed is left."""
    rows = 1
    while rows:
        with ash.engines.scheduler() as session:
            rows = spread(session, noon(TODAY)).rows


def test_d4_a_row_of_a_lower_number_that_commits_late_is_sent(ash: Village, postgres: TestServer, tally: Tally) -> None:
    turns = rounds(5, 50)
    for _ in range(turns):
        early, late = ash.meeting_agreed(), ash.meeting_agreed()
        spread_all(ash)
        with psycopg.connect(ash.engines.url) as holder:
            holder.execute("SET ROLE sendflow_scheduler")  # holds a row that the act writes after it has taken its place in the outbox
            holder.execute("SELECT 1 FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s FOR UPDATE OF s", (early,))
            act = threading.Thread(target=_send_invitations, args=(ash, early))
            act.start()
            _until_waiting(postgres.server.superuser_url(ash.engines.url.rsplit("/", 1)[1]), act)
            _send_invitations(ash, late)
            spread_all(ash)
            assert _messages(ash, late) > 0 and _messages(ash, early) == 0, "the later one is sent while the earlier one still waits"
            holder.rollback()
        act.join()
        spread_all(ash)
        assert _messages(ash, early) == _messages(ash, late), "the earlier number came late, and is sent all the same"
        numbers = ash.rows(
            "SELECT c.ref, max(split_part(split_part(d.reference, '/', 2), '.', 1)::bigint) AS number "
            "FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = ANY(%s) GROUP BY c.ref",
            [early, late],
        )
        placed = {row.ref: row.number for row in numbers}
        assert placed[early] < placed[late], "it had the lower number"
    tally("D4", acts=2 * turns, kills=turns, note="the lower number held open until the higher one was spread")


def _send_invitations(ash: Village, case: str) -> None:
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))


def _until_waiting(above: str, act: threading.Thread) -> None:
    with psycopg.connect(above, autocommit=True) as superuser:
        while act.is_alive():
            if superuser.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").fetchone():
                return
    raise AssertionError("the act did not wait for the held row")


def _messages(ash: Village, case: str) -> int:
    query = "SELECT count(*) FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.step = 'send_invitations'"
    return int(ash.rows(query, case)[0][0])


def _raise(_session: Any) -> None:
    raise RuntimeError("synthetic")


def _bad_sql(session: Any) -> None:
    session.execute(text("SELECT 1/0"))


def _cancelled(session: Any) -> None:
    session.execute(text("SET LOCAL statement_timeout = '1ms'"))
    session.execute(text("SELECT pg_sleep(1)"))


FAULTS = (_raise, _bad_sql, _cancelled)


def test_d7_a_school_setting_does_not_stay_on_a_pooled_connection(ash: Village, tally: Tally) -> None:
    birch = village(ash.engines, "900002")
    ash.open(), birch.open()
    one = Engines(ash.engines.url, pool_size=1)
    chance, turns = Random(7), rounds(100, 5_000)
    seen = text("SELECT array_agg(DISTINCT school_id) FROM cases")
    pids = set()
    for _ in range(turns):
        place, other = chance.sample([ash, birch], 2)
        with pytest.raises(Exception, match=r"synthetic|division by zero|canceling"), one.app([place.school_id]) as session:
            pids.add(session.scalar(text("SELECT pg_backend_pid()")))
            assert session.scalar(seen) == [place.school_id]
            chance.choice(FAULTS)(session)
        with one.app([]) as session:
            assert session.scalar(text("SELECT current_setting('app.schools', true)")) in ("", None) and session.scalar(seen) is None
        with one.app([other.school_id]) as session:
            assert session.scalar(seen) == [other.school_id]
    with one.act_connection(APP) as raw:
        row = raw.execute("SELECT current_setting('app.schools', true), (SELECT count(*) FROM cases)").fetchone()
        assert row is not None and row[0] in ("", None) and row[1] == 0
    one.dispose()
    assert len(pids) == 1, "it was one connection all the time"
    tally("D7", acts=3 * turns, kills=turns, note="one pooled connection; raise, bad SQL, cancel between two schools")


ONE_ROW = (
    "SELECT case_id, no, step FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s AND s.closed_seq IS NULL AND s.due_on IS NOT NULL "
    "AND s.chase_on IS NOT NULL ORDER BY no LIMIT 1"
)
REOPEN = (
    "UPDATE steps SET closed_seq = NULL WHERE step = 'agree_meeting_date' AND closed_seq IS NOT NULL "
    "AND case_id = (SELECT id FROM cases WHERE ref = %s)"
)
HARM = (
    ("due_on = due_on + 1", "is wrong in due_on"),
    ("owner = 'teacher'", "is wrong in owner"),
    ("round = 9", "is wrong in round"),
    ("chase_on = NULL", "is wrong in chase_on"),
    ("closed_seq = 1, closed_on = '2026-09-10'", "is open, and has no row"),
    ("why = '{}'", "is wrong in why"),
)


def test_d8_step_rows_that_disagree_with_events_are_found_named_and_rebuilt(ash: Village, postgres: TestServer, tally: Tally) -> None:
    turns, found = rounds(2, 50), 0
    above = postgres.server.superuser_url(ash.engines.url.rsplit("/", 1)[1])
    for harm, words in HARM * turns:
        case, other = ash.meeting_agreed(), ash.meeting_agreed()
        with psycopg.connect(above, autocommit=True) as superuser:
            step = superuser.execute(ONE_ROW, (case,)).fetchone()
            assert step is not None
            superuser.execute(f"UPDATE steps SET {harm} WHERE case_id = %s AND no = %s", step[:2])
        faults = [str(fault) for fault in ash.ledger.verify()]
        assert len(faults) == 1 and case in faults[0] and step[2] in faults[0] and words in faults[0], faults
        ash.ledger.rebuild_rows(case)
        assert ash.ledger.verify() == [], "rebuilt from the events"
        assert other not in faults[0]
        found += 1
    with psycopg.connect(above, autocommit=True) as superuser:
        case = ash.meeting_agreed()
        superuser.execute(REOPEN, (case,))
        assert ["agree_meeting_date" in str(fault) and "is not open" in str(fault) for fault in ash.ledger.verify()] == [True]
        ash.ledger.rebuild_rows(case)
        assert ash.ledger.verify() == []
        superuser.execute("DELETE FROM steps WHERE case_id = (SELECT id FROM cases WHERE ref = %s)", (case,))
    assert len(ash.ledger.verify(case)) > 1
    ash.ledger.rebuild_rows(case)
    assert ash.ledger.verify() == []
    tally("D8", acts=found + 2, kills=found + 2, note="each found, named by case and step, rebuilt")
