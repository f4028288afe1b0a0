"""The year's record folded anew, from its events alone: from when to when each step stood open, owed by whom, with which date.

The rules say what an event does; nothing of what chases, sends or counts in the product is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import orjson

from db.acts.own_kinds import OWN
from db.acts.redating import REDATED
from rules.calendar import SchoolCalendar
from rules.compiled import compiled
from rules.definition import Definition
from rules.history import event_from_json
from rules.position_text import position_to_text
from rules.position_types import Instance, Position
from tasks.parts import Parts
from tests.year.oracle.plain_readers import roles_that_read
from tests.year.oracle.plain_waits import Came, perhaps_never

PASSES_TO = {"parent": "young_person"}  # once the rights are theirs (roles.yaml)
_CASES = "SELECT id, ref, school_id, definition_id FROM cases ORDER BY id"
_EVENTS = "SELECT case_id, recorded_at, kind, content FROM events ORDER BY case_id, seq"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One step of one case as it stood from `since` until `until` (None: to the end of the year). `owner`: the role that owes it, empty for
    software, the calendar and other cases; `ladder`: by which it is chased. `family`: who hears what is told to the parent. `rule` and `bases`: what
    the date that it is chased for was counted from; no rule where the law has it moved to another day, or leaves days out. `perhaps`: it waits, and
    may never be owed, or is recorded already. `read_by`: the roles that read the case, where not all do."""

    case_id: int
    ref: str
    school_id: int
    process: str
    no: int
    step: str
    party: str
    round: int
    status: str
    owner: str
    does: bool
    ladder: str
    due_on: date | None
    safe_on: date | None
    target_on: date | None
    lifted: str
    review_on: date | None
    family: str
    since: datetime
    until: datetime | None = None
    rule: str = ""
    bases: tuple[tuple[str, date], ...] = ()
    perhaps: bool = False
    read_by: frozenset[str] | None = None

    @property
    def chased_for(self) -> date | None:
        """The date that the ladder counts from: the law's, else our own."""
        return self.due_on or self.target_on

    @property
    def act_by_on(self) -> date | None:
        """The earliest of its dates."""
        days = [day for day in (self.due_on, self.safe_on, self.target_on) if day is not None]
        return min(days) if days else None

    def stands_at(self, at: datetime) -> bool:
        """Whether it stood so at that moment. What ended in that moment did not."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody outside said of a step that it will be done by that day, or waits for something until then."""

    case_id: int
    step: str
    party: str
    until_on: date
    at: datetime


@dataclass
class Record:
    """Everything that stood, and all that was said; `moves`: dates of open steps that became others; `events`: how many were read."""

    stretches: list[Stretch]
    said: list[Said]
    moves: int
    events: int


def read_record(parts: Parts) -> Record:
    """Fold every case of the ledger."""
    with parts.engines.scheduler() as session:
        read = session.connection().exec_driver_sql
        cases, events = read(_CASES).all(), read(_EVENTS).all()
    of_case: dict[int, list[Any]] = defaultdict(list)
    for row in events:
        of_case[row.case_id].append(row)
    record = Record([], [], 0, len(events))
    for case in cases:
        definition = parts.ledger.parts.pinned.of(case.definition_id)
        found = list(_of_case(parts, case, definition, of_case[case.id], record.said))
        record.stretches += found
    record.moves = _moves(record.stretches)
    return record


def _of_case(parts: Parts, case: Any, definition: Definition, events: list[Any], said: list[Said]) -> Iterator[Stretch]:
    """Each instance's stretches: a new one begins whenever anything of it is other than it was."""
    standing: dict[int, Stretch] = {}
    position: Position | None = None
    for row in events:
        content = orjson.loads(row.content)
        calendar = parts.ledger.parts.calendars.at(content["calendar"])
        position = _after(definition, position, content, calendar)
        if content["event"]["kind"] == "say":
            raw = content["event"]
            said.append(Said(case.id, raw["step"], raw.get("party", ""), date.fromisoformat(raw["review_on"]), row.recorded_at))
        came = came_to(position)
        now = {one.no: _stretch(case, definition, position, one, row.recorded_at, came) for one in position.tracked()}
        for no, was in list(standing.items()):
            if no not in now or replace(now[no], since=was.since) != was:
                yield replace(standing.pop(no), until=row.recorded_at)
        for no, one in now.items():
            standing.setdefault(no, one)
    yield from standing.values()


def _after(definition: Definition, position: Position | None, content: Any, calendar: SchoolCalendar) -> Position:
    kind, engine = content["event"]["kind"], compiled(definition)
    if kind == REDATED:
        assert position is not None
        return engine.read(position_to_text(position), calendar)
    if kind in OWN:
        assert position is not None
        return position
    event = event_from_json(content["event"], definition)
    return (engine.start(event, calendar) if position is None else engine.advance(position, event, calendar)).position


def came_to(position: Position) -> dict[str, list[tuple[str, str]]]:
    """Of each step what its parties have come to: status and outcome."""
    latest = {(one.step, one.party): one for one in position.instances if one.status != "closed"}
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in latest.values():
        found[one.step].append(("done" if one.early else one.status, one.outcome))
    return found


def _stretch(case: Any, definition: Definition, position: Position, one: Instance, since: datetime, came: Came) -> Stretch:
    step = definition.steps[one.step]
    young = position.facts.get("rights_held_by") == "young_person"
    owner = one.party if step.by == "party" else step.by
    return Stretch(
        case.id, case.ref, case.school_id, definition.process, one.no, one.step, one.party, one.round, one.status,
        PASSES_TO.get(owner, owner) if young else owner, bool(step.does), step.ladder,
        one.due.on if one.due else None, one.due.safe_on if one.due else None, one.target.on if one.target else None,
        one.lifted, one.lifted_review_on, "young_person" if young else "parent", since, None, *_counted_from(one),
        one.status == "waiting" and (one.early or perhaps_never(definition.process, one.step, owner, came, position.facts)),
        roles_that_read(definition.process, position.facts),
    )  # fmt: skip


def _counted_from(one: Instance) -> tuple[str, tuple[tuple[str, date], ...]]:
    due = one.due or one.target
    leaves_out = "left out" in due.why.counting if due is not None else False  # the Tribunal's August and Christmas
    if due is None or leaves_out or any(note.startswith("moved from") for note in due.why.notes):
        return "", ()
    return due.why.rule, due.why.bases


def _moves(stretches: list[Stretch]) -> int:
    last: dict[tuple[int, int], Stretch] = {}
    moves = 0
    for one in stretches:
        before = last.get((one.case_id, one.no))
        moves += before is not None and before.until == one.since and None is not before.chased_for != one.chased_for
        last[one.case_id, one.no] = one
    return moves
