"""The texts of each process: those in the folder and those that cases run on, by the version that people see (the beginning of the hash)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.acts.versions import last_standing, moves_in
from db.queries.definitions_read import definitions_by_hash
from rules.definition import Definition
from rules.library import Library

SHOWN = 12  # digits of a hash that people see
SHORTEST = 6
_TEXTS = text("""
    SELECT d.process, d.hash, count(c.id) FILTER (WHERE c.ended = '') AS running
    FROM definitions d LEFT JOIN cases c ON c.definition_id = d.id GROUP BY d.process, d.hash ORDER BY d.process, d.hash
""")
_RUNNING = text("""
    SELECT c.ref FROM cases c JOIN definitions d ON d.id = c.definition_id JOIN schools s ON s.id = c.school_id
    WHERE c.ended = '' AND (CAST(:process AS text) = '' OR d.process = :process) AND (CAST(:urn AS text) = '' OR s.urn = :urn) ORDER BY c.id
""")
_MOVES = text("""
    SELECT c.ref, e.seq, e.content FROM events e JOIN cases c ON c.id = e.case_id
    WHERE e.kind = 'definition_changed' AND c.ended = '' ORDER BY c.id, e.seq
""")


class NoSuchVersion(LookupError):
    """No text, or more than one, has a version that begins so; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Version:
    """One text. `in_folder`: a new case may get it; `running`: open cases on it, of the session's schools."""

    process: str
    version: str
    file: str
    in_folder: bool
    running: int


def versions(session: Session, library: Library) -> list[Version]:
    """Every text of the folder, and every other one that was ever pinned."""
    running = {row.hash: row.running for row in session.execute(_TEXTS)}
    folder = {one.hash: one for one in library.all()}
    pinned = definitions_by_hash(session, [one for one in running if one not in folder])
    found = [*((one, True) for one in folder.values()), *((one, False) for one in pinned.values())]
    listed = [Version(one.process, one.hash[:SHOWN], one.file, here, running.get(one.hash, 0)) for one, here in found]
    return sorted(listed, key=lambda one: (one.process, not one.in_folder, one.version))


def version_named(session: Session, library: Library, words: str) -> Definition:
    """The text whose version begins with `words` (at least six digits). Raises NoSuchVersion."""
    pinned = session.execute(_TEXTS).all()
    hashes = sorted({*(row.hash for row in pinned), *(one.hash for one in library.all())})
    found = [one for one in hashes if one.startswith(words.lower())] if len(words) >= SHORTEST else []
    if len(found) != 1:
        known = "; ".join(f"{one.process} {one.version}" for one in versions(session, library))
        why = "more than one text" if found else f"no text (give at least {SHORTEST} digits)" if len(words) < SHORTEST else "no text"
        raise NoSuchVersion(f"{why} has a version that begins with {words!r}. There are: {known}.")
    in_folder = {one.hash: one for one in library.all()}
    return in_folder.get(found[0]) or definitions_by_hash(session, found)[found[0]]


def running_cases(session: Session, process: str = "", urn: str = "") -> Sequence[str]:
    """References of the running cases of the session's schools, the oldest first; of one process, of one school (its URN)."""
    return session.execute(_RUNNING, {"process": process, "urn": urn}).scalars().all()


def moves_standing(session: Session) -> dict[str, str]:
    """The running cases that were moved and not moved back, each with the hash of the text that its last such move took."""
    contents: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for ref, seq, content in session.execute(_MOVES):
        contents.setdefault(ref, []).append((seq, orjson.loads(content)))
    standing = {ref: last_standing(moves_in(found)) for ref, found in contents.items()}
    return {ref: move.to_hash for ref, move in standing.items() if move is not None}
