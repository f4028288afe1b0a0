"""Decisions through the ledger, the whole act, beside raw psycopg and one bare PL/pgSQL call; the order alternates from round to round."""

from __future__ import annotations

import inspect
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any
from uuid import uuid4

from benchmarks.definition import ROUNDS, library
from benchmarks.figures import Figure
from benchmarks.peers import Peers, peers
from benchmarks.server import settle
from benchmarks.spread import Done, Rate, spread
from benchmarks.standing_trust import standing_trust
from benchmarks.trust import BenchTrust
from db.clock import Clock
from db.engine import Engines
from db.ledger import Actor, Ledger

CASES = 120
REPETITIONS = int(os.environ.get("SENDFLOW_BENCH_REPETITIONS", "5"))
KEEPS = "keep" in inspect.signature(Ledger).parameters
WAYS = {"read first": 0, "kept": 100_000} if KEEPS else {"read first": 0}
BESIDE = {"raw psycopg": "psycopg", "one PL/pgSQL call": "psycopg-func"}


def work(cases: Sequence[str], barrier: Any, url: str, school: int, person: int, keep: int) -> Done:
    """Sixteen decisions a case, round by round, as the peers do; the last case only warms the process up."""
    engines = Engines(url, pool_size=1)
    ledger = Ledger(engines, Clock(), library(), **({"keep": keep} if KEEPS else {}))
    actor, today = Actor(person, frozenset({school}), "console"), ledger.parts.clock.today()
    *timed, warm = cases
    for step, party in ROUNDS:
        ledger.decide(actor, key=uuid4(), case=warm, step=step, party=party, on=today)
    took = []
    barrier.wait(90)
    began, cpu = time.time(), time.process_time()
    for step, party in ROUNDS:
        for case in timed:
            at = time.perf_counter()
            ledger.decide(actor, key=uuid4(), case=case, step=step, party=party, on=today)
            took.append(time.perf_counter() - at)
    done = Done(began, time.time(), took, time.process_time() - cpu)
    engines.dispose()
    return done


def acts() -> list[Figure]:
    """Decisions a second, position read first and kept, in one process and in two."""
    with standing_trust() as trust:
        beside = peers(trust.running)
        return [figure for processes in (1, 2) for figure in _rounds(trust, beside, processes)]


def _rounds(trust: BenchTrust, beside: Peers | None, processes: int) -> list[Figure]:
    ours, theirs = defaultdict[str, list[Rate]](list), defaultdict[str, list[float]](list)
    for number in range(REPETITIONS):
        turns: list[tuple[str, bool]] = [(way, True) for way in WAYS] + ([(name, False) for name in BESIDE] if beside else [])
        for name, is_ours in turns if number % 2 else reversed(turns):
            if is_ours:
                ours[name].append(_ours(trust, WAYS[name], processes))
            elif beside:
                theirs[name].append(beside.decide(BESIDE[name], CASES, processes)["tps"])
    return [figure for way, rates in ours.items() for figure in _figures(way, rates, theirs, processes)]


def _ours(trust: BenchTrust, keep: int, processes: int) -> Rate:
    cases = trust.open(CASES + processes)
    settle(trust.running)
    return spread(work, cases, processes, trust.engines.url, trust.school_id, trust.person_id, keep)


def _figures(way: str, rates: list[Rate], theirs: dict[str, list[float]], processes: int) -> list[Figure]:
    name = f"decision, position {way}, {processes} process{'es' if processes > 1 else ''}"
    rate = median(one.per_second for one in rates)
    found = [Figure(name, round(rate), "decisions/s", peer, round(median(values))) for peer, values in theirs.items()]
    return [
        *(found or [Figure(name, round(rate), "decisions/s")]),
        Figure(f"{name}: half within", round(median(one.p50_ms for one in rates), 3), "ms"),
        Figure(f"{name}: 99 of 100 within", round(median(one.p99_ms for one in rates), 3), "ms"),
        Figure(f"{name}: CPU of the client", round(median(one.cpu_ms for one in rates), 3), "ms a decision"),
    ]
