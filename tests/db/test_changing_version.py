"""A running case moves to another text of its process: shown first, then one event and all that follows, and back to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest

from db.chase import sweep_all
from db.deliveries import claim_deliveries
from db.engine import Engines
from db.ledger import Actor, CannotMove, KeyReused, Ledger, NotAllowed, NotFound, Receipt
from db.mailings import lay_aside
from db.outbox import spread
from rules.definition import Definition
from rules.loader import load_library
from tests.databases import TestServer
from tests.db.ledger_story import day, village
from tests.db.moved_trust import WHY, Trust, facts_of, library_of
from tests.db.other_texts import ENDS, NO_ADVOCATE, OWNER, ROOMS, STRICTER, WEEKS, ledger_on, library_with, text_of, trust_lead
from tests.db.test_ledger_together import at_once

TABLES = "cases events steps private_texts outbox definitions deliveries wakes".split()
ROUNDS = 6


@pytest.fixture(scope="module")
def trust(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Trust:
    folder = tmp_path_factory.mktemp("texts")
    ash = village(engines)
    new = text_of(library_with(folder / "new", WEEKS, OWNER, ROOMS))
    return Trust(ash, trust_lead(engines, ash), new, text_of(library_with(folder / "stricter", STRICTER)))


def everything(trust: Trust) -> list[list[Any]]:
    return [trust.ash.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES]


def test_the_preview_says_what_moves_and_writes_nothing(trust: Trust) -> None:
    case = trust.ash.meeting_agreed()
    before = everything(trust)
    found = trust.ledger.preview_move(trust.lead, case, trust.new)
    assert {(one.step, one.what) for one in found.comparison.steps} == {("offer_advocate", "owner"), ("book_room", "opens")}
    assert everything(trust) == before


def test_a_moved_case_stands_as_if_it_had_always_run_on_that_text(trust: Trust) -> None:
    case = trust.ash.meeting_agreed()
    receipt = trust.moved(case, trust.new)
    assert (receipt.seq, receipt.repeated, [one.step for one in receipt.opened]) == (3, False, ["book_room"])
    rows = trust.ash.open_rows(case)
    assert rows["book_room"].owner == rows["offer_advocate"].owner == "headteacher"
    other, senco = ledger_on(trust.ash, library_of(trust.new)), trust.ash.senco
    pupil, facts = trust.ash.pupil(), facts_of(trust, case)
    twin = other.open_case(senco, key=uuid4(), process="annual_review", pupil_id=pupil, facts=facts, on=day("2026-09-10"))
    meeting = {"meeting_on": day("2026-11-05")}
    other.decide(senco, key=uuid4(), case=twin.case, step="agree_meeting_date", facts=meeting, on=day("2026-09-20"))
    same = trust.stands(twin.case)
    assert trust.stands(case)[:2] == same[:2]
    assert [row[1:] for row in trust.stands(case)[2]] == [row[1:] for row in same[2]], "the rows are the twin's but for the case's number"
    assert trust.ledger.verify() == []


def test_the_case_goes_on_under_the_new_text_in_every_process(trust: Trust) -> None:
    case = trust.ash.meeting_agreed()
    elsewhere = Ledger(trust.ash.engines, trust.ash.clock, trust.ledger.parts.library)
    elsewhere.decide(trust.ash.senco, key=uuid4(), case=case, step="circulate_advice", on=day("2026-10-01"))  # it keeps the case as it stands
    trust.moved(case, trust.new)
    told = elsewhere.decide(trust.ash.head, key=uuid4(), case=case, step="book_room", on=day("2026-10-02"))
    assert told.seq == 5 and elsewhere.position(case)[0].hash == trust.new.hash
    assert trust.ledger.verify(case) == []


def test_back_again_is_what_stood_before_to_the_byte(trust: Trust) -> None:
    case = trust.ash.meeting_agreed()
    before = trust.stands(case)
    trust.moved(case, trust.new)
    assert trust.stands(case) != before
    shown = trust.ledger.preview_move(trust.lead, case, undo=True)
    assert {(one.step, one.what) for one in shown.comparison.steps} == {("offer_advocate", "owner"), ("book_room", "closes")}
    receipt = trust.moved(case, undo=True, because="the policy was withdrawn")
    assert receipt.seq == 4 and trust.stands(case) == before
    with pytest.raises(CannotMove, match="no move"):
        trust.moved(case, undo=True)
    kinds = trust.ash.rows("SELECT e.kind FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s ORDER BY e.seq", case)
    assert [row[0] for row in kinds] == ["open", "decide", "definition_changed", "definition_changed"]
    assert trust.ledger.verify(case) == []


def test_two_moves_are_undone_one_by_one(trust: Trust, tmp_path: Path) -> None:
    case = trust.ash.open().case
    first = trust.stands(case)
    third = text_of(library_with(tmp_path / "third", NO_ADVOCATE))
    trust.moved(case, trust.new)
    second = trust.stands(case)
    trust.moved(case, third)
    with pytest.raises(CannotMove, match="no move to the text"):
        trust.moved(case, trust.new, undo=True)
    trust.moved(case, third, undo=True)
    assert trust.stands(case) == second
    trust.moved(case, undo=True)
    assert trust.stands(case) == first and trust.ledger.verify(case) == []


def test_the_same_key_moves_once_and_says_so(trust: Trust) -> None:
    case, key = trust.ash.open().case, uuid4()
    first = trust.moved(case, trust.new, key=key)
    again = trust.moved(case, trust.new, key=key)
    assert again.repeated and (again.seq, again.recorded_at) == (first.seq, first.recorded_at)
    for other in ({"because": "another reason"}, {"to": trust.stricter}, {"undo": True}):
        with pytest.raises(KeyReused):
            trust.moved(case, **({"to": trust.new, "key": key} | other))
    assert trust.ledger.position(case)[2] == 2


def test_an_act_sent_again_after_the_move_has_its_first_receipt(trust: Trust) -> None:
    case, key = trust.ash.open().case, uuid4()
    first = trust.ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-05"))
    trust.moved(case, trust.new)
    again = trust.ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-05"))
    assert again.repeated and [(one.no, one.step) for one in again.opened] == [(one.no, one.step) for one in first.opened]


def test_what_cannot_move_is_refused_with_event_and_step(trust: Trust, tmp_path: Path) -> None:
    case = trust.ash.meeting_agreed()
    before = everything(trust)
    with pytest.raises(CannotMove, match=r"Event 2 of 2026-09-20 \(“Agree the date”\) does not stand under that text"):
        trust.moved(case, trust.stricter)
    with pytest.raises(CannotMove, match="at its end"):
        trust.moved(case, text_of(library_with(tmp_path / "ends", ENDS)))
    with pytest.raises(CannotMove, match="already"):
        trust.moved(case, trust.ledger.position(case)[0])
    with pytest.raises(CannotMove, match="Say why"):
        trust.moved(case, trust.new, because=" ")
    assert everything(trust)[1:] == before[1:]
    trust.ledger.interrupt(trust.ash.senco, key=uuid4(), case=case, name="moved_away", because="they left", on=day("2026-09-22"))
    with pytest.raises(CannotMove, match="has ended"):
        trust.moved(case, trust.new)


def test_only_the_trusts_send_lead_moves_a_case(trust: Trust, engines: Engines) -> None:
    case = trust.ash.open().case
    for nobody in (trust.ash.senco, trust.ash.head, trust.ash.software):
        with pytest.raises((NotAllowed, NotFound)):
            trust.ledger.move_to_text(nobody, key=uuid4(), case=case, to=trust.new, because=WHY)
        with pytest.raises((NotAllowed, NotFound)):
            trust.ledger.preview_move(nobody, case, trust.new)
    with pytest.raises(NotFound):
        trust.ledger.move_to_text(Actor(trust.lead.person_id, frozenset({999}), "cli"), key=uuid4(), case=case, to=trust.new, because=WHY)
    assert trust.ledger.position(case)[2] == 1


def test_the_database_holds_the_role_and_the_rows_of_a_move(trust: Trust) -> None:
    case = trust.ash.rows("SELECT id, version, definition_id, school_id FROM cases WHERE ref = %s", trust.ash.open().case)[0]
    call = "SELECT answer FROM change_definition(%s, %s, %s, %s, %s, %s, %s, '{}', 'p', 'c', %s, %s, %s, NULL, '{}', NULL)"
    scope, today = f"{{{case.school_id}}}", day("2026-11-24")
    with trust.ash.engines.act_connection() as connection:
        senco = (scope, case.id, case.version, uuid4(), trust.ash.senco.person_id, "senco", today, case.definition_id, case.definition_id, "[]")
        assert connection.execute(call, senco).fetchone() == ("not allowed",)
        other = orjson.dumps([{"case_id": case.id - 1, "school_id": case.school_id, "no": 1}]).decode()
        lead = (scope, case.id, case.version, uuid4(), trust.lead.person_id, "trust_send_lead", today, case.definition_id, case.definition_id, other)
        with pytest.raises(psycopg.Error, match="of another case"):
            connection.execute(call, lead)
    assert trust.ledger.verify() == []


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_move_and_a_decision_at_once_have_one_order(trust: Trust, turn: int) -> None:
    case = trust.ash.open().case
    answers = at_once(
        lambda: trust.moved(case, trust.new),
        lambda: trust.ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05")),
    )
    assert sorted(one.seq for one in answers) == [2, 3], answers
    assert set(trust.ash.open_rows(case)) >= {"book_room", "offer_advocate"} and trust.ledger.verify(case) == []


def test_two_moves_at_once_are_one(trust: Trust) -> None:
    case = trust.ash.open().case
    answers = at_once(*[lambda: trust.moved(case, trust.new)] * 3)
    assert sum(isinstance(one, Receipt) for one in answers) == 1 and sum(isinstance(one, CannotMove) for one in answers) == 2, answers
    assert trust.ledger.position(case)[2] == 2 and trust.ledger.verify(case) == []


def told(trust: Trust, case: str) -> list[tuple[Any, ...]]:
    """Send everything that is due, and what of this case was told: step, moment, rung."""
    today = trust.ash.clock.today()
    sweep_all(trust.ash.engines, today)
    with trust.ash.engines.scheduler() as session:
        while spread(session, trust.ash.clock.now()).rows:
            pass
        for one in claim_deliveries(session, case, "test", trust.ash.clock.today(), limit=500):
            one.state = "accepted"
        lay_aside(session)
        session.connection().exec_driver_sql("UPDATE deliveries SET state = 'accepted' WHERE state = 'held'")  # as if the morning had come
    query = (
        "SELECT d.step, d.party, d.moment, d.rung, d.to_role FROM deliveries d JOIN cases c ON c.id = d.case_id "
        "WHERE c.ref = %s AND d.state IN ('accepted', 'failed') ORDER BY d.id"
    )
    return [tuple(row) for row in trust.ash.rows(query, case)]


def test_nobody_hears_twice_and_of_past_rungs_the_highest_alone(trust: Trust) -> None:
    case = trust.ash.meeting_agreed()
    before = told(trust, case)
    assert len({one for one in before if one[0] == "send_invitations"}) > 0
    trust.moved(case, trust.new)
    after = told(trust, case)
    fresh = after[len(before) :]
    assert after[: len(before)] == before and {one[0] for one in fresh} == {"book_room"}, fresh
    assert sorted((one[2], one[3], one[4]) for one in fresh) == [("late", 2, "headteacher"), ("opened", None, "headteacher")]
    trust.moved(case, undo=True)
    assert told(trust, case) == after
    trust.moved(case, trust.new)
    assert told(trust, case) == after, "the room was asked for before the way back"


def test_what_waited_to_be_told_of_a_step_that_is_gone_is_laid_aside(trust: Trust) -> None:
    case = trust.ash.open().case
    trust.moved(case, trust.new)
    trust.ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    sweep_all(trust.ash.engines, trust.ash.clock.today())  # word of the room, and reminders, wait in the outbox
    trust.moved(case, undo=True)
    assert not [one for one in told(trust, case) if one[0] == "book_room"]
    assert trust.ledger.verify(case) == []


def test_verify_names_a_text_put_in_from_below(trust: Trust, postgres: TestServer) -> None:
    case = trust.ash.open().case
    hash_ = trust.ledger.position(case)[0].hash
    trust.moved(case, trust.new)
    below = postgres.server.superuser_url(trust.ash.engines.url.rsplit("/", 1)[1])
    put = "UPDATE cases SET definition_id = (SELECT id FROM definitions WHERE hash = %s) WHERE ref = %s"
    with psycopg.connect(below, autocommit=True) as connection:
        connection.execute(put, (hash_, case))
        found = trust.ledger.verify(case)
        connection.execute(put, (trust.new.hash, case))
    assert len(found) == 1 and hash_[:12] in found[0].what and trust.ledger.verify(case) == []


def test_rungs_that_stand_elsewhere_in_the_other_text_are_neither_told_twice_nor_left_out(trust: Trust, tmp_path: Path) -> None:
    """One rung more before those that were told, and another in the place of the last of them."""
    library_with(tmp_path / "rungs")
    ladders, begins = tmp_path / "rungs" / "ladders.yaml", "    title: la duty\n    rungs:\n"
    first = "      - {when: 2 weeks before, tells: senco, severity: reminder, template: reminder}\n"
    reminder = "      - {when: 1 week before, tells: owner, severity: reminder, template: reminder}\n"
    late = "      - {when: 1 day after, tells: headteacher, severity: late, template: overdue}\n"
    louder = "      - {when: 3 days after, tells: headteacher, severity: breach, template: escalation}\n"
    text = ladders.read_text(encoding="utf-8")
    texts: list[Definition] = []
    for rungs in (first + reminder + late + louder, reminder + louder):
        assert text.count(begins + reminder + late) == 1
        ladders.write_text(text.replace(begins + reminder + late, begins + rungs), encoding="utf-8")
        texts.append(text_of(load_library(tmp_path / "rungs")))
    clock, today = trust.ash.clock, trust.ash.clock.today_is

    def of_decision(case: str) -> list[tuple[Any, ...]]:
        return [one[2:] for one in told(trust, case) if one[0] == "la_decision"]

    one, other = trust.ash.meeting_agreed(), trust.ash.meeting_agreed()
    try:
        for day_of in ("2026-11-27", "2026-12-05"):
            clock.today_is = day(day_of)
            before = {case: of_decision(case) for case in (one, other)}
        assert before[one] == before[other] == [("reminder", 1, "la"), ("late", 2, "headteacher")]
        trust.moved(one, texts[0])
        trust.moved(other, texts[1])
        assert [of_decision(case)[2:] for case in (one, other)] == [[("reminder", 1, "senco")], []]
        clock.today_is = day("2026-12-06")
        assert [of_decision(case)[2:] for case in (one, other)] == [
            [("reminder", 1, "senco"), ("breach", 4, "headteacher")],
            [("breach", 2, "headteacher")],
        ]
        for case in (one, other):
            seen = of_decision(case)
            trust.moved(case, undo=True)
            assert of_decision(case) == seen, "what was told under either text"
    finally:
        clock.today_is = today
    assert trust.ledger.verify() == []
