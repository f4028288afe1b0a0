"""Who hears of a formal complaint to a local authority that somebody has approved: the authority, the family, and our own people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.models import Delivery
from rules.refusals import refuse

COMPLAINED = "complained"  # the moment of all three
TO_LA = "ladders/la_complaint"
FOR_US = "ladders/la_complaint_for_us"
FOR_FAMILY = "ladders/la_complaint_for_family"
OURS = ("senco", "headteacher", "trust_send_lead")
# Of the reminders of that step and round those that surely left, alone or as a line of a list. A plan may have moved: what another authority was
# asked, or its people, nobody has asked this one.
_REMINDED = text("""
    SELECT count(DISTINCT day) AS times, min(day) AS first_on, max(day) AS last_on FROM (
        SELECT COALESCE(m.sent_for, d.owed_on) AS day
        FROM deliveries d LEFT JOIN mailings m ON m.id = d.mailing_id LEFT JOIN persons p ON p.id = d.person_id
        JOIN cases c ON c.id = d.case_id JOIN schools o ON o.id = c.school_id LEFT JOIN pupils u ON u.id = c.pupil_id
        JOIN authorities a ON a.id = COALESCE(u.authority_id, o.authority_id)
        WHERE d.case_id = :case AND d.step = :step AND d.party = :party AND d.round IS NOT DISTINCT FROM :round AND d.to_role = 'la'
          AND d.rung IS NOT NULL AND COALESCE(m.state, d.state) IN ('accepted', 'delivered')
          AND COALESCE(d.authority_id, a.id) = a.id AND (p.external_id LIKE 'la:' || a.code || ':%' OR p.external_id LIKE 'la:%' IS NOT TRUE)
    ) AS sent
""")
# In a plan that moves, `la` is whichever authority the pupil's record shows, and one step is the old one's. That the record shows the new one by now
# is known by who was asked for that step before; else by the person who has seen it.
MOVES, OLDS, SEEN = "plan_moves_authority", "la_transfers_plan", "note_new_la"
_SHOWS_THE_NEW = text("""
    SELECT EXISTS (SELECT FROM steps s WHERE s.case_id = c.id AND s.step = :seen AND s.outcome = 'done') OR EXISTS (
        SELECT FROM deliveries d LEFT JOIN persons p ON p.id = d.person_id JOIN pupils u ON u.id = c.pupil_id
        JOIN schools o ON o.id = c.school_id JOIN authorities a ON a.id = COALESCE(u.authority_id, o.authority_id)
        WHERE d.case_id = c.id AND d.step = :olds AND d.to_role = 'la'
          AND (d.authority_id <> a.id OR p.external_id LIKE 'la:%' AND p.external_id NOT LIKE 'la:' || a.code || ':%'))
    FROM cases c WHERE c.ref = :ref
""")
# An authority that has got the plan since is not the one that somebody has complained to.
_STILL_LATE = """EXISTS (
    SELECT FROM steps s JOIN cases c ON c.id = s.case_id JOIN schools o ON o.id = c.school_id LEFT JOIN pupils u ON u.id = c.pupil_id
     WHERE s.case_id = d.case_id AND s.step = d.step AND s.party = d.party AND s.round = d.round AND s.closed_seq IS NULL
       AND s.status = 'open' AND s.due_on < :today AND (s.lifted = '' OR s.lifted_review_on < :today)
       AND COALESCE(u.authority_id, o.authority_id) IS NOT DISTINCT FROM CAST(CAST(d.details AS jsonb) ->> 'authority' AS int))"""
_HAS_CAUSE = text(f"SELECT {_STILL_LATE} FROM deliveries d WHERE d.id = :id")  # noqa: S608  our own columns
# Only where the letter itself has not left, and never may: else our own people must hear of it.
_LAY_ASIDE = text(f"""
    UPDATE deliveries d SET state = 'superseded', settled_at = now() WHERE d.state = 'held' AND d.template = :for_us AND NOT {_STILL_LATE}
       AND NOT EXISTS (SELECT FROM deliveries l WHERE l.case_id = d.case_id AND l.seq = d.seq AND l.template = :to_la
                          AND (l.may_be_twice OR l.state NOT IN ('owed', 'claimed', 'superseded')))
""")  # noqa: S608
_MADE = text("""
    SELECT e.content::jsonb #>> '{event,on}' AS made_on FROM events e JOIN cases c ON c.id = e.case_id
    WHERE c.ref = :ref AND e.kind = 'complain' AND e.content::jsonb #>> '{event,step}' = :step
      AND COALESCE(e.content::jsonb #>> '{event,party}', '') = :party ORDER BY e.seq DESC LIMIT 1
""")


def told_of_complaint(said: Mapping[str, Any], authority_id: int | None) -> Iterable[dict[str, Any]]:
    """As the fields of owed messages, from what the act wrote (`db/acts/messages.py`). `authority_id`: whose the case is, and so who is meant."""
    about = {"moment": COMPLAINED, **{name: said[name] for name in ("step", "party", "round", "no")}}
    about["details"] = json.dumps({"approved_by": said["by"], "authority": authority_id}, sort_keys=True)
    due_on = date.fromisoformat(said["due_on"])
    yield {**about, "template": TO_LA, "to": "la", "due_on": due_on}
    yield {**about, "template": FOR_FAMILY, "to": said["family"], "due_on": due_on}
    for role in OURS:  # without the day: what is past would be told at once, and this can wait for the morning
        yield {**about, "template": FOR_US, "to": role}


def reminded(session: Session, delivery: Delivery) -> Any:
    """On how many days the authority was reminded of the step that `delivery` is about (`times`), and on which first and last; scheduler."""
    about = {"case": delivery.case_id, "step": delivery.step, "party": delivery.party, "round": delivery.round}
    return session.execute(_REMINDED, about).one()


def refuse_anothers(session: Session, ref: str, process: str, step: str) -> None:
    """The letter goes to the authority that the pupil's record shows, and to no other: of what another owes there is none. Raises Refused
    `no_cause`. Needs a scheduler session."""
    if process != MOVES:
        return
    shows_the_new = bool(session.scalar(_SHOWS_THE_NEW, {"ref": ref, "olds": OLDS, "seen": SEEN}))
    if step == OLDS and shows_the_new:
        refuse("no_cause", "This is the old local authority's, and the pupil's record shows the new one by now. Write to the old one yourself.")
    if step != OLDS and not shows_the_new:
        refuse("no_cause", "This is the new local authority's, and the pupil's record still shows the old one. Import the plan with the new one.")


def has_cause(session: Session, delivery: Delivery, today: date) -> bool:
    """Whether the step that a letter of a complaint is about is still late by law on that day, and the same authority's (scheduler)."""
    return bool(session.scalar(_HAS_CAUSE, {"id": delivery.id, "today": today}))


def lay_aside_unsaid(session: Session, today: date) -> None:
    """Our own people are not told in their mornings of a complaint whose letter is not sent: before it left there was no cause for it any more."""
    session.execute(_LAY_ASIDE, {"today": today, "for_us": FOR_US, "to_la": TO_LA})


def complained_on(session: Session, ref: str, step: str, party: str) -> date | None:
    """The day of the last formal complaint about that step; None: there is none."""
    found = session.scalar(_MADE, {"ref": ref, "step": step, "party": party})
    return date.fromisoformat(found) if found else None
