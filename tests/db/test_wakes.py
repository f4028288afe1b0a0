"""Wakes: wanted, leased with a fence, served (`faults.md` C7, P10)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from db import runs, wakes
from db.engine import Engines
from db.outbox import spread
from tests.db.ledger_story import TODAY, Village, day, noon, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture
def case(ash: Village) -> str:
    case = ash.open().case
    with ash.engines.scheduler() as session:
        spread(session, noon(TODAY))
    return case


def wanted(ash: Village, case: str) -> list[wakes.Wake]:
    with ash.engines.scheduler() as session:
        return [one for one in wakes.wanted(session, 1000) if one.case == case]


def test_an_act_wants_a_wake_and_serving_it_ends_that(ash: Village, case: str) -> None:
    assert wanted(ash, case) == [wakes.Wake(case, None, "annual_review", 1)]
    run = uuid4()
    with ash.engines.scheduler() as session:
        runs.remember_run(session, case, run)
    assert wanted(ash, case)[0].flow_run_id == run
    with ash.engines.scheduler() as session:
        held = wakes.lease(session, case, "worker", 60)
        assert held is not None and wakes.lease(session, case, "other", 60) is None
        assert wakes.leased(session) == frozenset({case}) and wakes.holds(session, case, held.fence)
        assert wakes.wanted(session) == [] or case not in {one.case for one in wakes.wanted(session)}
        assert wakes.served(session, case, held.fence, held.upto)
        assert not wakes.holds(session, case, held.fence) and wakes.leased(session) == frozenset()
    assert wanted(ash, case) == []


def test_an_act_during_the_wake_is_still_wanted_afterwards(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        held = wakes.lease(session, case, "worker", 60)
    assert held is not None
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    with ash.engines.scheduler() as session:
        spread(session, noon(TODAY))
        assert wakes.served(session, case, held.fence, held.upto)
    assert [one.upto for one in wanted(ash, case)] == [2]


def test_a_worker_that_slept_past_its_lease_writes_nothing(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        slow = wakes.lease(session, case, "slow", -1)
        assert slow is not None
        quick = wakes.lease(session, case, "quick", 60)
        assert quick is not None and quick.fence > slow.fence
        assert not wakes.served(session, case, slow.fence, slow.upto)
        assert not wakes.release(session, case, slow.fence) and not wakes.extend(session, slow, 60) and not wakes.holds(session, case, slow.fence)
        assert wakes.holds(session, case, quick.fence) and wakes.extend(session, quick, 120)
        assert wakes.served(session, case, quick.fence, quick.upto)


def test_five_failures_in_a_row_park_a_case_until_something_happens(ash: Village, case: str) -> None:
    for _ in range(wakes.PARK_AFTER):
        assert wanted(ash, case)
        with ash.engines.scheduler() as session:
            held = wakes.lease(session, case, "worker", 60)
            assert held is not None and wakes.release(session, case, held.fence, "database_error")
    assert wanted(ash, case) == []
    with ash.engines.scheduler() as session:
        assert case in wakes.parked(session)
        wakes.want(session, [case])
    assert [one.upto for one in wanted(ash, case)] == [2]


def test_a_case_given_back_without_a_fault_is_not_parked(ash: Village, case: str) -> None:
    for _ in range(wakes.PARK_AFTER + 1):
        with ash.engines.scheduler() as session:
            held = wakes.lease(session, case, "worker", 60)
            assert held is not None and wakes.release(session, case, held.fence)
    assert wanted(ash, case)
