"""The acts of one case in a batch, folded in memory: its row is written once, and so is a step that was opened and closed among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db.acts.actor import Actor
from db.acts.messages import outbox_text
from db.acts.period import after_end
from db.acts.request import Request, content_of, private_rows
from db.acts.rows import RowChanges, row_changes
from db.acts.standing import Standing, standing_after
from db.chain import next_link
from rules.position_text import position_to_text
from rules.position_types import Change

Row = dict[str, Any]


@dataclass
class Folded:
    """A locked case, as the acts so far have left it (`standing`, `head`), and what of them is not yet written.

    `tracked` are the steps that have an open row in the database; `since` is the version there.
    """

    standing: Standing
    head: bytes
    since: int = 0
    head_since: bytes = b""
    tracked: frozenset[int] = frozenset()
    events: list[Row] = field(default_factory=list)
    private: list[Row] = field(default_factory=list)
    written: dict[int, Row] = field(default_factory=dict)
    closed: dict[int, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settled()

    def settled(self) -> None:
        """All that was folded is in the database now."""
        self.since, self.head_since = self.standing.version, self.head
        self.tracked = frozenset(one.no for one in self.standing.position.tracked())
        self.events, self.private, self.written, self.closed = [], [], {}, {}

    def rows_of(self, change: Change) -> RowChanges:
        """What the change asks of the rows of steps."""
        before = self.standing
        return row_changes(before.definition, None if before.recounted else before.position, change.position, before.calendar, before.ladders)

    def folds(self, rows: RowChanges) -> bool:
        """Whether these rows can be folded with those before. A stored row written twice cannot: how far it was chased is in the database alone."""
        seen = (row["no"] for row in rows.written)
        return not any(no in self.closed or (no in self.written and (no in self.tracked or "closed_seq" in self.written[no])) for no in seen)

    def take(self, actor: Actor, role: str, asked: Request, change: Change, rows: RowChanges, at: datetime) -> int:
        """Add an act that the rules have judged. Returns its number."""
        standing = self.standing
        seq, case_id, school_id = standing.version + 1, standing.case_id, standing.school_id
        content = content_of(asked, actor, role, change, standing.calendar.version)
        self.head = next_link(self.head, at, content)
        place = {"case_id": case_id, "seq": seq, "school_id": school_id}
        said = {"key": str(asked.key), "kind": asked.event.kind, "role": role, "hash": self.head.hex(), "content": content}
        self.events.append({**place, **said, "messages": outbox_text(standing.definition, change, asked.event)})
        self.private += [{**place, **row} for row in private_rows(asked)]
        for row in rows.closed:
            self._close(row, seq)
        for row in rows.written:
            opened = self.written.get(row["no"], {}).get("opened_seq", seq)
            self.written[row["no"]] = {**row, "case_id": case_id, "school_id": school_id, "opened_seq": opened}
        self.standing = standing_after(standing, seq, change.position, self.head)
        return seq

    def row(self) -> Row:
        """The case's own row."""
        standing = self.standing
        return {
            "id": standing.case_id,
            "was": self.since,
            "version": standing.version,
            "head_was": self.head_since.hex(),
            "head": self.head.hex(),
            "position": position_to_text(standing.position),
            "ended": standing.position.ended,
            "period": after_end(standing.definition, standing.position),
            "calendar": standing.calendar.version,
        }

    def _close(self, row: Row, seq: int) -> None:
        no = row["no"]
        if no in self.written and no not in self.tracked:
            if "closed_seq" not in self.written[no]:  # a row is closed once, by the first act that closes it
                self.written[no] = {**self.written[no], "closed_seq": seq, "closed_on": row["closed_on"], "outcome": row["outcome"]}
        elif no not in self.closed:
            self.closed[no] = {**row, "case_id": self.standing.case_id, "seq": seq}
