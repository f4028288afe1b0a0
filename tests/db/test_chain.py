"""Whoever alters the record is found out: chain, columns, words, positions, rows, and heads kept outside (`faults.md` A25-A27, D8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from db.chain import first_link, next_link
from db.engine import Engines
from db.ledger import KeyReused, NotAllowed, Refused
from db.queries.timeline import timeline_of
from db.url import psycopg_url
from tests.db.ledger_story import TODAY, Village, day, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture
def case(ash: Village) -> str:
    case = ash.meeting_agreed()
    ash.decide(case, "offer_advocate", "2026-10-01", private={"comment": "synthetic words"})
    return case


TABLES = ("events", "cases", "steps", "outbox", "private_texts")


@contextmanager
def forger(ash: Village) -> Iterator[psycopg.Connection[Any]]:
    """The tables' owner, who has switched off what holds them: triggers and row-level security. A superuser can do the same."""
    with psycopg.connect(psycopg_url(ash.engines.url)) as connection:
        connection.execute("SET ROLE sendflow_owner")
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
        yield connection
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY")


def tampered(ash: Village, case: str, statement: str) -> list[tuple[int, str]]:
    with forger(ash) as connection:
        connection.execute(statement.replace("THE_CASE", f"(SELECT id FROM cases WHERE ref = '{case}')"))
    return [(fault.seq, fault.what) for fault in ash.ledger.verify(case)]


def test_python_and_the_database_make_the_same_link(ash: Village, case: str) -> None:
    at = datetime(2026, 11, 24, 14, 45, 1, 999999, tzinfo=UTC)
    stored = ash.rows("SELECT e.recorded_at, e.hash, e.content FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = %s ORDER BY seq", case)
    link = first_link(case)
    for recorded_at, hash_, content in stored:
        link = next_link(link, recorded_at, content)
        assert link == hash_
    assert next_link(link, at, "é") != next_link(link, at + timedelta(microseconds=1), "é")


def test_an_untouched_record_has_no_faults(ash: Village, case: str) -> None:
    assert ash.ledger.verify(case) == [] and ash.ledger.verify() == []


