"""Many acts at once come to the same tables as one by one, wholly or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest

from db.acts.folded import Folded
from db.acts.perform import perform
from db.acts.request import request
from db.engine import Engines
from db.ledger import Act, Actor, AlreadyDecided, KeyReused, Ledger, NotAllowed, NotFound, Refused
from rules.history import Event
from tests.db.ledger_story import Village, day, village

KEYS = UUID("6f0a4f0e-31c8-4d0c-9f53-3a7f2b1d0c11")
PARTIES = ("parent", "pupil", "school", "la", "health", "social_care")
TABLES = {
    "cases": "ended, version, position, calendar_version, natural_key IS NULL AS free",
    "events": "seq, actor_id, kind",
    "private_texts": "seq, name, value",
    "steps": "no, round, school_id, due_on, next_chase_on, opened_seq, closed_seq, closed_on, safe_on, target_on, wakes_on, lifted_review_on, rung, "
    "step, party, owner, status, outcome, lifted, why, chase_on",
    "outbox": "seq, school_id, messages",
}


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def history(ash: Village) -> list[Event]:
    """A meeting agreed, moved there and back, held, and a report sent back once: rows opened, moved, closed and opened anew."""

    def decide(step: str, on: str, outcome: str = "done", party: str = "", **facts: Any) -> Event:
        return Event("decide", day(on), None, step, party, outcome, facts)

    moved = [Event("correct", day("2026-09-22"), facts={"meeting_on": day(on)}) for on in ("2026-11-12", "2026-11-05")]
    advice = [decide("gather_advice", "2026-10-01", party=party) for party in PARTIES]
    return [
        decide("agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05")),
        *moved,
        *advice,
        decide("circulate_advice", "2026-10-20"),
        decide("offer_advocate", "2026-10-20"),
        Event("correct", day("2026-10-21"), facts={"meeting_on": day("2026-11-06")}),
        Event("interrupt", day("2026-10-22"), name="moved_away"),
    ]


def acts(case: str, events: list[Event]) -> list[Act]:
    return [Act(uuid5(KEYS, f"{case}/{n}"), case, event, private={"because": "synthetic"}) for n, event in enumerate(events)]


def stored(ash: Village, case: str) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table, columns in TABLES.items():
        where = "ref = %s" if table == "cases" else "case_id = (SELECT id FROM cases WHERE ref = %s)"
        found[table] = [tuple(row) for row in ash.rows(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY 1, 2", case)]
    return found


def rows_chased(ash: Village, *cases: str) -> None:
    """Half the rows have been chased once, as a sweep leaves them: what was chased is kept or begins anew."""
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(
            "UPDATE steps SET rung = 1, next_chase_on = chase_on[2] WHERE chase_on IS NOT NULL AND closed_seq IS NULL "
            "AND case_id IN (SELECT id FROM cases WHERE ref = ANY(%s))",
            (list(cases),),
        )


@pytest.mark.parametrize("together", [1, 2, 5, 100])
def test_one_history_both_ways_is_the_same_in_all_tables(ash: Village, together: int) -> None:
    events = history(ash)
    alone, many = ash.open().case, ash.open().case
    for start in range(0, len(events), together):
        ash.ledger.apply_many(ash.senco, acts(many, events)[start : start + together])
        for act in acts(alone, events)[start : start + together]:
            event = replace(act.event, actor=ash.senco.person_id)
            perform(ash.ledger.parts, ash.senco, request(act.key, alone, event, private=act.private))
        rows_chased(ash, alone, many)
    assert stored(ash, many) == stored(ash, alone)
    assert ash.ledger.verify(many) == [] and ash.ledger.verify(alone) == []


def test_one_refused_act_among_them_saves_none(ash: Village) -> None:
    cases = [ash.open().case for _ in range(3)]
    events = history(ash)
    batch = [act for case in cases for act in acts(case, events[:2])]
    with pytest.raises(Refused) as refused:
        ash.ledger.apply_many(ash.senco, [*batch, Act(uuid4(), cases[1], events[0])])
    assert refused.value.__notes__ == [f"act 7 of 7, on {cases[1]}; none of them was saved"]
    assert [ash.ledger.position(case)[2] for case in cases] == [1, 1, 1]
    assert [one.seq for one in ash.ledger.apply_many(ash.senco, batch)] == [2, 3] * 3


def test_a_step_decided_before_names_who_decided_it_in_a_batch_too(ash: Village) -> None:
    case, (first, *_) = ash.open().case, history(ash)
    ash.ledger.apply_many(ash.senco, [Act(uuid4(), case, first)])
    with pytest.raises(AlreadyDecided) as told:
        ash.ledger.apply_many(ash.senco, [Act(uuid4(), case, first)])
    assert (told.value.by, told.value.step) == ("Senco Ash", "agree_meeting_date") and told.value.__notes__
    fresh = ash.open().case
    with pytest.raises(Refused) as refused:
        ash.ledger.apply_many(ash.senco, [Act(uuid4(), fresh, first), Act(uuid4(), fresh, first)])
    assert refused.value.code == "already_decided" and not isinstance(refused.value, AlreadyDecided), "nobody has: the first was not saved either"


def test_sent_again_they_are_answered_with_the_first_receipts(ash: Village) -> None:
    case = ash.open().case
    batch = acts(case, history(ash)[:6])
    first = ash.ledger.apply_many(ash.senco, batch[:4])
    again = ash.ledger.apply_many(ash.senco, batch)
    assert [one.repeated for one in again] == [True] * 4 + [False] * 2
    assert [(one.seq, one.recorded_at, one.opened, one.closed) for one in again[:4]] == [(o.seq, o.recorded_at, o.opened, o.closed) for o in first]
    assert ash.ledger.verify(case) == []
    with pytest.raises(KeyReused):
        ash.ledger.apply_many(ash.senco, [replace(batch[0], event=batch[1].event)])


def test_a_key_used_for_two_things_saves_none_of_the_batch(ash: Village) -> None:
    case = ash.open().case
    first, second, third = acts(case, history(ash)[:3])
    with pytest.raises(KeyReused) as reused:
        ash.ledger.apply_many(ash.senco, [first, replace(second, key=first.key), third])
    assert reused.value.__notes__ == [f"act 2 of 3, on {case}; none of them was saved"]
    assert ash.ledger.position(case)[2] == 1
    once, again = ash.ledger.apply_many(ash.senco, [first, first])
    assert again == replace(once, repeated=True) and once.seq == 2
    with pytest.raises(KeyReused):
        ash.ledger.apply_many(ash.senco, [second, replace(third, key=first.key)])
    assert ash.ledger.position(case)[2] == 2 and ash.ledger.verify(case) == []


def test_a_row_opened_and_closed_in_a_batch_keeps_the_act_that_closed_it(ash: Village) -> None:
    """When the rights pass to the young person every row is written anew; a row that was closed before stays as it was closed."""
    folded = Folded.__new__(Folded)
    folded.tracked, folded.closed = frozenset(), {}
    folded.written = {7: {"no": 7, "opened_seq": 2}}
    row = {"no": 7, "closed_on": "2026-10-01", "outcome": "done"}
    folded._close(row, 3)
    folded._close(row, 4)
    assert folded.written[7]["closed_seq"] == 3


def test_scope_and_role_hold_for_many_too(ash: Village) -> None:
    batch = acts(ash.open().case, history(ash)[:1])
    with pytest.raises(NotFound):
        ash.ledger.apply_many(Actor(ash.senco.person_id, frozenset({ash.school_id + 1}), "console"), batch)
    with pytest.raises(NotAllowed):
        ash.ledger.apply_many(ash.teacher, batch)
    assert ash.ledger.apply_many(ash.senco, []) == []


def test_the_database_checks_every_link(ash: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    case = ash.open().case
    batch = acts(case, history(ash)[:4])
    monkeypatch.setattr("db.acts.folded.next_link", lambda *_: b"\1" * 32)
    with pytest.raises(psycopg.Error, match="a link of these acts is wrong") as wrong:
        ash.ledger.apply_many(ash.senco, batch)
    assert wrong.value.sqlstate == "SF002"
    monkeypatch.undo()
    assert ash.ledger.position(case)[2] == 1
    assert ash.ledger.apply_many(ash.senco, batch)[-1].seq == 5 and ash.ledger.verify(case) == []


@pytest.mark.parametrize("rows", ["private", "written", "closed"])
def test_a_batch_writes_no_row_of_a_case_that_it_does_not_act_on(ash: Village, rows: str) -> None:
    mine, other = ash.open().case, ash.open().case
    before = stored(ash, other)
    place = {"case_id": ash.rows("SELECT id FROM cases WHERE ref = %s", other)[0][0], "school_id": ash.school_id, "seq": 1, "no": 1}
    stray = {**place, "name": "because", "salt": "00", "value": "x", "closed_on": "2026-09-20", "outcome": "done"}

    def with_stray(self: Folded) -> dict[str, Any]:
        if rows == "private":
            self.private.append(stray)
        else:
            getattr(self, rows)[99] = stray
        return row(self)

    row = Folded.row
    with pytest.MonkeyPatch.context() as patch, pytest.raises(psycopg.Error, match="is of another case"):
        patch.setattr(Folded, "row", with_stray)
        ash.ledger.apply_many(ash.senco, acts(mine, history(ash)[:1]))
    assert stored(ash, other) == before and ash.ledger.position(mine)[2] == 1


def test_an_act_on_a_kept_position_sees_what_others_changed(ash: Village) -> None:
    """The kept position is checked in the act: another process's act, changed terms and a lost role are all noticed."""
    case = ash.open().case
    ash.ledger.position(case)
    other = village_ledger(ash)
    other.decide(ash.senco, key=uuid4(), case=case, step="agree_meeting_date", facts={"meeting_on": day("2026-11-05")}, on=day("2026-09-20"))
    assert ash.decide(case, "gather_advice", "2026-10-01", party="la").seq == 3
    other.decide(ash.senco, key=uuid4(), case=case, step="gather_advice", party="parent", on=day("2026-10-01"))
    assert ash.decide(case, "gather_advice", "2026-10-01", party="health").seq == 5
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO school_terms (school_id, name, first_on, last_on) VALUES (%s, 'Autumn', '2026-09-03', '2026-12-18')", (ash.school_id,)
        )
    assert ash.decide(case, "gather_advice", "2026-10-01", party="pupil").seq == 6
    assert ash.ledger.verify(case) == []
    with pytest.raises(NotFound):
        ash.decide(case, "gather_advice", "2026-10-01", party="school", by=Actor(ash.senco.person_id, frozenset(), "console"))


def village_ledger(ash: Village) -> Ledger:
    """A ledger as another process has one."""
    return Ledger(ash.engines, ash.clock, ash.ledger.parts.library)
