"""Opens each annual review early enough: when the day has come that the definition counts back from the end of the plan's 12 months."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from db.ledger import Actor, Opening
from db.queries.cases import PlanToReview, plans_to_review
from db.queries.plans import PlanWithoutReview, plans_without_review
from db.queries.running_reviews import REVIEW
from rules.calendar import england
from rules.definition import Definition
from rules.due import DueDate, due_date
from rules.library import Library
from rules.periods import parse_rule
from rules.school_age import is_young_person, school_year, year_group
from rules.values import Facts
from tasks.failure import code_of, place_of
from tasks.parts import Parts
from tasks.quiet import refuse_if_leapt

LOOKS_AHEAD = timedelta(weeks=40)  # further than any definition counts back; the definition's own rule decides
MEETING_BEFORE_DUE = timedelta(weeks=4)
SWEEP = Actor(None, frozenset(), "calendar")
_KEYS = UUID("0c8e4b0f-59a5-5d8b-8f0e-7d2a1f5b9e21")
log = logging.getLogger("sendflow.tasks")


@dataclass(frozen=True)
class OpenedReviews:
    """References of the reviews opened now, and the plans (by number) that could not be, with a code each."""

    opened: tuple[str, ...]
    refused: tuple[tuple[int, str], ...]


def open_due_reviews(parts: Parts, today: date) -> OpenedReviews:
    """Open a review for each plan whose day has come and that has none running. Doing it again opens nothing twice (`faults.md` K6).

    One plan that cannot be opened does not keep the others waiting: it is in `refused`. Raises TaskFailed `clock.leapt` while nobody has
    confirmed a leap of the clock.
    """
    refuse_if_leapt(parts)
    with parts.engines.scheduler() as session:
        plans = plans_to_review(session, today + LOOKS_AHEAD, today=today)
    opened: list[str] = []
    refused: list[tuple[int, str]] = []
    for plan in plans:
        try:
            reference = _open(parts, plan, today)
        except Exception as error:
            log.error("the review of plan %s was not opened: %s at %s", plan.plan_id, code_of(error), place_of(error))
            refused.append((plan.plan_id, code_of(error)))
        else:
            opened += [reference] if reference else []
    return OpenedReviews(tuple(opened), tuple(refused))


def opens_on(definition: Definition, review_due_on: date) -> date:
    """The day on which the review of a plan opens, by the definition's `opens_on`."""
    known = {"review_due_on": review_due_on}
    found = due_date(parse_rule(definition.opens_on), known.get, opened_on=None, calendar=england())
    assert isinstance(found, DueDate), "opens_on counts from what the opener states"
    return found.on


def not_running(session: Session, library: Library, today: date) -> list[PlanWithoutReview]:
    """Plans of the session's schools whose review does not run although its day is past: a person ended it, or it could not be opened."""
    definition = library.definitions[REVIEW][-1]
    return plans_without_review(session, today + LOOKS_AHEAD, today, lambda due: opens_on(definition, due))


def facts_of(plan: PlanToReview, today: date) -> Facts:
    """What the opener states of a yearly review: the plan's date, and the pupil as they will be on the day of the meeting."""
    meeting_about = max(today, plan.review_due_on - MEETING_BEFORE_DUE)
    in_year = year_group(plan.born_on, meeting_about)
    if plan.year_group is not None:
        in_year = plan.year_group + school_year(meeting_about) - school_year(today)
    return {
        "review_due_on": plan.review_due_on,
        "reason": "yearly",
        "year_group": in_year,
        "looked_after": plan.looked_after,
        "rights_held_by": "young_person" if is_young_person(plan.born_on, today) else "parent",
    }


def _open(parts: Parts, plan: PlanToReview, today: date) -> str:
    facts = facts_of(plan, today)
    definition = parts.library.for_new_case(REVIEW, today, facts)
    if today < opens_on(definition, plan.review_due_on):
        return ""
    asked = {name: value for name, value in facts.items() if name in definition.opens_with}
    # The day is in the key: what a person ended by hand is asked for again each morning, and answered with the case that they ended.
    key = uuid5(_KEYS, f"{REVIEW}/{plan.pupil_id}/{plan.review_due_on.isoformat()}/{today.isoformat()}")
    receipt = parts.ledger.open_cases(SWEEP, [Opening(key, REVIEW, plan.pupil_id, asked, today)])[0]
    return "" if receipt.repeated else receipt.case
