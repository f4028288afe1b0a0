"""The cases that a case has to do with: which opened it, which it opened, which it waits for, and which wait for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.definitions_read import definitions_by_hash
from rules.calendar import england
from rules.definition import Definition
from rules.position_text import record_from_text
from rules.position_types import Position
from rules.reading import position_of
from rules.refusals import step_title
from rules.resting import why_in_doubt

# One row a relation, seen from the case that opened or waits (`p`) to the other one (`k`).
_FAMILY = text("""
    WITH me AS (SELECT id FROM cases WHERE ref = :case), pairs AS (
        SELECT k.opened_from AS parent_id, k.id AS child_id, NULL::text AS step, NULL::text AS party, NULL::int AS round
        FROM cases k WHERE k.opened_from = (SELECT id FROM me) OR (k.id = (SELECT id FROM me) AND k.opened_from IS NOT NULL)
        UNION ALL
        SELECT w.parent_id, w.child_id, w.step, w.party, w.round FROM case_waits w
        WHERE w.parent_id = (SELECT id FROM me) OR w.child_id = (SELECT id FROM me)
    )
    SELECT p.ref AS parent, p.ended AS parent_ended, p.position AS parent_position, pd.hash AS parent_hash, k.ref AS child, k.ended AS child_ended,
           k.position AS child_position, kd.hash AS child_hash, x.step, x.party, x.round,
           CASE WHEN x.step IS NULL THEN (SELECT e.content FROM events e WHERE e.case_id = k.id AND e.seq = 1) END AS opening
    FROM pairs x JOIN cases p ON p.id = x.parent_id JOIN cases k ON k.id = x.child_id
    JOIN definitions pd ON pd.id = p.definition_id JOIN definitions kd ON kd.id = k.definition_id ORDER BY k.id, p.id, x.step NULLS LAST, x.round DESC
""")


@dataclass(frozen=True, slots=True)
class Relative:
    """Another case of the pupil. `how`: `opened this case`, `opened by this case`, `waits for this case` or `awaited by this case`.

    `step`: the title of the step that did it. `doubt`: why the case that was opened should be looked at, empty if nothing speaks against it.
    """

    ref: str
    title: str
    ended: str
    how: str
    step: str
    doubt: str


def family_of(session: Session, ref: str) -> list[Relative]:
    """The relatives that this session may see, each once; none for a case that stands by itself. One statement more where there are some."""
    rows = session.execute(_FAMILY, {"case": ref}).all()
    texts = definitions_by_hash(session, {row.parent_hash for row in rows} | {row.child_hash for row in rows}) if rows else {}
    found: dict[str, Relative] = {}
    for row in rows:
        one = _relative(row, ref, texts)
        found.setdefault(one.ref, one)
    return list(found.values())


def _relative(row: Any, ref: str, texts: dict[str, Definition]) -> Relative:
    ours, theirs = texts[row.parent_hash], texts[row.child_hash]
    about = (row.step, row.party, row.round) if row.step is not None else _cause(row.opening)
    step = step_title(ours, about[0], about[1]) if about[0] in ours.steps else ""
    doubt = why_in_doubt(ours, _stands(row.parent_position, ours), about, theirs, _stands(row.child_position, theirs))
    down = row.parent == ref
    ways = ("awaited by this case", "waits for this case") if row.step is not None else ("opened by this case", "opened this case")
    other, ended, definition = (row.child, row.child_ended, theirs) if down else (row.parent, row.parent_ended, ours)
    end = definition.ends.get(ended) or definition.interrupts.get(ended)
    title = (end.title if end else "") or ended.replace("_", " ")
    return Relative(other, definition.title, title, ways[0 if down else 1], step, doubt)


def _cause(opening: str | None) -> tuple[str, str, int]:
    said = json.loads(opening or "{}").get("cause", {})
    return str(said.get("step", "")), str(said.get("party", "")), int(said.get("round", 1))


def _stands(position: str, definition: Definition) -> Position:
    """A position without its school's terms: only statuses and facts are read of it, no date."""
    return position_of(definition, record_from_text(position, definition), england())
