"""The heads of all chains as text, to be kept outside the database. They show what a chain alone cannot:
a tail cut off, a case removed, all links made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from db.chain import ChainFault
from db.engine import Engines

_HEADS = "SELECT ref, version, encode(head, 'hex') FROM cases ORDER BY id"
_LINKS = (
    "SELECT c.ref, e.seq, encode(e.hash, 'hex') FROM events e JOIN cases c ON c.id = e.case_id "
    "WHERE (c.ref, e.seq) IN (SELECT * FROM unnest(%s::text[], %s::int[]))"
)
_KEEP = "INSERT INTO anchors (cases, events, digest) VALUES (%s, %s, %s)"
TITLE = "Sendflow anchor 1"


def anchor_text(engines: Engines) -> str:
    """One line a case: reference, number of events, head in hex; above them the counts and the digest of all lines. Also kept in `anchors`."""
    with engines.scheduler() as session:
        rows = session.connection().exec_driver_sql(_HEADS).all()
        lines = [f"{ref} {version} {head}" for ref, version, head in rows]
        digest = _digest(lines)
        session.connection().exec_driver_sql(_KEEP, (len(rows), sum(version for _, version, _ in rows), digest))
    return "\n".join([TITLE, f"cases {len(lines)}", f"digest {digest.hex()}", *lines]) + "\n"


def anchor_faults(engines: Engines, anchor: str) -> Iterator[ChainFault]:
    """Cases that are missing or shorter now than in the anchor, or whose event of that number has another hash.

    Raises ValueError if the text is no anchor, or was changed or cut since it was taken.
    """
    kept = _read(anchor)
    with engines.scheduler() as session:
        numbers = [list(kept), [length for length, _ in kept.values()]]
        now = {ref: digest for ref, _, digest in session.connection().exec_driver_sql(_LINKS, tuple(numbers))}
        present = set(session.connection().exec_driver_sql("SELECT ref FROM cases WHERE ref = ANY(%s)", (list(kept),)).scalars())
    for ref, (length, digest) in kept.items():
        if ref not in present:
            yield ChainFault(ref, 0, f"the case is gone; the anchor knows it with {length} events")
        elif ref not in now:
            yield ChainFault(ref, length, f"event {length} is gone: the anchor knows the case with that many")
        elif now[ref] != digest:
            yield ChainFault(ref, length, "the chain was made anew: this event's hash is not the anchored one")


def _read(anchor: str) -> dict[str, tuple[int, str]]:
    title, count, digest, *lines = anchor.splitlines() or [""] * 3
    if title != TITLE or count != f"cases {len(lines)}" or digest != f"digest {_digest(lines).hex()}":
        raise ValueError("this is no anchor, or it was changed since it was taken. Give the file that `anchor` wrote, whole.")
    return {ref: (int(length), head) for ref, length, head in (line.split() for line in lines)}


def _digest(lines: list[str]) -> bytes:
    return hashlib.sha256("\n".join(lines).encode()).digest()
