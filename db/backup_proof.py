"""What a backup must come to again when it is restored: heads of all chains, positions, messages owed, wakes wanted. Read in one snapshot."""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg

Proof = dict[str, Any]
_CASES = "SELECT ref, version, encode(head, 'hex'), ended, position FROM cases ORDER BY id"
_NUMBERS = {
    "outbox": "SELECT count(*) FROM outbox",
    "wakes_wanted": "SELECT COALESCE(sum(wanted - served), 0)::bigint FROM wakes",
    "open_steps": "SELECT count(*) FROM steps WHERE closed_seq IS NULL",
    "private_texts": "SELECT count(*) FROM private_texts",
}
_DELIVERIES = "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state"


def proof_of(connection: psycopg.Connection[Any]) -> Proof:
    """The digests and counts of this transaction's snapshot, as the scheduler. `anchor` digests the lines of `sendflow anchor`."""
    heads, positions, cases, events = hashlib.sha256(), hashlib.sha256(), 0, 0
    with connection.cursor(name="proof") as cursor:
        for ref, version, head, ended, position in cursor.execute(_CASES):
            heads.update(f"{'' if cases == 0 else chr(10)}{ref} {version} {head}".encode())
            positions.update(f"{ref} {ended} {position}\n".encode())
            cases, events = cases + 1, events + int(version)
    numbers = {name: _one(connection, query) for name, query in _NUMBERS.items()}
    deliveries = dict(connection.execute(_DELIVERIES).fetchall())
    return {"cases": cases, "events": events, "anchor": heads.hexdigest(), "positions": positions.hexdigest(), "deliveries": deliveries, **numbers}


def differences(wanted: Proof, found: Proof) -> list[str]:
    """Each point in which the restored database is not what the manifest says, in words."""
    return [f"{name} is {found.get(name)} and the manifest says {value}" for name, value in wanted.items() if found.get(name) != value]


def _one(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
