"""What one case learns from another about the same: `learns_from` of a step.

A mediation and an appeal are about one decision of an LA. The day of the certificate, recorded in the mediation, is the appeal's too; and while the
mediation runs its certificate is still to come, so that nobody is told meanwhile that the last day to appeal is near, or over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import text

from db.acts.actor import CALENDAR
from db.acts.errors import NotFound
from db.acts.parts import Parts
from db.acts.perform import perform
from db.acts.receipt import Receipt
from db.acts.request import request
from db.acts.standing import read_standing
from db.roles import SCHEDULER
from rules.definition import Definition, Step
from rules.history import Event, Refused
from rules.position_types import Instance, Position

IN_ERROR = "opened_in_error"  # what such a case was told is about nothing
LEARNT = UUID("0d6f7f0c-4a0e-5c39-9d59-7b8f7f1f0b6e")  # the namespace of the keys: the same word of the same case is learnt once
_TEXTS = "SELECT id FROM definitions WHERE strpos(source, 'learns_from') > 0"
_LEARNING = (
    "SELECT DISTINCT c.id, c.ref FROM steps s JOIN cases c ON c.id = s.case_id WHERE s.closed_seq IS NULL AND s.status = 'open' AND c.ended = '' "
    "AND c.definition_id = ANY(%s) AND s.step = ANY(%s) AND EXISTS (SELECT FROM cases k JOIN definitions d ON d.id = k.definition_id "
    "WHERE k.pupil_id = c.pupil_id AND d.process = ANY(%s)) ORDER BY c.id"
)
_OTHERS = (
    "SELECT k.ref FROM cases c JOIN cases k ON k.pupil_id = c.pupil_id JOIN definitions d ON d.id = k.definition_id "
    "WHERE c.ref = %s AND d.process = ANY(%s) ORDER BY k.id"
)
# Their days are passed over as if they had been told: what a later date asks for is counted anew with that date.
_SKIP_RUNGS = text("""
    UPDATE steps s SET rung = past.n, next_chase_on = s.chase_on[past.n + 1] FROM (
        SELECT t.case_id, t.no, (SELECT count(*)::int FROM unnest(t.chase_on) AS day WHERE day <= :today) AS n
        FROM steps t JOIN cases c ON c.id = t.case_id
        WHERE c.ref = :ref AND t.closed_seq IS NULL AND t.next_chase_on <= :today AND t.step = ANY (:lapsing)) AS past
    WHERE s.case_id = past.case_id AND s.no = past.no AND s.closed_seq IS NULL
""")


@dataclass(frozen=True, slots=True)
class Beside:
    """`day_to_come`: a case about the same still runs, or knows what has not been recorded here yet. `ended_on`: the day on which the last ended."""

    day_to_come: bool
    ended_on: date | None


NOTHING = Beside(False, None)


def learn(parts: Parts, today: date) -> list[Receipt]:
    """Record in each case what another about the same has been told, and pass over the reminders of what may lapse where another still runs.

    Done again it records nothing twice. A case that cannot be worked keeps no other waiting: the first error is raised after all the others.
    """
    receipts: list[Receipt] = []
    errors: list[Exception] = []
    for ref in _learning(parts):
        try:
            receipts += _learnt(parts, ref, today)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return receipts


def learns(definition: Definition) -> bool:
    """Whether a step of its cases learns from a case of another process."""
    return any(step.learns_from for step in definition.steps.values())


def beside(parts: Parts, ref: str) -> Beside:
    """What the cases come to from which an open step of this one would learn."""
    definition, position = _read(parts, ref)
    steps = [definition.steps[one.step] for one in position.open() if definition.steps[one.step].learns_from]
    others = [(step, *other) for step in steps for other in _others(parts, ref, definition, position, step.learns_from)]
    to_come = any(not known.ended or _knows(step, process, known) for step, _, process, known in others)
    return Beside(to_come, max((known.ended_on for *_, known in others if known.ended_on is not None), default=None))


def _learning(parts: Parts) -> list[str]:
    with parts.engines.scheduler() as session:
        texts = [row[0] for row in session.connection().exec_driver_sql(_TEXTS)]
    learning = [step for one in texts for step in parts.pinned.of(one).steps.values() if step.learns_from]  # reads by a connection of its own
    steps, processes = sorted({step.name for step in learning}), sorted({name for step in learning for name in step.learns_from})
    with parts.engines.scheduler() as session:
        return [row.ref for row in session.connection().exec_driver_sql(_LEARNING, (texts, steps, processes))] if steps else []


def _learnt(parts: Parts, ref: str, today: date) -> list[Receipt]:
    definition, position = _read(parts, ref)
    receipts: list[Receipt] = []
    for one in position.open():
        step = definition.steps[one.step]
        others = _others(parts, ref, definition, position, step.learns_from)
        told = [(other, process, known) for other, process, known in others if _knows(step, process, known)]
        if told:
            receipts += _recorded(parts, ref, one, step, told[-1], today)
        elif any(not known.ended for _, _, known in others):
            _pass_over(parts, ref, definition, today)
    return receipts


def _others(parts: Parts, ref: str, definition: Definition, position: Position, processes: Iterable[str]) -> list[tuple[str, str, Position]]:
    """Reference, process and standing of the pupil's cases of these processes that are about the same: the facts of `once_for` are the same."""
    with parts.engines.scheduler() as session:
        refs = [row.ref for row in session.connection().exec_driver_sql(_OTHERS, (ref, sorted(processes)))]
    found = []
    for other in refs:
        its, stands = _read(parts, other)
        alike = all(stands.facts.get(name) == position.facts.get(name) for name in definition.once_for)
        if alike and stands.ended != IN_ERROR:
            found.append((other, its.process, stands))
    return found


def _knows(step: Step, process: str, other: Position) -> bool:
    return all(name in other.facts for name in step.brings[step.learns_from[process]])


def _recorded(parts: Parts, ref: str, one: Instance, step: Step, told: tuple[str, str, Position], today: date) -> list[Receipt]:
    other, process, known = told
    word = step.learns_from[process]
    facts = {name: known.facts[name] for name in step.brings[word]}
    event = Event("decide", today, None, one.step, one.party, word, facts)
    key = uuid5(LEARNT, f"{ref}/{one.step}/{one.party}/{one.round}/{other}")
    try:
        return [perform(parts, CALENDAR, request(key, ref, event, round=one.round))]
    except (Refused, NotFound) as refusal:
        if isinstance(refusal, NotFound) or refusal.code in ("already_decided", "not_open", "case_ended", "old_round"):
            return []  # a person was first: theirs stands
        raise


def _pass_over(parts: Parts, ref: str, definition: Definition, today: date) -> None:
    lapsing = sorted(step.name for step in definition.steps.values() if step.lapses_as)
    with parts.engines.scheduler() as session:
        session.execute(_SKIP_RUNGS, {"today": today, "ref": ref, "lapsing": lapsing})


def _read(parts: Parts, ref: str) -> tuple[Definition, Position]:
    with parts.engines.act_connection(SCHEDULER) as connection:
        standing = read_standing(parts, connection, CALENDAR, ref, lock=False)
    return standing.definition, standing.position
