"""A real deadlock (40P01): a second session holds the rows of an act crosswise. The act loses, is done again, and the person hears nothing (D2)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from db.acts import many, perform
from db.acts.many import Act
from db.engine import Engines
from db.ledger import Receipt
from rules.history import Event
from tests.databases import TestServer
from tests.db.ledger_story import Village, day, village
from tests.faults.conftest import Tally
from tests.faults.tally import rounds

CASE = "SELECT 1 FROM cases WHERE ref = %s FOR UPDATE"
STEPS = "SELECT 1 FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s FOR UPDATE OF s"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture
def rival(ash: Village, postgres: TestServer) -> Iterator[psycopg.Connection[Any]]:
    """The other session. It looks for deadlocks so late that the ledger is always the loser."""
    with psycopg.connect(postgres.server.superuser_url(ash.engines.url.rsplit("/", 1)[1])) as connection:
        connection.execute("SET deadlock_timeout = '60s'")
        connection.commit()
        yield connection


@pytest.fixture
def deadlocks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The deadlocks that PostgreSQL reported to the ledger's tries, as they passed on their way to the retry."""
    met: list[str] = []

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        def tried(*arguments: Any, **named: Any) -> Any:
            try:
                return original(*arguments, **named)
            except errors.DeadlockDetected as error:
                met.append(str(error.sqlstate))
                raise

        return tried

    monkeypatch.setattr(perform, "_attempt", watched(perform._attempt))
    monkeypatch.setattr(many, "_together", watched(many._together))
    return met


def crosswise(rival: psycopg.Connection[Any], held: tuple[str, str], wanted: tuple[str, str], act: Callable[[], Any]) -> Any:
    """The act's answer, when the rival holds one lock (query and case), the act waits for it, and then the rival wants the other."""
    rival.execute(held[0], (held[1],))  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(act)
        waiting = "SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        while not rival.execute(waiting).fetchone():
            assert not answer.done(), f"the act never waited: {answer.result()}"
            threading.Event().wait(0.01)
        rival.execute(wanted[0], (wanted[1],))  # type: ignore[arg-type]
        rival.commit()
        return answer.result(60)


def test_d2_the_loser_of_a_deadlock_is_done_again_and_the_user_unaware(
    ash: Village, rival: psycopg.Connection[Any], deadlocks: list[str], tally: Tally
) -> None:
    turns = rounds(2, 25)
    receipts: list[Receipt] = []
    for _ in range(turns):
        alone, first, second = ash.open().case, ash.open().case, ash.open().case
        done = crosswise(
            rival,
            (STEPS, alone),
            (CASE, alone),
            lambda case=alone: ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05")),
        )
        acts = [
            Act(uuid4(), case, Event("decide", day("2026-09-20"), step="agree_meeting_date", outcome="done", facts={"meeting_on": day("2026-11-05")}))
            for case in (first, second)
        ]
        batch = crosswise(rival, (CASE, second), (CASE, first), lambda acts=acts: ash.ledger.apply_many(ash.senco, acts))
        receipts += [done, *batch]
    assert len(deadlocks) >= 2 * turns and set(deadlocks) == {"40P01"}, "each was a real deadlock"
    assert len(receipts) == 3 * turns and not any(one.repeated for one in receipts)
    for receipt in receipts:
        assert ash.ledger.position(receipt.case)[2] == receipt.seq == 2 and ash.ledger.verify(receipt.case) == []
    tally("D2", acts=len(receipts), kills=len(deadlocks), note="a rival holds rows crosswise; single acts and batches lose and are done again")
