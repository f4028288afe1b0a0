"""Many cases advanced at once through the same rules: a thousand acts a transaction, and folded, where one call holds all sixteen acts of a case."""

from __future__ import annotations

import time
from statistics import median
from uuid import uuid4

from benchmarks.definition import ROUNDS
from benchmarks.figures import Figure
from benchmarks.peers import peers
from benchmarks.server import settle
from benchmarks.standing_trust import standing_trust
from benchmarks.trust import BenchTrust
from db.acts.many import Act
from rules.history import Event

CASES, REPETITIONS = 1000, 3


def batch() -> list[Figure]:
    """Transitions a second in one process, beside the peers' COPY and set SQL with neither rules nor chain."""
    with standing_trust() as trust:
        beside = peers(trust.running)
        plain, folded, bare = [], [], []
        for _ in range(REPETITIONS):
            plain.append(_rate(trust, folded=False))
            folded.append(_rate(trust, folded=True))
            if beside:
                bare.append(beside.decide("batch-copy", CASES)["tps"])
    peer, value = ("batch of 1,000, COPY and set SQL", round(median(bare))) if bare else ("", None)
    return [
        Figure("many at once, 1,000 acts of 1,000 cases a transaction, 1 process", round(median(plain)), "transitions/s", peer, value),
        Figure("many at once, folded, 16 acts a case together, 1 process", round(median(folded)), "transitions/s", peer, value),
    ]


def _rate(trust: BenchTrust, *, folded: bool) -> float:
    cases = trust.open(CASES // 4 if folded else CASES)
    settle(trust.running)
    order = [(case, one) for case in cases for one in ROUNDS] if folded else [(case, one) for one in ROUNDS for case in cases]
    acts = [Act(uuid4(), case, Event("decide", trust.today, trust.person_id, step, party, "done")) for case, (step, party) in order]
    began = time.perf_counter()
    receipts = trust.ledger.apply_many(trust.actor, acts)
    took = time.perf_counter() - began
    assert len(receipts) == len(acts) and sum(receipt.ended == "finished" for receipt in receipts) == len(cases)
    return len(acts) / took
