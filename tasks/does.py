"""The steps that software does: what each `does` name of a definition means.

All end in one act of the ledger, recorded as done by software. What the step tells people is owed from that moment, in the same
transaction, and delivered like any other message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

from db.acts.who import PLAN_CEASED
from db.ledger import Actor, Receipt
from db.queries.running_reviews import REVIEW, other_awaited_reviews
from db.review_diary import KnownPlan, diary_plan, diary_review, end_plan
from rules.calendar import england
from rules.definition import Definition
from rules.due import DueDate, due_date
from rules.periods import parse_rule
from rules.position_types import Instance, Position
from rules.values import Facts
from tasks.failure import TaskFailed
from tasks.parts import Parts

SOFTWARE = Actor(None, frozenset(), "flow")
NEXT_REVIEW = "12 months beginning with decision_on"  # CFA 2014 s.44(1): twelve months *starting with* the date
_DIARY_DAYS = ("new_decision_on", "decision_on", "last_reviewed_on")
_KEYS = UUID("6f0d6a52-3c7e-5d0c-9a51-0a5f3f6b7c11")


@dataclass(frozen=True)
class ToDo:
    """One open step of software: whose case, on which text, where it stands, and the London day on which it is done."""

    case: str
    definition: Definition
    position: Position
    instance: Instance
    today: date


Does = Callable[[Parts, ToDo], Receipt]


def send(parts: Parts, todo: ToDo) -> Receipt:
    """Record that what the step tells is sent today; each date that the step records is today.

    Raises what `Ledger.decide` raises, and TaskFailed `does.cannot_know` for a step that records anything but dates.
    """
    step = todo.definition.steps[todo.instance.step]
    kinds = {name: todo.definition.facts[name].type for name in step.records}
    if any(kind != "date" for kind in kinds.values()):
        raise TaskFailed("does.cannot_know", todo.case)
    return _done(parts, todo, dict.fromkeys(kinds, todo.today))


def put_review_in_diary(parts: Parts, todo: ToDo) -> Receipt:
    """Date the plan's next review: the last day of twelve months that start with the LA's decision on a review, or with the making or the last review
    of a plan that another process heard of. Only a review moves a day in the diary on; no amendment does, not even the Tribunal's. A day corrected
    while this was done counts: it found the step open, and opens it no second time. Raises as `send` does."""
    _put_in_diary(parts, todo, corrected=todo.instance.round > 1)
    receipt = send(parts, todo)
    now = replace(todo, position=parts.ledger.position(todo.case)[1])
    if any(_day(now, fact) != _day(todo, fact) for fact in _DIARY_DAYS):
        _put_in_diary(parts, now, corrected=True)
    return receipt


def _put_in_diary(parts: Parts, todo: ToDo, *, corrected: bool) -> None:
    reviewed = todo.definition.process == REVIEW
    planned_on = _day(todo, "new_decision_on") or _day(todo, "decision_on")  # where both are known, the first was appealed against
    if planned_on is None:
        raise TaskFailed("does.no_decision_date", todo.case)
    runs_from = planned_on if reviewed else min(planned_on, _day(todo, "last_reviewed_on") or planned_on)
    due = due_date(parse_rule(NEXT_REVIEW), {"decision_on": runs_from}.get, opened_on=None, calendar=england())
    assert isinstance(due, DueDate)
    with parts.engines.scheduler() as session:
        if reviewed:
            diary_review(session, todo.case, runs_from, due.on, corrected=corrected)
        else:
            diary_plan(session, todo.case, KnownPlan(planned_on, runs_from if runs_from < planned_on else None, due.on))


def close_plan(parts: Parts, todo: ToDo) -> Receipt:
    """Take a plan that has ceased out of the diary: no review of it is opened any more, and one that was opened while the appeal ran ends. Raises as
    `send` does."""
    with parts.engines.scheduler() as session:
        end_plan(session, todo.case, todo.today)
        reviews = other_awaited_reviews(session, todo.case)
    for ref in reviews:  # before the step is done: what fails here is tried again with it
        key = uuid5(key_of(todo.case, todo.instance), ref)
        because = f"The plan has ceased ({todo.case})."
        parts.ledger.interrupt(SOFTWARE, key=key, case=ref, name=PLAN_CEASED, because=because, on=todo.today)
    return send(parts, todo)


def put_review_after_move_in_diary(parts: Parts, todo: ToDo) -> Receipt:
    """Date the first review by a new LA: the day by which the step `la_reviews_plan` is due (SEND Regulations 2014 reg 15(5)). Raises as `send` does.

    What the law says of that day stands at the step alone.
    """
    due, reviewed_on = todo.position.instance("la_reviews_plan").due, todo.position.facts.get("last_reviewed_on")
    if due is None or not isinstance(reviewed_on, date):
        raise TaskFailed("does.no_decision_date", todo.case)
    with parts.engines.scheduler() as session:
        diary_review(session, todo.case, reviewed_on, due.on)
    return _done(parts, todo, {"first_review_due_on": due.on})


DOES: Mapping[str, Does] = {
    "send_invitations": send,
    "send_report": send,
    "contact_la": send,
    "send_hearing_invitations": send,
    "diary_review": put_review_in_diary,
    "close_plan": close_plan,
    "diary_review_after_move": put_review_after_move_in_diary,
}


def open_steps(definition: Definition, position: Position) -> list[Instance]:
    """The open steps that software does, in the order of the process."""
    return [one for one in position.open() if definition.steps[one.step].does]


def do(parts: Parts, todo: ToDo) -> Receipt:
    """Do one open step of software. Raises TaskFailed `does.unknown` when there is no code of that name."""
    name = todo.definition.steps[todo.instance.step].does
    if name not in DOES:
        raise TaskFailed("does.unknown", todo.case)
    return DOES[name](parts, todo)


def key_of(case: str, instance: Instance) -> UUID:
    """The idempotency key of software doing that step: the same at every try, so that trying again never does it twice."""
    return uuid5(_KEYS, f"{case}/{instance.step}/{instance.party}/{instance.round}")


def _day(todo: ToDo, fact: str) -> date | None:
    known = todo.position.facts.get(fact)
    return known if isinstance(known, date) else None


def _done(parts: Parts, todo: ToDo, facts: Facts) -> Receipt:
    one = todo.instance
    key = key_of(todo.case, one)
    return parts.ledger.decide(SOFTWARE, key=key, case=todo.case, step=one.step, party=one.party, round=one.round, facts=facts, on=todo.today)
