"""Two at once: one event, one winner, one case, whatever the order of arrival (`faults.md` K1, K2, K4, K6, C4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from db.acts.write import Written, write_act
from db.engine import Engines
from db.ledger import Actor, AlreadyDecided, KeyReused, Opening, Receipt
from db.roles import SCHEDULER
from tests.db.ledger_story import FACTS, Village, day, village

ROUNDS = 8


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at one instant, each in its thread; each one's answer or error, in order."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_two_decide_one_step_and_one_wins(ash: Village, turn: int) -> None:
    case = ash.open().case
    answers = at_once(
        lambda: ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05")),
        lambda: ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-06")),
    )
    won = [one for one in answers if isinstance(one, Receipt)]
    lost = [one for one in answers if isinstance(one, AlreadyDecided)]
    assert len(won) == len(lost) == 1, answers
    assert lost[0].by == "Senco Ash" and lost[0].at == won[0].recorded_at
    assert ash.ledger.position(case)[2] == 2 and ash.ledger.verify(case) == []


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_one_act_sent_twice_at_once_is_one_event(ash: Village, turn: int) -> None:
    case, key = ash.open().case, uuid4()
    answers = at_once(*[lambda: ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-05"))] * 2)
    assert sorted(one.repeated for one in answers) == [False, True], answers
    assert len({(one.seq, one.recorded_at, one.opened) for one in answers}) == 1


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_different_steps_of_one_case_all_get_in(ash: Village, turn: int) -> None:
    case = ash.meeting_agreed()
    parties = ("parent", "pupil", "la", "health", "social_care")
    acts = [lambda party=party: ash.decide(case, "gather_advice", "2026-10-01", party=party) for party in parties]
    answers = at_once(
        *acts,
        lambda: ash.ledger.correct(
            ash.senco,
            key=uuid4(),
            case=case,
            fact="meeting_on",
            value=day("2026-11-12"),
            because="synthetic",
            on=day("2026-10-01"),
        ),
    )
    assert all(isinstance(one, Receipt) for one in answers), answers
    assert sorted(one.seq for one in answers) == list(range(3, 9))
    assert ash.ledger.verify(case) == []


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_two_open_the_same_review_and_share_it(ash: Village, turn: int) -> None:
    sweep = Actor(None, frozenset(), "calendar")
    pupil = ash.pupil()
    opening = Opening(uuid4(), "annual_review", pupil, FACTS, day("2026-09-10"))
    answers = at_once(lambda: ash.ledger.open_cases(sweep, [opening])[0], lambda: ash.open(pupil_id=pupil))
    assert {one.case for one in answers} == {answers[0].case} and sorted(one.repeated for one in answers) == [False, True], answers
    assert len(ash.rows("SELECT 1 FROM cases WHERE pupil_id = %s", pupil)) == 1


def test_an_interrupted_review_is_opened_again_by_hand_only(ash: Village) -> None:
    pupil = ash.pupil()
    first = ash.open(pupil_id=pupil).case
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=first, name="moved_away", because="synthetic", on=day("2026-10-01"))
    swept = ash.ledger.open_cases(ash.software, [Opening(uuid4(), "annual_review", pupil, FACTS, day("2026-10-02"))])[0]
    assert swept.repeated and swept.case == first
    by_hand = ash.open(pupil_id=pupil, on="2026-10-03")
    assert not by_hand.repeated and by_hand.case != first


def test_a_declined_early_review_leaves_the_yearly_one_owed(ash: Village) -> None:
    pupil = ash.pupil()
    early = ash.open(pupil_id=pupil, reason="early").case
    receipt = ash.decide(early, "la_agrees_to_review_early", "2026-09-12", "declines")
    assert receipt.ended == "declined"
    swept = ash.ledger.open_cases(ash.software, [Opening(uuid4(), "annual_review", pupil, FACTS, day("2026-09-14"))])[0]
    assert not swept.repeated and swept.case != early


def test_after_a_restart_of_the_server_the_next_act_goes_through(ash: Village) -> None:
    case = ash.open().case
    at_once(*[lambda: ash.decide(case, "agree_meeting_date", "2026-09-20", by=ash.teacher)] * 4)  # fills the pool
    with ash.engines.act_connection(SCHEDULER) as connection:
        connection.execute("RESET ROLE")
        mine = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {mine}")
        connection.execute("SET ROLE sendflow_scheduler")
    assert ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05")).seq == 2


def test_an_opening_sent_twice_is_one_case(ash: Village) -> None:
    pupil, key = ash.pupil(), uuid4()
    first, again = ash.open(pupil_id=pupil, key=key), ash.open(pupil_id=pupil, key=key)
    assert again.repeated and (again.case, again.recorded_at, again.opened) == (first.case, first.recorded_at, first.opened)
    with pytest.raises(KeyReused):
        ash.open(pupil_id=pupil, key=key, year_group=4)
    with pytest.raises(KeyReused):
        ash.open(pupil_id=ash.pupil(), key=key)


def test_an_act_whose_answer_was_lost_is_answered_by_the_retry(ash: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    case, lost = ash.open().case, list[Written]()

    def write_and_lose(connection: psycopg.Connection[Any], *rest: Any) -> Written:
        written = write_act(connection, *rest)
        if not lost:
            lost.append(written)
            with ash.engines.act_connection(SCHEDULER) as other:
                other.execute("RESET ROLE")
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
                other.execute("SET ROLE sendflow_scheduler")
            connection.execute("SELECT 1")
        return written

    monkeypatch.setattr("db.acts.perform.write_act", write_and_lose)
    receipt = ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    assert len(lost) == 1 and receipt.repeated and receipt.recorded_at == lost[0].recorded_at
    assert ash.ledger.position(case)[2] == 2 and ash.ledger.verify(case) == []


def test_a_deadlock_is_tried_again(ash: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    case, refused = ash.open().case, list[bool]()

    def deadlock_once(*arguments: Any) -> Written:
        if not refused:
            refused.append(True)
            raise psycopg.errors.DeadlockDetected("synthetic")
        return write_act(*arguments)

    monkeypatch.setattr("db.acts.perform.write_act", deadlock_once)
    assert ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05")).seq == 2