@pytest.mark.parametrize("role", ["sendflow_app", "sendflow_scheduler", "sendflow_writer", "sendflow_owner"])
@pytest.mark.parametrize("statement", ["UPDATE events SET content = '{}'", "DELETE FROM events", "TRUNCATE events"])
def test_nobody_changes_an_event(ash: Village, case: str, role: str, statement: str) -> None:
    with psycopg.connect(psycopg_url(ash.engines.url)) as connection:
        connection.execute(f"SET ROLE {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_an_edited_event_is_named(ash: Village, case: str) -> None:
    found = tampered(ash, case, "UPDATE events SET content = replace(content, '2026-09-20', '2026-09-19') WHERE case_id = THE_CASE AND seq = 2")
    assert found[0] == (2, "the event's content, time or place in the chain was changed after it was written")
    assert all(seq != 3 for seq, _ in found)


def test_a_shifted_time_is_named(ash: Village, case: str) -> None:
    found = tampered(ash, case, "UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE case_id = THE_CASE AND seq = 3")
    assert [seq for seq, _ in found] == [3]


def test_a_forged_actor_column_is_named(ash: Village, case: str) -> None:
    found = tampered(ash, case, "UPDATE events SET actor_id = actor_id + 1 WHERE case_id = THE_CASE AND seq = 2")
    assert found == [(2, "the row's kind, actor or key is not what the hashed content says")]


def test_a_deleted_event_is_named(ash: Village, case: str) -> None:
    found = tampered(ash, case, "DELETE FROM events WHERE case_id = THE_CASE AND seq = 2")
    assert found == [(2, "event 2 is missing: the next one stored is number 3")]


def test_swapped_events_are_named(ash: Village, case: str) -> None:
    found = tampered(ash, case, "UPDATE events SET seq = CASE seq WHEN 2 THEN 30 ELSE 2 END WHERE case_id = THE_CASE AND seq IN (2, 3)")
    assert found[0][0] == 2


def test_a_cut_tail_shows_against_the_case_row(ash: Village, case: str) -> None:
    found = tampered(ash, case, "DELETE FROM events WHERE case_id = THE_CASE AND seq = 3")
    assert found[0] == (2, "the case row says version 3, and its head is not the last event's: events were cut off or added")


def test_a_changed_position_and_changed_rows_are_named(ash: Village, case: str) -> None:
    found = tampered(ash, case, "UPDATE steps SET due_on = due_on + 7 WHERE case_id = THE_CASE AND step = 'la_decision' AND closed_seq IS NULL")
    assert found == [(0, "the row of step la_decision  is wrong in due_on")]
    found = tampered(ash, case, "UPDATE cases SET position = position || ' ' WHERE id = THE_CASE")
    assert found == [(0, "the stored position is not what the history comes to")]


def test_personal_words_are_sealed_and_erasable(ash: Village, case: str) -> None:
    stored = ash.rows("SELECT content FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = %s", case)
    assert not any("synthetic words" in row.content for row in stored)
    found = tampered(ash, case, "UPDATE private_texts SET value = 'other words' WHERE case_id = THE_CASE")
    assert found == [(3, "the personal words kept as “comment” are not those that were written")]
    before, key = ash.ledger.position(case), uuid4()
    with pytest.raises(NotAllowed, match="Erasing is for"):
        ash.ledger.erase_private(ash.teacher, key=uuid4(), case=case, on=TODAY)
    key_of_act = ash.rows("SELECT act_key FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = %s AND seq = 3", case)[0].act_key
    with pytest.raises(KeyReused, match="Nothing has been erased"):
        ash.ledger.erase_private(ash.senco, key=key_of_act, case=case, on=TODAY)
    assert ash.ledger.position(case) == before
    assert ash.ledger.erase_private(ash.senco, key=key, case=case, on=TODAY) == 1
    assert ash.ledger.erase_private(ash.senco, key=key, case=case, on=TODAY) == 0
    assert ash.rows("SELECT 1 FROM private_texts p JOIN cases c ON c.id = p.case_id WHERE ref = %s", case) == []
    assert ash.ledger.verify(case) == []
    assert ash.ledger.position(case) == (before[0], before[1], 4), "nothing has happened in the case but one event that says it"
    with ash.engines.app([ash.school_id]) as session:
        assert [one.what for one in timeline_of(session, case) if "erased" in one.what] == ["The personal words of this case were erased"]
    again = uuid4()
    ash.decide(case, "gather_advice", "2026-10-02", party="parent", key=again)
    assert ash.decide(case, "gather_advice", "2026-10-02", party="parent", key=again).repeated and ash.ledger.verify(case) == []


def test_an_anchor_shows_what_a_chain_alone_cannot(ash: Village) -> None:
    cut, gone, remade = ash.meeting_agreed(), ash.meeting_agreed(), ash.meeting_agreed()
    anchor = ash.ledger.anchor()
    assert not [one for one in ash.ledger.verify(anchor=anchor) if one.case in (cut, gone, remade)]
    ash.decide(cut, "offer_advocate", "2026-10-01")
    assert not [one for one in ash.ledger.verify(anchor=anchor) if one.case == cut]
    tampered(ash, cut, "DELETE FROM events WHERE case_id = THE_CASE AND seq > 1")
    with forger(ash) as connection:
        for table in ("steps", "events", "outbox"):
            connection.execute(f"DELETE FROM {table} WHERE case_id = (SELECT id FROM cases WHERE ref = %s)", (gone,))
        connection.execute("DELETE FROM cases WHERE ref = %s", (gone,))
        _made_anew(connection, remade)
    assert ash.ledger.verify(remade) == []
    found = {(one.case, one.what) for one in ash.ledger.verify(anchor=anchor)}
    assert (cut, "event 2 is gone: the anchor knows the case with that many") in found
    assert (gone, "the case is gone; the anchor knows it with 2 events") in found
    assert (remade, "the chain was made anew: this event's hash is not the anchored one") in found


def _made_anew(connection: psycopg.Connection[Any], case: str) -> None:
    """Shift every time by an hour and compute all links again, as a careful forger would."""
    rows = connection.execute(
        "SELECT e.case_id, seq, recorded_at, content FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = %s ORDER BY seq", (case,)
    )
    link = first_link(case)
    for case_id, seq, recorded_at, content in rows.fetchall():
        link = next_link(link, recorded_at - timedelta(hours=1), content)
        connection.execute(
            "UPDATE events SET recorded_at = %s, hash = %s WHERE case_id = %s AND seq = %s", (recorded_at - timedelta(hours=1), link, case_id, seq)
        )
    connection.execute("UPDATE cases SET head = %s WHERE ref = %s", (link, case))


def test_an_anchor_that_was_changed_is_refused(ash: Village) -> None:
    anchor = ash.ledger.anchor()
    with pytest.raises(ValueError, match="no anchor"):
        ash.ledger.verify(anchor=anchor.rsplit("\n", 2)[0] + "\n")


def test_the_day_it_happened_is_the_persons_and_the_time_is_the_databases(ash: Village) -> None:
    case = ash.open(on="2026-09-10").case
    before = datetime.now(UTC)
    receipt = ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    assert before - timedelta(seconds=5) < receipt.recorded_at < datetime.now(UTC) + timedelta(seconds=5)
    with pytest.raises(Refused):
        ash.ledger.interrupt(ash.senco, key=uuid4(), case=case, name="moved_away", because="", on=TODAY + timedelta(days=1))


def test_an_act_on_a_kept_position_sees_another_chain_of_the_same_length(ash: Village) -> None:
    """A server that was put back and went on otherwise: the version is the same, the head of the chain is not, so the case is read again."""
    mine, other = ash.open().case, ash.open().case
    for case, party in ((mine, "la"), (other, "parent")):
        ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
        ash.decide(case, "gather_advice", "2026-10-01", party=party)
    with forger(ash) as connection:
        connection.execute("UPDATE cases c SET head = o.head, position = o.position FROM cases o WHERE c.ref = %s AND o.ref = %s", (mine, other))
    with pytest.raises(Refused) as refused:
        ash.decide(mine, "gather_advice", "2026-10-01", party="parent")
    assert refused.value.code == "already_decided"
