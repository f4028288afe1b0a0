"""What the record costs: bytes a waiting case holds in the ledger, packed, and how fast its chains are proved."""

from __future__ import annotations

import time

from benchmarks.figures import Figure
from benchmarks.server import OURS, superuser
from benchmarks.standing_trust import standing_trust
from benchmarks.trust import BenchTrust
from db.chain import StoredEvent, chain_faults

WAITING, DECISIONS = 400, 8
PEERS_BYTES = 4900
_EVENTS = "SELECT case_id, seq, recorded_at, actor_id, act_key::text, kind, hash, content FROM events ORDER BY case_id, seq"


def record() -> list[Figure]:
    """Bytes a case that waits after eight decisions, the chain check alone, and the whole proof with positions folded anew."""
    with standing_trust(waiting=0) as trust:
        before = _size(trust)
        cases = trust.open(WAITING)
        for case in cases:
            trust.bring_to(case, DECISIONS)
        with superuser(trust.running, OURS) as connection:
            connection.execute("TRUNCATE outbox")  # what has been sent is gone from there
            for table in ("cases", "events", "steps"):
                connection.execute(f"VACUUM FULL {table}")
        size = (_size(trust) - before) / WAITING
        with trust.engines.scheduler() as session:
            events = list(session.connection().exec_driver_sql(_EVENTS))
            heads = {
                row[0]: (row[1], row[2], bytes(row[3])) for row in session.connection().exec_driver_sql("SELECT id, ref, version, head FROM cases")
            }
        chains: dict[int, list[StoredEvent]] = {}
        for case_id, *rest in events:
            chains.setdefault(case_id, []).append(StoredEvent(*rest))
        began = time.process_time()
        faults = [fault for case_id, chain in chains.items() for fault in chain_faults(heads[case_id][0], chain, *heads[case_id][1:])]
        alone = len(events) / (time.process_time() - began)
        began = time.perf_counter()
        faults += trust.ledger.verify()
        whole = len(events) / (time.perf_counter() - began)
    assert faults == []
    return [
        Figure("a waiting case in the ledger, packed, with indexes", round(size), "bytes", "bare ledger of the peers (their README)", PEERS_BYTES),
        Figure("chain verification alone, CPU of one process", round(alone), "events/s"),
        Figure("whole proof: reading, chains, positions folded anew, rows", round(whole), "events/s"),
    ]


def _size(trust: BenchTrust) -> int:
    with superuser(trust.running, OURS) as connection:
        row = connection.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(ARRAY['cases', 'events', 'steps']) AS name"
        ).fetchone()
    assert row is not None
    return int(str(row[0]))
