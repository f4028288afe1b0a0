"""What somebody outside said of a step that they owe: chasing them waits until the day that they named, and then asks once. Dates stay.

It waits for whoever owes the step and for nobody else: an LA's manager to whom a breach rises hears of it, and what was said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.held import FAMILY
from db.models import Delivery

SAID = "said"  # the moment of both messages below
PASSED = "ladders/said_passed"  # to who owes the step, after the day; laid aside when the step is decided by then
FOR_US = "ladders/said_for_us"
CAME = "ladders/plan_came"  # in place of PASSED, at once, to the LA that the plan moved to: it has named no day
Instance = tuple[int, str, str, int | None, str]  # case, step, party, round, and the role that owes it
_STANDING = text("""
    SELECT case_id, step, party, round, to_role FROM deliveries
    WHERE state = 'held' AND template = :passed AND owed_on > :today AND case_id = ANY (:cases)
""")
_LAY_ASIDE = text("""
    UPDATE deliveries SET state = 'superseded', settled_at = now()
    WHERE state = 'held' AND case_id = :case AND step = :step AND party = :party AND round IS NOT DISTINCT FROM :round AND to_role = :role
      AND (rung IS NOT NULL OR template = :passed) AND details NOT LIKE '%"raised_to"%'
""")
_WORD = text("""
    SELECT details FROM deliveries
    WHERE state = 'held' AND template = :passed AND owed_on > :today
      AND case_id = :case AND step = :step AND party = :party AND round IS NOT DISTINCT FROM :round AND to_role = :role
    ORDER BY id DESC LIMIT 1
""")
_ANOTHERS_WORD = text("""
    UPDATE deliveries d SET template = :came, owed_on = LEAST(d.owed_on, :today), details = (d.details::jsonb - 'said')::text
    FROM cases c WHERE c.id = d.case_id AND c.pupil_id = ANY (:pupils) AND d.state = 'held' AND d.template = :passed AND d.to_role = 'la'
""")


def reminds(rung: int | None, template: str) -> bool:
    """Whether a message chases; else it tells something new."""
    return rung is not None or template in (PASSED, CAME)


def told_of_it(said: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Who is told of what was said (`db/acts/messages.py`): whoever owes the step is asked on the day after the one that they named, our SENCO
    hears at once. As the fields of an owed message."""
    until = date.fromisoformat(said["until"])
    about = {"moment": SAID, **{name: said[name] for name in ("step", "party", "round", "no")}}
    about["due_on"] = date.fromisoformat(said["due_on"]) if said["due_on"] else None
    about["details"] = json.dumps({"said": {"word": said["word"], "until": said["until"]}}, sort_keys=True)
    if said["to"] not in FAMILY:  # a family owes nothing, and is not asked why
        yield {**about, "template": PASSED, "to": said["to"], "not_before": until + timedelta(days=1)}
    yield {**about, "template": FOR_US, "to": "senco"}


def at_rest(session: Session, cases: Iterable[int], today: date) -> frozenset[Instance]:
    """The steps of these cases whose owners named a day that has not passed: their own reminders wait. Others are told as ever."""
    found = session.execute(_STANDING, {"passed": PASSED, "today": today, "cases": sorted(set(cases))})
    return frozenset((row.case_id, row.step, row.party, row.round, row.to_role) for row in found)


def lay_aside_reminders(session: Session, instance: Instance) -> None:
    """What is held to remind the step's owner is not needed: they have just said when it will be done. A breach that rises is no reminder."""
    session.execute(_LAY_ASIDE, {**_named(instance), "passed": PASSED})


def word_of(session: Session, delivery: Delivery, today: date, owner: str = "") -> str:
    """What was last said of the step that `delivery` is about, if its day has not passed: the details of the message that asks again; or empty.
    `owner`: the role that owes the step, where the delivery is to another."""
    about = _named((delivery.case_id, delivery.step, delivery.party, delivery.round, owner or delivery.to_role))
    return session.scalar(_WORD, {**about, "passed": PASSED, "today": today}) or ""


def not_the_new_las_word(session: Session, pupils: Iterable[int], today: date) -> None:
    """The plans of these pupils are another LA's since `today`: the day that the LA before it named binds nobody any more, so what was to ask it
    again asks the new LA with its next list, and the step's reminders go on (SEND Regs 2014 reg 15(3): the plan is as if the new LA had made it)."""
    session.execute(_ANOTHERS_WORD, {"came": CAME, "passed": PASSED, "today": today, "pupils": sorted(pupils)})


def _named(instance: Instance) -> dict[str, object]:
    return dict(zip(("case", "step", "party", "round", "role"), instance, strict=True))
