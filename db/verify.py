"""Proving the record: chains, personal words, positions folded anew, rows of open steps, and heads kept outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from db.acts.parts import Parts
from db.acts.replay import contents_of, final_position
from db.acts.rows import NOT_ASKED, row_status, step_row
from db.acts.versions import CHANGED, broken_moves, moves_in
from db.chain import ChainFault, StoredDocument, StoredEvent, StoredWord, chain_faults, document_faults, word_faults
from db.ladders import SHIPPED, Ladders, OwnLadder, ladders_by_id
from rules.calendar import SchoolCalendar
from rules.definition import Definition
from rules.fact_values import FactError
from rules.history import Refused
from rules.perhaps import perhaps_never
from rules.position_text import position_to_text
from rules.position_types import Position
from rules.problems import DefinitionErrors
from rules.reading import position_of, record_of

_CASES = (
    "SELECT c.id, c.ref, c.version, c.head, c.definition_id, c.school_id, c.calendar_version, calendar_stamp(c.school_id), c.position, "
    "COALESCE(b.ref, '') FROM cases c LEFT JOIN cases b ON b.id = c.opened_from "
    "WHERE c.id > %s AND (%s::text IS NULL OR c.ref = %s) ORDER BY c.id LIMIT %s"
)
_EVENTS = "SELECT case_id, seq, recorded_at, actor_id, act_key::text, kind, hash, content FROM events WHERE case_id = ANY(%s) ORDER BY case_id, seq"
_WORDS = "SELECT case_id, seq, name, salt, value FROM private_texts WHERE case_id = ANY(%s)"
_DOCUMENTS = "SELECT case_id, seq, name, sha256, encode(sha256(content), 'hex') = sha256 FROM documents WHERE case_id = ANY(%s)"
_ROWS = (
    "SELECT case_id, no, round, step, party, owner, status, due_on, safe_on, target_on, wakes_on, lifted, lifted_review_on, why, chase_on, lead_on, "
    "ladder_id FROM steps WHERE case_id = ANY(%s) AND closed_seq IS NULL"
)
_FIELDS = "no round step party owner status due_on safe_on target_on wakes_on lifted lifted_review_on why chase_on lead_on ladder_id".split()
BATCH = 500


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A row of `cases`, the stamp of its school's calendar, and the reference of the case that opened it."""

    id: int
    ref: str
    version: int
    head: bytes
    definition_id: int
    school_id: int
    calendar_version: str
    stamp: str
    position: str
    opened_from: str


def verify_cases(parts: Parts, ref: str | None = None) -> list[ChainFault]:
    """Every fault of one case, or of all of them, 500 at a time. Reads only."""
    faults: list[ChainFault] = []
    with parts.engines.scheduler() as session:
        connection, last = session.connection(), 0
        while batch := [StoredCase(*row) for row in connection.exec_driver_sql(_CASES, (last, ref, ref, BATCH))]:
            faults += _batch_faults(parts, connection, batch)
            last = batch[-1].id
    return faults


def _batch_faults(parts: Parts, connection: Connection, batch: Sequence[StoredCase]) -> Iterator[ChainFault]:
    ids = [case.id for case in batch]
    events, words, rows, files = (_by_case(connection, query, ids) for query in (_EVENTS, _WORDS, _ROWS, _DOCUMENTS))
    own = ladders_by_id(connection, (row[-1] for found in rows.values() for row in found if row[-1] is not None))
    for case in batch:
        history = [StoredEvent(*row) for row in events[case.id]]
        chain = list(chain_faults(case.ref, history, case.version, case.head))
        yield from chain
        yield from word_faults(case.ref, history, [StoredWord(*row) for row in words[case.id]])
        yield from document_faults(case.ref, history, [StoredDocument(*row) for row in files[case.id]])
        if not chain:
            yield from _cause_faults(case, history)
            yield from _position_faults(parts, case, history, [dict(zip(_FIELDS, row, strict=True)) for row in rows[case.id]], own)


def _by_case(connection: Connection, query: str, ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for case_id, *rest in connection.exec_driver_sql(query, (ids,)):
        found[case_id].append(tuple(rest))
    return found


def _cause_faults(case: StoredCase, history: Sequence[StoredEvent]) -> Iterator[ChainFault]:
    """The case that opened this one, as its row names it, and as its first event does (before the family of cases, none did)."""
    said = orjson.loads(history[0].content).get("cause", {}).get("case") if history else None
    if said is not None and said != case.opened_from:
        yield ChainFault(case.ref, 1, f"its opening says that {said} opened it, its row names {case.opened_from or 'no case'}")


def _position_faults(
    parts: Parts, case: StoredCase, history: Sequence[StoredEvent], rows: list[dict[str, Any]], own: Mapping[int, OwnLadder]
) -> Iterator[ChainFault]:
    calendar = parts.calendars.of(case.school_id, case.stamp)
    try:
        definition = parts.pinned.of(case.definition_id)
        if what := broken_moves(moves_in((event.seq, orjson.loads(event.content)) for event in history if event.kind == CHANGED), definition.hash):
            yield ChainFault(case.ref, 0, what)
            return
        position = final_position(parts, definition, contents_of([event.content for event in history]))
    except (Refused, FactError, DefinitionErrors, ValueError, KeyError) as error:
        yield ChainFault(case.ref, 0, f"the history cannot be folded: {error}")
        return
    if position_to_text(position) != case.position:
        yield ChainFault(case.ref, 0, "the stored position is not what the history comes to")
    elif case.calendar_version == calendar.version:
        current = position_of(definition, record_of(position), calendar)
        yield from row_faults(case.ref, definition, current, calendar, rows, own)


def row_faults(
    ref: str,
    definition: Definition,
    position: Position,
    calendar: SchoolCalendar,
    rows: Sequence[dict[str, Any]],
    own: Mapping[int, OwnLadder],
) -> Iterator[ChainFault]:
    """Open rows of `steps` that are not those of the position (`faults.md` D8): missing, too many, or with another date. A row
    that is chased by an own ladder (`own`, by number), or earlier than its date (`lead_on`), stays with that until it is written again; so does
    one of an older program, which did not ask whether what waits is certain."""
    stored = {row["no"]: row for row in rows}
    perhaps = perhaps_never(definition, position)
    for instance in position.tracked():
        row = stored.pop(instance.no, None)
        ladders = _chased_by(definition, row, own) if row is not None else SHIPPED
        status = row_status(instance, perhaps)
        if row is not None and row["status"] == NOT_ASKED and status != "open":
            status = NOT_ASKED
        wanted = step_row(definition, instance, status, calendar, position.facts, ladders)
        if row is None:
            yield ChainFault(ref, 0, f"step {instance.step} {instance.party} is open, and has no row")
        elif wrong := [name for name in _FIELDS if as_json(row[name]) != wanted[name]]:
            yield ChainFault(ref, 0, f"the row of step {instance.step} {instance.party} is wrong in {', '.join(wrong)}")
    for row in stored.values():
        yield ChainFault(ref, 0, f"step {row['step']} {row['party']} has an open row, and is not open")


def _chased_by(definition: Definition, row: dict[str, Any], own: Mapping[int, OwnLadder]) -> Ladders:
    of_row = own.get(row["ladder_id"])
    lead_times = {(definition.process, row["step"]): f"on {row['lead_on']}"} if row["lead_on"] else {}
    return Ladders({of_row.ladder.name: of_row} if of_row is not None else {}, lead_times)


def as_json(value: Any) -> Any:
    """A column's value as `step_row` writes it."""
    return orjson.loads(orjson.dumps(value))
