"""What a told reminder is known by, when its case moves to a text whose ladder has other rungs: none is told twice, none is taken for another.

A reminder is known by its rung's number in the ladder of the case's text, else by what the rung says (`db/chase_messages.py`). With another text the
number is another's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.chase_messages import OWNER, said_of
from db.queries.definitions_read import definitions_by_hash
from rules.definition import Definition, Rung

_RUNGS = text("SELECT id, step, party, round, to_role, once_key FROM deliveries WHERE case_id = :case_id AND rung IS NOT NULL ORDER BY id")
# First apart from all others: two may change places.
_APART = text("UPDATE deliveries SET once_key = once_key || '/moves' WHERE id = ANY(:ids)")
_RENAME = text("""
    UPDATE deliveries d SET once_key = x.once_key FROM jsonb_to_recordset(CAST(:keys AS jsonb)) AS x (id bigint, once_key text) WHERE d.id = x.id
""")


def rename_marks(session: Session, case_id: int, was: str, now: str) -> None:
    """Let the reminders of a case that moved from the text `was` to the text `now` (hashes) be known by what they are there. A scheduler session."""
    texts = definitions_by_hash(session, {was, now})
    rows = session.execute(_RUNGS, {"case_id": case_id}).all()
    taken = {row.once_key for row in rows}
    keys: dict[int, str] = {}
    for row in rows:
        before = f"{case_id}/{row.step}/{row.party}/{row.round}/rung "
        mark, _, after = row.once_key.removeprefix(before).partition("/")
        key = f"{before}{_mark_there(texts[was], texts[now], row.step, mark, row.to_role)}/{after}"
        if row.once_key.startswith(before) and key != row.once_key and key not in keys.values():
            keys[row.id] = key
    free = {row.once_key for row in rows if row.id in keys}
    keys = {number: key for number, key in keys.items() if key not in taken - free}
    if keys:
        session.execute(_APART, {"ids": list(keys)})
        session.execute(_RENAME, {"keys": json.dumps([{"id": number, "once_key": key} for number, key in keys.items()])})


def _mark_there(was: Definition, now: Definition, step: str, mark: str, to: str) -> str:
    """The mark in the text `now` of a rung that was told to the role `to` under that mark in the text `was`."""
    if not mark.isdigit():
        there = (n for n, rung in _rungs(now, step) if rung.tells in (to, OWNER) and said_of(rung, to) == mark)
    else:
        rung = dict(_rungs(was, step)).get(int(mark))
        if rung is None:
            return mark
        mark = said_of(rung, to)
        there = (n for n, one in _rungs(now, step) if one == rung)
    return str(next(there, mark))


def _rungs(definition: Definition, step: str) -> Iterable[tuple[int, Rung]]:
    ladder = definition.ladders.get(definition.steps[step].ladder) if step in definition.steps else None
    return enumerate(ladder.rungs, start=1) if ladder is not None else ()
