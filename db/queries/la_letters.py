"""Set-based: on what day an LA did each of its steps. A piece of SQL that `la_ledger` and `la_reconciliation` share.

It reads rows `k` of `steps` with their `process`, and gives each `is_done` and `done_on`: the date on the letter that was recorded with it, or that
date as it was corrected before a later step recorded another; else the day of the act. What was recorded before its turn is done, though its row is
open still.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause, text

from rules.la_steps import LaSteps

# One probe of the key of `events` a step; a text is read as JSON only where the event is found.
_PARTS = {
    "not_done": "('does_not_apply', 'not_needed', 'overtaken', 'closed', '')",
    "letter": """letter AS MATERIALIZED (
      SELECT * FROM unnest(CAST(:letter_processes AS text[]), CAST(:letter_steps AS text[]), CAST(:letter_outcomes AS text[]),
                           CAST(:letter_facts AS text[])) AS l (process, step, outcome, fact))""",
    "done_on": """
    LEFT JOIN LATERAL (
      SELECT e.seq, e.content::jsonb -> 'event' AS event FROM events e
       WHERE e.case_id = k.case_id AND e.seq BETWEEN k.opened_seq AND coalesce(k.closed_seq, 2147483647) AND e.kind = 'decide'
         AND position('"step":"' || k.step || '"' IN e.content) > 0
         AND (k.party = '' OR position('"party":"' || k.party || '"' IN e.content) > 0)
       ORDER BY e.seq DESC LIMIT 1) AS told ON true
    LEFT JOIN letter ON letter.process = k.process AND letter.step = k.step AND letter.outcome = coalesce(told.event ->> 'outcome', 'done')
    LEFT JOIN LATERAL (
      SELECT e.content::jsonb -> 'event' AS event FROM events e
       WHERE e.case_id = k.case_id AND e.seq > told.seq AND e.kind = 'correct' AND position('"' || letter.fact || '":' IN e.content) > 0
         AND NOT EXISTS (SELECT 1 FROM events n WHERE n.case_id = e.case_id AND n.seq > told.seq AND n.seq < e.seq AND n.kind = 'decide'
                          AND position('"' || letter.fact || '":' IN n.content) > 0)
       ORDER BY e.seq DESC LIMIT 1) AS put_right ON true
    CROSS JOIN LATERAL (
      SELECT CASE WHEN k.closed_seq IS NULL THEN told.seq IS NOT NULL ELSE k.outcome NOT IN {not_done} END AS is_done,
             coalesce((put_right.event -> 'facts' ->> letter.fact)::date, (told.event -> 'facts' ->> letter.fact)::date, k.closed_on,
                      (told.event ->> 'on')::date) AS done_on) AS day""",
}


def statement_of_letters(words: str) -> TextClause:
    """An SQL statement of ours: `{letter}` is a table of its WITH, `{done_on}` stands after `FROM k`."""
    parts = {name: part.format(**_PARTS) if name == "done_on" else part for name, part in _PARTS.items()}
    return text(words.format(**parts))


def letter_values(steps: LaSteps) -> dict[str, Any]:
    """What `{letter}` is given."""
    names = ("letter_processes", "letter_steps", "letter_outcomes", "letter_facts")
    return dict(zip(names, columns_of(steps.letters, len(names)), strict=True))


def columns_of(rows: Sequence[tuple[str, ...]], width: int) -> list[list[str]]:
    """Rows turned into columns, for `unnest`."""
    return [[row[place] for row in rows] for place in range(width)]
