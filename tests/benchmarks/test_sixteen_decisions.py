"""The process that is measured is a real one: it loads, and a case of it ends after its sixteen decisions, nothing missing in the record."""

from __future__ import annotations

from benchmarks.definition import PROCESS, ROUNDS, library
from benchmarks.trust import make_trust
from db.engine import Engines
from tests.databases import TestServer


def test_two_cases_end_after_sixteen_decisions(postgres: TestServer, engines: Engines) -> None:
    definition = library().definitions[PROCESS][0]
    assert len(definition.steps) == 12 and len(ROUNDS) == 16
    trust = make_trust(postgres.server, engines)
    cases = trust.open(2)
    for step, party in ROUNDS:
        for case in cases:
            trust.decide(case, step, party)
    for case in cases:
        _, position, version = trust.ledger.position(case)
        assert (position.ended, version, position.tracked()) == ("finished", 17, ())
    assert trust.ledger.verify() == []
    with engines.scheduler() as session:
        count = session.connection().exec_driver_sql
        done = count("SELECT count(*) FROM steps WHERE closed_seq IS NOT NULL AND outcome = 'done' AND why <> ''").scalar_one()
        assert done == 32, "sixteen closed steps a case, each with its date explained"
        assert count("SELECT count(*) FROM events WHERE kind = 'decide'").scalar_one() == 32
        assert count("SELECT count(*) FROM outbox WHERE messages LIKE '%%.done%%'").scalar_one() == 32
