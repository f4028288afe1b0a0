"""The pinned definitions that a page needs, read once a process: a text never changes under its hash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.orm import Session

from rules.definition import Definition
from rules.due import DueDate, Why, explain
from rules.loader import from_pinned
from rules.timeline import titles_of

_BY_HASH: dict[str, Definition] = {}


def definitions_by_hash(session: Session, hashes: Iterable[str]) -> dict[str, Definition]:
    """Definitions by their content hash. Raises KeyError naming a hash that this session cannot read."""
    wanted = set(hashes)
    missing = [one for one in wanted if one not in _BY_HASH]
    if missing:
        for hash_, source in session.execute(text("SELECT hash, source FROM definitions WHERE hash = ANY(:hashes)"), {"hashes": missing}):
            _BY_HASH[hash_] = from_pinned(source)
    return {one: _BY_HASH[one] for one in wanted}


def known_definition(hash_: str) -> Definition:
    """A definition that `definitions_by_hash` has read before. Raises KeyError otherwise."""
    return _BY_HASH[hash_]


@lru_cache(maxsize=8192)
def explained(hash_: str, why: str, on: date | None, safe_on: date | None) -> tuple[str, ...]:
    """The stored explanation of a date in plain sentences; empty for a step without one. The definition must have been read."""
    if on is None or not why:
        return ()
    return tuple(explain(DueDate(on, Why.from_text(why), safe_on), titles_of(known_definition(hash_))))
