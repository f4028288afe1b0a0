"""What the calendar records by itself: `wait` steps whose day has come, and answers that lapse when their window has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from db.acts.actor import CALENDAR
from db.acts.case_steps_run import run_case_steps
from db.acts.errors import NotFound
from db.acts.learning import NOTHING, beside, learn, learns
from db.acts.parts import Parts
from db.acts.perform import perform
from db.acts.receipt import Receipt
from db.acts.request import request
from rules.history import Event, Refused

CALENDAR_ACTS = UUID("5b0c1c1e-6d0e-5f4e-9a43-0f6f3d1d8a77")  # the namespace of the calendar's keys: the same day of the same step is the same act
_DUE = (
    "SELECT c.ref, c.definition_id, s.no, s.round, s.step, s.party, s.wakes_on, c.opened_on FROM steps s JOIN cases c ON c.id = s.case_id "
    "WHERE s.closed_seq IS NULL AND s.status = 'open' AND s.wakes_on <= %s ORDER BY s.wakes_on, s.case_id, s.no"
)


@dataclass(frozen=True, slots=True)
class Woken:
    """An open step on which the calendar acts, on `wakes_on`; where the case was opened later than that (a claim out of time), on `opened_on`."""

    ref: str
    definition_id: int
    no: int
    round: int
    step: str
    party: str
    wakes_on: date
    opened_on: date

    @property
    def on(self) -> date:
        """The day of the act: nothing lapses in a case that is not there yet."""
        return max(self.wakes_on, self.opened_on)


def run_calendar(parts: Parts, today: date) -> list[Receipt]:
    """First what a case learns from another (`db/acts/learning.py`). Then one act for each woken step, dated on its own day, or on the case's first;
    nothing lapses beside a case from which the day may still come. What one act wakes anew, and is due by `today`, is done too. Then the
    `case` steps that were left behind (`db/acts/case_steps_run.py`).

    A step that a person has decided meanwhile is left alone: theirs stands. A case that cannot be worked keeps no other waiting: the first
    error is raised when all the others are done.
    """
    receipts: list[Receipt] = []
    errors: list[Exception] = []
    tried: set[tuple[str, int]] = set()
    try:
        receipts += learn(parts, today)
    except Exception as error:
        errors.append(error)
    while fresh := [one for one in woken(parts, today) if (one.ref, one.no) not in tried]:
        for one in sorted(fresh, key=lambda one: learns(parts.pinned.of(one.definition_id))):  # after what it may learn from
            tried.add((one.ref, one.no))
            try:
                receipts += _act(parts, one)
            except Exception as error:
                errors.append(error)
    try:
        run_case_steps(parts)
    except Exception as error:
        errors.append(error)
    if errors:
        raise errors[0]
    return receipts


def woken(parts: Parts, today: date) -> list[Woken]:
    """Open steps whose `wakes_on` is `today` or earlier, the earliest first."""
    with parts.engines.scheduler() as session:
        return [Woken(*row) for row in session.connection().exec_driver_sql(_DUE, (today,))]


def _act(parts: Parts, one: Woken) -> list[Receipt]:
    definition = parts.pinned.of(one.definition_id)
    step = definition.steps[one.step]
    outcome = "done" if step.wait else step.lapses_as
    others = beside(parts, one.ref) if learns(definition) and not step.wait else NOTHING
    if others.day_to_come:
        return []
    event = Event("decide", max(one.on, others.ended_on or one.on), None, one.step, one.party, outcome)
    key = uuid5(CALENDAR_ACTS, f"{one.ref}/{one.no}/{one.wakes_on}")
    try:
        return [perform(parts, CALENDAR, request(key, one.ref, event, round=one.round))]
    except (Refused, NotFound) as refusal:
        if isinstance(refusal, NotFound) or refusal.code in ("already_decided", "not_open", "case_ended", "old_round", "not_before"):
            return []
        raise
