"""What the letters of a formal complaint to a local authority say beside the step and its date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from db.complaints_to_la import FOR_FAMILY, TO_LA, has_cause, reminded
from db.la_profile.routing import la_routes
from db.models import Delivery, Person


def is_void(session: Session, delivery: Delivery, today: date) -> bool:
    """Whether `delivery` is a letter of a complaint for which there is no cause any more: before it left the step was done, or the case ended, or its
    date was put right or lifted. Nobody is told then (scheduler)."""
    return delivery.template in (TO_LA, FOR_FAMILY) and not has_cause(session, delivery, today)


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
