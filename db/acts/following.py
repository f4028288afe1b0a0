"""What an act does to other cases, in its own transaction: cases it opens, `case` steps that begin to wait, and steps that waited for its case's end.

`docs/decisions/100-cases-that-open-cases.md` says why each is as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import psycopg

from db.acts.actor import Actor
from db.acts.before import case_step_key, child_key
from db.acts.case_ends import Ended, record_end, waiting_for
from db.acts.errors import NotFound
from db.acts.opening import Opened, Opening, write_opening
from db.acts.parts import Parts
from db.acts.request import Cause
from rules.definition import Definition
from rules.given import given_by_step, text_for
from rules.history import Refused
from rules.library import NoDefinition
from rules.position_types import Change, Instance

_RUNNING = "SELECT running_case(%s, %s)"
_WAIT = "SELECT child_id, ended, seq FROM wait_for_case(%s, %s, %s, %s, %s)"
_WAITS = "SELECT 1 FROM case_waits WHERE parent_id = %s AND step = %s AND party = %s AND round = %s"
ENDS = UUID("2f6a1c1e-91c4-5a0b-8f64-5a1c0b7b6f3d")  # the namespace of the keys under which a case's end is recorded in the cases that wait for it


@dataclass(frozen=True, slots=True)
class Done:
    """An act that has just been written as number `seq` of its case, and what it changed."""

    case_id: int
    ref: str
    pupil_id: int | None
    definition: Definition
    key: UUID
    on: date
    seq: int
    change: Change


def leads_on(parts: Parts, definition: Definition, change: Change, *, awaited: bool = True) -> bool:
    """Whether an act does anything beside its own case, so that it needs a transaction of several statements. Asked of every act: cheap.

    `awaited`: whether another case may wait for the end of this one; False where that has been asked and none does.
    """
    if change.opens:
        return True
    if definition.case_steps and any(one.step in definition.case_steps and one.status == "open" for one in change.opened):
        return True
    return awaited and change.position.ended != "" and definition.process in parts.library.awaited


@dataclass
class Following:
    """Follows acts on a connection that is inside the transaction which wrote them. `opened`: references of the cases opened, in order;
    `touched`: references of cases in which something was recorded; `awaited`: ids of the cases that a step begins to wait for."""

    parts: Parts
    connection: psycopg.Connection[Any]
    actor: Actor
    opened: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    awaited: set[int] = field(default_factory=set)
    texts: dict[int, Definition] = field(default_factory=dict)  # of cases written here: other connections cannot see a text pinned here

    def after(self, done: Done) -> None:
        """Do all that follows from the act, and from what that does. It ends: no process waits, over others, for itself (`sendflow check`)."""
        self.texts[done.case_id] = done.definition
        for child in done.change.opens:
            cause = Cause(done.case_id, done.ref, done.seq, child.step, child.party, child.round)
            self._open(Opening(child_key(done.key, child), child.process, done.pupil_id, child.facts, done.on, cause))
        for one in done.change.opened:
            if one.step in done.definition.case_steps and one.status == "open":
                self.begin_waiting(done, one)
        if done.change.position.ended and done.definition.process in self.parts.library.awaited:
            self.record_ends(Ended(done.case_id, done.ref, done.seq, done.change.position.ended, done.on))

    def begin_waiting(self, done: Done, one: Instance) -> None:
        """Let an open `case` step wait for the case that runs already, else for a new one. If neither can be, it is left to the sweep."""
        step = done.definition.steps[one.step]
        row = self.connection.execute(_RUNNING, (done.case_id, step.case)).fetchone() if self._one_at_a_time(step.case) else None
        ref = row[0] if row is not None and row[0] is not None else self._opened_for(done, one)
        if not ref:
            return
        waits = self.connection.execute(_WAIT, (done.case_id, one.step, one.party, one.round, ref)).fetchone()
        assert waits is not None, "the function answers, or raises"
        child_id, ended, seq = waits
        self.awaited.add(child_id)
        if ended:
            self.record_ends(Ended(child_id, ref, seq, ended, done.on))

    def waits(self, done: Done, one: Instance) -> bool:
        """Whether an instance waits for a case already."""
        row = self.connection.execute(_WAITS, (done.case_id, one.step, one.party, one.round)).fetchone()
        return row is not None

    def record_ends(self, ended: Ended) -> None:
        """Record a case's end in every open step that waits for it, and follow what that does."""
        for waiting in waiting_for(self.parts, self.connection, ended, self.texts):
            key = uuid5(ENDS, f"{waiting.standing.ref}/{waiting.step}/{waiting.party}/{waiting.round}/{ended.ref}")
            recorded = record_end(self.parts, self.connection, waiting, ended, key)
            if recorded is not None:
                standing, on, seq, change = waiting.standing, recorded.on, recorded.seq, recorded.change
                self.touched.add(standing.ref)
                self.after(Done(standing.case_id, standing.ref, standing.pupil_id, standing.definition, key, on, seq, change))

    def _one_at_a_time(self, process: str) -> bool:
        """Whether any running case of the process is the one: its texts name no facts that tell two apart."""
        return not any(text.once_for for text in self.parts.library.definitions.get(process, ()))

    def _opened_for(self, done: Done, one: Instance) -> str:
        step = done.definition.steps[one.step]
        cause = Cause(done.case_id, done.ref, done.seq, one.step, one.party, one.round)
        given = given_by_step(done.definition, done.change.position.facts, one.step, one.party)
        try:
            _, facts = text_for(self.parts.library, step.case, done.on, given)
            key = case_step_key(done.ref, one)
            return self._open(Opening(key, step.case, done.pupil_id, facts, done.on, cause)).ref
        except (Refused, NoDefinition, NotFound):
            return ""  # nothing is written before these are raised; the record says so (db/acts/children.py), and the sweep tries each day

    def _open(self, opening: Opening) -> Opened:
        opened = write_opening(self.parts, self.connection, self.actor, opening)
        self.opened.append(opened.ref)
        if opened.answer == "done":
            self.after(Done(opened.case_id, opened.ref, opening.pupil_id, opened.definition, opening.key, opening.on, 1, opened.change))
        return opened
