"""Everything one page about a case shows: where it stands, what is next and whose, what is done, and the facts behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.queries.adults import shown_value
from db.queries.definitions_read import definitions_by_hash
from db.queries.step_rows import StepRow, initials, pupil_name, read_steps
from rules.definition import Definition
from rules.due import explain
from rules.explain import words_of
from rules.position import position_from_text
from rules.position_types import Instance, Position
from rules.refusals import step_title
from rules.timeline import titles_of
from rules.values import Value

_CASE = text("""
    SELECT c.id, c.ref, c.version, c.opened_on, c.ended, c.position, c.pupil_id, c.school_id, d.hash, p.given_name, p.family_name, p.known_as,
           p.born_on, p.year_group, p.upn, p.looked_after, s.name AS school, a.name AS authority, before.ref AS opened_from,
           ARRAY(SELECT next.ref FROM cases next WHERE next.opened_from = c.id ORDER BY next.id) AS also_opened
    FROM cases c JOIN definitions d ON d.id = c.definition_id LEFT JOIN pupils p ON p.id = c.pupil_id JOIN schools s ON s.id = c.school_id
    LEFT JOIN authorities a ON a.id = COALESCE(p.authority_id, s.authority_id) LEFT JOIN cases before ON before.id = c.opened_from
    WHERE c.ref = :case
""")


@dataclass(frozen=True, slots=True)
class CaseHead:
    """Which case this is. `definition_hash` is that of the very text the case runs on; `ended` is a name of the definition's `ends` or interrupts."""

    id: int
    ref: str
    process: str
    title: str
    definition_hash: str
    version: int
    opened_on: date
    ended: str
    ended_title: str
    ended_on: date | None
    opened_from: str | None
    also_opened: tuple[str, ...]
    school_id: int
    school: str
    authority: str


@dataclass(frozen=True, slots=True)
class PupilHead:
    """Whom the case is about."""

    id: int
    name: str
    initials: str
    born_on: date
    year_group: int | None
    upn: str | None
    looked_after: bool


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that is over, and how: an outcome, an answer, `done`, or why it never had to be done."""

    no: int
    step: str
    title: str
    party: str
    round: int
    status: str
    outcome: str
    closed_on: date | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact of the case, in words, and its typed value. `party`: whose it is, where each party has its own."""

    name: str
    title: str
    party: str
    value: Value


@dataclass(frozen=True, slots=True)
class OuterLimit:
    """A limit of law across steps, shown as a date of its last step."""

    step: str
    title: str
    due_on: date
    why: tuple[str, ...]


@dataclass(frozen=True)
class CasePage:
    """`pupil`: None in a case about a school. `now`: open steps; `later`: waiting ones whose date of law runs already. Both by urgency.
    `past`: newest first."""

    head: CaseHead
    pupil: PupilHead | None
    now: list[StepRow]
    later: list[StepRow]
    past: list[PastStep]
    to_come: list[PastStep]
    facts: list[FactRow]
    limits: list[OuterLimit]
    definition: Definition
    position: Position

    @property
    def whom(self) -> str:
        """The name of whom the case is about: the pupil, or the school."""
        return self.head.school if self.pupil is None else self.pupil.name


def case_page(session: Session, ref: str, today: date) -> CasePage | None:
    """The page of the case with that reference; None when it does not exist or another school has it. Five statements."""
    row = session.execute(_CASE, {"case": ref}).one_or_none()
    if row is None:
        return None
    definition = definitions_by_hash(session, [row.hash])[row.hash]
    position = position_from_text(row.position, definition, calendar_of(session, row.school_id))
    steps = read_steps(session, today, "s.case_id = :case_id", {"case_id": row.id})
    return CasePage(
        head=_head(row, definition, position),
        pupil=_pupil(row),
        now=[step for step in steps if step.status == "open"],
        later=[step for step in steps if step.status == "waiting"],
        past=sorted((_past(definition, one) for one in position.instances if one.status not in ("open", "waiting")), key=_newest_first),
        to_come=[_past(definition, one) for one in position.instances if one.status == "waiting" and one.due is None],
        facts=[_fact(definition, name, shown_value(session, definition, name, value)) for name, value in position.facts.items()],
        limits=_limits(definition, position),
        definition=definition,
        position=position,
    )


def _head(row: Any, definition: Definition, position: Position) -> CaseHead:
    end = definition.ends.get(row.ended) or definition.interrupts.get(row.ended)
    return CaseHead(
        id=row.id,
        ref=row.ref,
        process=definition.process,
        title=definition.title,
        definition_hash=definition.hash,
        version=row.version,
        opened_on=row.opened_on,
        ended=row.ended,
        ended_title=(end.title if end else "") or row.ended.replace("_", " "),
        ended_on=position.ended_on,
        opened_from=row.opened_from,
        also_opened=tuple(row.also_opened),
        school_id=row.school_id,
        school=row.school,
        authority=row.authority or "",
    )


def _pupil(row: Any) -> PupilHead | None:
    if row.pupil_id is None:
        return None
    name = pupil_name(row.given_name, row.family_name, row.known_as)
    return PupilHead(row.pupil_id, name, initials(row.given_name, row.family_name), row.born_on, row.year_group, row.upn, row.looked_after)


def _past(definition: Definition, one: Instance) -> PastStep:
    due_on = one.due.on if one.due else None
    return PastStep(
        one.no, one.step, step_title(definition, one.step, one.party), one.party, one.round, one.status, one.outcome, one.closed_on, due_on
    )


def _newest_first(past: PastStep) -> tuple[int, int]:
    return (-(past.closed_on or date.min).toordinal(), -past.no)


def _fact(definition: Definition, name: str, value: Value) -> FactRow:
    plain, _, party = name.partition(":")
    fact = definition.facts.get(plain)
    return FactRow(plain, (fact.title if fact else "") or words_of(plain), party, value)


def _limits(definition: Definition, position: Position) -> list[OuterLimit]:
    titles = titles_of(definition)
    return [OuterLimit(one.to, step_title(definition, one.to), one.due.on, tuple(explain(one.due, titles))) for one in position.totals]
