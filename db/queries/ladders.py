"""Own ladders as people look at them, and the open steps that would be chased otherwise. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.acts.rows import chase_days
from db.calendar_of_school import calendar_of
from db.ladders import SHIPPED, Ladders, OwnLadder, ladder_of, ladders_by_id
from db.queries.definitions_read import definitions_by_hash
from db.setting_ladders import Scope
from rules.calendar import SchoolCalendar
from rules.definition import Ladder, Rung
from rules.position_text import position_from_text
from rules.refusals import step_title

_NAME = "concat_ws(' ', NULLIF({0}.title, ''), {0}.given_name, {0}.family_name)"
_OWN = f"""
    SELECT o.id, o.scope, o.ladder, o.rungs, o.content, o.because, o.set_at, o.removed_at, o.removed_because, s.name AS school, s.urn,
           a.name AS authority, a.code, {_NAME.format("p")} AS set_by, {_NAME.format("r")} AS removed_by
    FROM ladder_overrides o JOIN persons p ON p.id = o.set_by LEFT JOIN persons r ON r.id = o.removed_by
    LEFT JOIN schools s ON s.id = o.school_id LEFT JOIN authorities a ON a.id = o.authority_id
"""  # noqa: S608  our own columns
_STEPS = text("""
    SELECT c.ref, c.id, c.school_id, c.pupil_id, c.position, d.hash, x.no, x.step, x.ladder_id, x.chase_on, x.lead_on
    FROM steps x JOIN cases c ON c.id = x.case_id JOIN definitions d ON d.id = c.definition_id
    LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    WHERE x.closed_seq IS NULL AND x.chase_on IS NOT NULL AND c.school_id = ANY(:schools)
      AND (CAST(:school AS int) IS NULL OR c.school_id = :school)
      AND (CAST(:authority AS int) IS NULL OR COALESCE(p.authority_id, s.authority_id) = :authority) ORDER BY c.id, x.no
""")


@dataclass(frozen=True, slots=True)
class OwnLadderRow:
    """One own ladder: where it holds, its rungs as `(when, tells, severity, template)`, who set it, when and why; and its end, if it has ended."""

    number: int
    ladder: str
    scope: str
    where: str
    rungs: tuple[tuple[str, str, str, str], ...]
    content: str
    because: str
    set_by: str
    set_at: datetime
    removed_by: str
    removed_at: datetime | None
    removed_because: str


@dataclass(frozen=True, slots=True)
class ChasedStep:
    """An open step that another ladder would chase on other days, or by other readers or words: its reminders' days now and then."""

    case: str
    step: str
    title: str
    days_now: tuple[date, ...]
    days_then: tuple[date, ...]


def own_ladders(session: Session, *, ended: bool = False, ladder: str = "") -> list[OwnLadderRow]:
    """The own ladders of the session's schools and of the trust; with `ended` also those that have ended: the record of who set what."""
    asked = _OWN + "WHERE (:ended OR o.removed_at IS NULL) AND (:ladder = '' OR o.ladder = :ladder) ORDER BY o.ladder, o.id"
    return [_row(row) for row in session.execute(text(asked), {"ended": ended, "ladder": ladder})]


def chased_otherwise(session: Session, schools: Sequence[int], scope: Scope, name: str, to: Ladder | None) -> list[ChasedStep]:
    """The open steps of that scope, of these schools, that the ladder `name` chases and that `to` (None: the shipped one) would chase by other rungs:
    on other days, or the same days with other readers or words.

    What a narrower scope has set of its own is not looked at: it is named by `own_ladders`.
    """
    calendars: dict[int, SchoolCalendar] = {}
    found: list[ChasedStep] = []
    rows = session.execute(_STEPS, {"schools": list(schools), "school": scope.school_id, "authority": scope.authority_id}).all()
    definitions = definitions_by_hash(session, {row.hash for row in rows})
    own = ladders_by_id(session.connection(), {row.ladder_id for row in rows if row.ladder_id is not None})
    for row in rows:
        definition = definitions[row.hash]
        if definition.steps[row.step].ladder != name:
            continue
        if row.school_id not in calendars:
            calendars[row.school_id] = calendar_of(session, row.school_id)
        instance = position_from_text(row.position, definition, calendars[row.school_id]).instances[row.no - 1]
        then = ladder_of(definition, row.step, Ladders({name: OwnLadder(0, to)}) if to is not None else SHIPPED)[0]
        now = definition.ladders.get(name) if row.ladder_id is None else own[row.ladder_id].ladder if row.ladder_id in own else None
        days = tuple(chase_days(then, instance, calendars[row.school_id], row.lead_on))
        if days != tuple(row.chase_on) or _rungs(then) != _rungs(now):
            found.append(ChasedStep(row.ref, row.step, step_title(definition, row.step, instance.party), tuple(row.chase_on), days))
    return found


def _rungs(ladder: Ladder | None) -> tuple[Rung, ...]:
    return ladder.rungs if ladder is not None else ()


def _row(row: Any) -> OwnLadderRow:
    where = f"{row.school} ({row.urn})" if row.scope == "school" else f"{row.authority} ({row.code})" if row.scope == "authority" else "the trust"
    return OwnLadderRow(
        row.id, row.ladder, row.scope, where, tuple(tuple(rung) for rung in orjson.loads(row.rungs)), row.content, row.because, row.set_by,
        row.set_at, row.removed_by or "", row.removed_at, row.removed_because,
    )  # fmt: skip
