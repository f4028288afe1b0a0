"""Who hears of a formal complaint to a local authority that somebody has approved: the authority, the family, and our own people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.models import Delivery

COMPLAINED = "complained"  # the moment of all three
TO_LA = "ladders/la_complaint"
FOR_US = "ladders/la_complaint_for_us"
FOR_FAMILY = "ladders/la_complaint_for_family"
OURS = ("senco", "headteacher", "trust_send_lead")
# Of the reminders of that step and round those that surely left, alone or as a line of a list.
_REMINDED = text("""
    SELECT count(DISTINCT day) AS times, min(day) AS first_on, max(day) AS last_on FROM (
        SELECT COALESCE(m.sent_for, d.owed_on) AS day
        FROM deliveries d LEFT JOIN mailings m ON m.id = d.mailing_id
        WHERE d.case_id = :case AND d.step = :step AND d.party = :party AND d.round IS NOT DISTINCT FROM :round AND d.to_role = 'la'
          AND d.rung IS NOT NULL AND COALESCE(m.state, d.state) IN ('accepted', 'delivered')
    ) AS sent
""")
_MADE = text("""
    SELECT e.content::jsonb #>> '{event,on}' AS made_on FROM events e JOIN cases c ON c.id = e.case_id
    WHERE c.ref = :ref AND e.kind = 'complain' AND e.content::jsonb #>> '{event,step}' = :step
      AND COALESCE(e.content::jsonb #>> '{event,party}', '') = :party ORDER BY e.seq DESC LIMIT 1
""")


def told_of_complaint(said: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """As the fields of owed messages, from what the act wrote (`db/acts/messages.py`)."""
    about = {"moment": COMPLAINED, **{name: said[name] for name in ("step", "party", "round", "no")}}
    about["details"] = json.dumps({"approved_by": said["by"]})
    due_on = date.fromisoformat(said["due_on"])
    yield {**about, "template": TO_LA, "to": "la", "due_on": due_on}
    yield {**about, "template": FOR_FAMILY, "to": said["family"], "due_on": due_on}
    for role in OURS:  # without the day: what is past would be told at once, and this can wait for the morning
        yield {**about, "template": FOR_US, "to": role}


def reminded(session: Session, delivery: Delivery) -> Any:
    """On how many days the authority was reminded of the step that `delivery` is about (`times`), and on which first and last; scheduler."""
    about = {"case": delivery.case_id, "step": delivery.step, "party": delivery.party, "round": delivery.round}
    return session.execute(_REMINDED, about).one()


def complained_on(session: Session, ref: str, step: str, party: str) -> date | None:
    """The day of the last formal complaint about that step; None: there is none."""
    found = session.scalar(_MADE, {"ref": ref, "step": step, "party": party})
    return date.fromisoformat(found) if found else None
