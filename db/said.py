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
      AND (rung IS NOT NULL OR template IN (:passed, :came)) AND details NOT LIKE '%"raised_to"%'
""")
_WORD = text("""
    SELECT details FROM deliveries
    WHERE state = 'held' AND template = :passed AND owed_on > :today
      AND case_id = :case AND step = :step AND party = :party AND round IS NOT DISTINCT FROM :round
    ORDER BY id DESC LIMIT 1
""")
# What is said and what reminds may be spread by two at once, of whom neither sees what the other has spread.
_OVERTAKEN = text("""
    UPDATE deliveries d SET state = 'superseded', settled_at = now() FROM deliveries w
    WHERE w.state = 'held' AND w.template = :passed AND d.state = 'held' AND d.case_id = w.case_id AND d.step = w.step AND d.party = w.party
      AND d.round IS NOT DISTINCT FROM w.round AND d.to_role = w.to_role
      AND (d.template IN (:passed, :came) AND d.seq < w.seq
           OR d.rung IS NOT NULL AND w.owed_on > :today AND d.details NOT LIKE '%"raised_to"%')
""")
# Words that wait to be spread come first: whoever spreads one now is waited for, and what it has spread is found by the second statement.
_ANOTHERS_WORD_TO_COME = text("""
    UPDATE outbox o SET messages = jsonb_set(o.messages::jsonb, '{said,of_another}', 'true')::text
    FROM cases c WHERE c.id = o.case_id AND c.pupil_id = ANY (:pupils) AND o.messages LIKE '%"said":%' AND o.messages::jsonb -> 'said' ->> 'to' = 'la'
""")
_ANOTHERS_WORD = text("""
    UPDATE deliveries d SET template = :came, owed_on = LEAST(d.owed_on, :today), details = (d.details::jsonb - 'said')::text, state = 'held',
        mailing_id = NULL
    FROM cases c WHERE c.id = d.case_id AND c.pupil_id = ANY (:pupils) AND d.template = :passed AND d.to_role = 'la'
      AND (d.state = 'held' OR d.state = 'listed' AND d.mailing_id IN (SELECT id FROM mailings WHERE state = 'owed' AND NOT may_be_twice))
""")


def reminds(rung: int | None, template: str) -> bool:
    """Whether a message chases; else it tells something new."""
    return rung is not None or template in (PASSED, CAME)


def told_of_it(said: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Who is told of what was said (`db/acts/messages.py`): whoever owes the step is asked on the day after the one that they named, our SENCO
    hears at once. As the fields of an owed message. The word of an LA that keeps the plan no more (`not_the_new_las_word`) asks the new one."""
    until = date.fromisoformat(said["until"])
    about = {"moment": SAID, **{name: said[name] for name in ("step", "party", "round", "no")}}
    about["due_on"] = date.fromisoformat(said["due_on"]) if said["due_on"] else None
    about["details"] = json.dumps({"said": {"word": said["word"], "until": said["until"]}}, sort_keys=True)
    if said.get("of_another"):
        yield {**about, "template": CAME, "to": said["to"], "details": "{}"}
    elif said["to"] not in FAMILY:  # a family owes nothing, and is not asked why
        yield {**about, "template": PASSED, "to": said["to"], "not_before": until + timedelta(days=1)}
    yield {**about, "template": FOR_US, "to": "senco"}


def at_rest(session: Session, cases: Iterable[int], today: date) -> frozenset[Instance]:
    """The steps of these cases whose owners named a day that has not passed: their own reminders wait. Others are told as ever."""
    found = session.execute(_STANDING, {"passed": PASSED, "today": today, "cases": sorted(set(cases))})
    return frozenset((row.case_id, row.step, row.party, row.round, row.to_role) for row in found)


def lay_aside_reminders(session: Session, instance: Instance) -> None:
    """What is held to remind the step's owner is not needed: they have just said when it will be done. A breach that rises is no reminder."""
    session.execute(_LAY_ASIDE, {**_named(instance), "passed": PASSED, "came": CAME})


def lay_aside_overtaken(session: Session, today: date) -> None:
    """Reminders that are held though their readers named a day, and what was to ask about a day in whose place they have named another since."""
    session.execute(_OVERTAKEN, {"passed": PASSED, "came": CAME, "today": today})


def word_of(session: Session, delivery: Delivery, today: date) -> str:
    """What its owner last said of the step that `delivery` is about, if its day has not passed: details of the message that asks again, or empty."""
    about = {"case": delivery.case_id, "step": delivery.step, "party": delivery.party, "round": delivery.round}
    return session.scalar(_WORD, {**about, "passed": PASSED, "today": today}) or ""


def not_the_new_las_word(session: Session, pupils: Iterable[int], today: date) -> None:
    """The plans of these pupils are another LA's since `today`: the day that the LA before it named, spread or not, binds nobody any more. What was
    to ask it again asks the new LA with its next list, and the step's reminders go on (SEND Regs 2014 reg 15(3): the plan is as if the new LA had
    made it)."""
    session.execute(_ANOTHERS_WORD_TO_COME, {"pupils": sorted(pupils)})
    session.execute(_ANOTHERS_WORD, {"came": CAME, "passed": PASSED, "today": today, "pupils": sorted(pupils)})


def _named(instance: Instance) -> dict[str, object]:
    return dict(zip(("case", "step", "party", "round", "role"), instance, strict=True))
