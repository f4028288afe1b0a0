"""Which text of its process a case has run on, as its own events say: every move to another text is an event, and so is every move back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import orjson
from sqlalchemy.orm import Session

from db.queries.definitions_read import definitions_by_hash
from rules.definition import Definition

CHANGED = "definition_changed"  # a kind of the ledger's own: from it on, the whole history is folded under the text it names
_NEXT = "SELECT content FROM events WHERE case_id = %s AND seq > %s AND kind = 'definition_changed' ORDER BY seq LIMIT 1"


@dataclass(frozen=True, slots=True)
class Move:
    """One event of this kind: its number, the hash of the text left and of the text taken, and the number of the move that it undoes (0: none)."""

    seq: int
    from_hash: str
    to_hash: str
    undoes: int = 0


def numbered(texts: Iterable[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """Stored contents in order, read, each with its number: an event's number is its place in the chain."""
    return list(enumerate(map(orjson.loads, texts), start=1))


def moves_in(contents: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Move]:
    """The moves among numbered contents, in order."""
    said = ((seq, content["event"]) for seq, content in contents if content["event"]["kind"] == CHANGED)
    return [Move(seq, event["from"], event["to"], event.get("undoes", 0)) for seq, event in said]


def last_standing(moves: Sequence[Move]) -> Move | None:
    """The last move that no later one has undone; None where the case is back on the text it began with."""
    standing: list[Move] = []
    for move in moves:
        if move.undoes:
            standing.pop()
        else:
            standing.append(move)
    return standing[-1] if standing else None


def broken_moves(moves: Sequence[Move], hash_: str) -> str:
    """What contradicts itself among the moves of a case that stands on the text `hash_`; empty when nothing does."""
    for before, after in pairwise(moves):
        if before.to_hash != after.from_hash:
            return f"event {after.seq} leaves the text {after.from_hash[:12]}, and the case stood on {before.to_hash[:12]}"
    if moves and moves[-1].to_hash != hash_:
        return f"the case runs on the text {hash_[:12]}, and its last move (event {moves[-1].seq}) was to {moves[-1].to_hash[:12]}"
    return ""


def definition_at(session: Session, case_id: int, seq: int, now: Definition) -> Definition:
    """The text that a case ran on when its event `seq` was written; `now` is the one it runs on."""
    text = session.connection().exec_driver_sql(_NEXT, (case_id, seq)).scalar_one_or_none()
    if text is None:
        return now
    left: str = orjson.loads(text)["event"]["from"]
    return definitions_by_hash(session, [left])[left]
