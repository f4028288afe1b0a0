"""The hash chain of a case: how a link is made, and whether what is stored is still what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import orjson

from db.acts.content import canonical, commitment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Something in the record is not what was written. `seq` is the event's number, 0 where the fault is the case's as a whole."""

    case: str
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of `events` as it lies in the database."""

    seq: int
    recorded_at: datetime
    actor_id: int | None
    act_key: str
    kind: str
    hash: bytes
    content: str


@dataclass(frozen=True, slots=True)
class StoredWord:
    """A row of `private_texts`."""

    seq: int
    name: str
    salt: bytes
    value: str


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A row of `documents` without its content. `whole`: the content has that SHA-256."""

    seq: int
    name: str
    sha256: str
    whole: bool


def first_link(ref: str) -> bytes:
    """The link before the first event: it ties the chain to its case."""
    return sha256(f"sendflow {ref}".encode()).digest()


def next_link(head: bytes, recorded_at: datetime, content: str) -> bytes:
    """SHA-256 of the link before, the time in microseconds since 1970 (eight bytes, the highest first) and the SHA-256 of the content."""
    return _link(head, recorded_at, content.encode())


def _link(head: bytes, recorded_at: datetime, content: bytes) -> bytes:
    microseconds = (recorded_at - EPOCH) // MICROSECOND
    return sha256(head + microseconds.to_bytes(8, "big", signed=True) + sha256(content).digest()).digest()


def chain_faults(ref: str, events: Sequence[StoredEvent], version: int, head: bytes) -> Iterator[ChainFault]:
    """Faults of one chain: numbers, links, the case's head and version, and columns that contradict the hashed content."""
    link = first_link(ref)
    for expected, event in enumerate(events, start=1):
        if event.seq != expected:
            yield ChainFault(ref, expected, f"event {expected} is missing: the next one stored is number {event.seq}")
            return
        content = event.content.encode()
        link = _link(link, event.recorded_at, content)
        if link != event.hash:
            yield ChainFault(ref, event.seq, "the event's content, time or place in the chain was changed after it was written")
            link = event.hash
        if what := _columns_fault(event, content):
            yield ChainFault(ref, event.seq, what)
    if len(events) != version or link != head:
        yield ChainFault(ref, len(events), f"the case row says version {version}, and its head is not the last event's: events were cut off or added")


def _columns_fault(event: StoredEvent, written: bytes) -> str:
    """What is wrong with the columns beside the hashed content, or ""."""
    try:
        content = orjson.loads(written)
        said = content["event"]
        same = said["kind"] == event.kind and said.get("actor") == event.actor_id and content["key"] == event.act_key
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return "the event's content cannot be read"
    if not same or canonical(content) != written:
        return "the row's kind, actor or key is not what the hashed content says"
    return ""


def word_faults(ref: str, events: Sequence[StoredEvent], words: Sequence[StoredWord]) -> Iterator[ChainFault]:
    """Personal words that are not those committed to. An erased word is no fault."""
    committed = {event.seq: orjson.loads(event.content).get("private", {}) for event in events if '"private"' in event.content}
    for word in words:
        if committed.get(word.seq, {}).get(word.name) != commitment(word.salt, word.value):
            yield ChainFault(ref, word.seq, f"the personal words kept as “{word.name}” are not those that were written")


def document_faults(ref: str, events: Sequence[StoredEvent], files: Sequence[StoredDocument]) -> Iterator[ChainFault]:
    """Files that are not those that came with their event. An erased file is no fault."""
    named = {event.seq: orjson.loads(event.content).get("documents", []) for event in events if '"documents"' in event.content}
    for one in files:
        if not one.whole or one.sha256 not in named.get(one.seq, []):
            yield ChainFault(ref, one.seq, f"the file kept as “{one.name}” is not one that came with this event")
