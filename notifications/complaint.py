"""What the letters of a formal complaint to a local authority say beside the step and its date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from db.complaints_to_la import FOR_FAMILY, TO_LA, reminded
from db.la_profile.routing import la_routes
from db.models import Delivery, Person, StepRow


def is_answered(session: Session, delivery: Delivery) -> bool:
    """Whether `delivery` is a letter of a complaint whose step was done, or its case ended, before it left: nobody is told then (scheduler)."""
    if delivery.template not in (TO_LA, FOR_FAMILY):
        return False
    row = session.get(StepRow, (delivery.case_id, delivery.no))
    return row is None or row.closed_seq is not None


def complaint_values(session: Session, delivery: Delivery, details: Mapping[str, object], today: date) -> dict[str, object] | None:
    """Who approved the complaint, who at the authority should see it, on how many days it was reminded; None in every other letter (scheduler)."""
    if "approved_by" not in details:
        return None
    person = session.get_one(Person, int(str(details["approved_by"])))
    found = reminded(session, delivery)
    approved_by = f"{person.given_name} {person.family_name}"
    above = la_routes(session, [delivery.case_id], today).highest(delivery.case_id)
    attention = ", ".join(part for one in above for part in (one.name, one.why) if part)
    return {"approved_by": approved_by, "attention": attention, "times": found.times, "first_on": found.first_on, "last_on": found.last_on}
