"""Reviews and transfers whose LA keeps its time, misses it, or says nothing: what the LA ledger's tests read."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from db.engine import Engines
from db.ledger import Ledger
from db.models import Plan, Pupil
from rules.loader import load_library
from tests.db.ledger_story import Village, village

REVIEW: dict[str, Any] = {
    "review_due_on": date(2026, 12, 18),
    "reason": "yearly",
    "year_group": 5,
    "looked_after": False,
    "rights_held_by": "parent",
}


def shipped_village(engines: Engines, urn: str = "900001", today: date = date(2027, 3, 1)) -> Village:
    """A village on the shipped texts, at a day after all that is told here."""
    made = village(engines, urn)
    made.clock.today_is = today
    made.ledger = Ledger(engines, made.clock, load_library())
    return made


def pupil_with_plan(place: Village, given: str, family: str, upn: str | None = None) -> int:
    """A new pupil for whom the village's LA keeps a plan."""
    pupil_id = place.pupil(given, family)
    with place.engines.scheduler() as session:
        session.get_one(Pupil, pupil_id).upn = upn
        session.add(
            Plan(
                pupil_id=pupil_id,
                school_id=place.school_id,
                authority_id=place.authority_id,
                la_reference=f"LA/{pupil_id}",
                issued_on=date(2024, 1, 8),
                review_due_on=date(2026, 12, 18),
            )
        )
    return pupil_id


def reviewed(place: Village, pupil_id: int, *, meeting_on: str = "2026-11-05", held: bool = True, **facts: Any) -> str:
    """A review up to its meeting, held or only agreed; its reference. The LA's four weeks of 5 November end on 3 December."""
    case = place.open(pupil_id=pupil_id, **{**REVIEW, **facts}).case
    place.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=date.fromisoformat(meeting_on))
    place.ledger.decide(place.software, key=uuid4(), case=case, step="send_invitations", outcome="done", on=date(2026, 9, 21))
    if held:
        place.decide(case, "circulate_advice", "2026-10-20")
        place.decide(case, "hold_meeting", meeting_on)
    return case


def report_sent(place: Village, case: str, on: str) -> None:
    """All from the invitations to the report is recorded on that day, of a review whose meeting is agreed: the LA's decision is open."""
    place.ledger.decide(place.software, key=uuid4(), case=case, step="send_invitations", outcome="done", on=date.fromisoformat(on))
    place.decide(case, "circulate_advice", on)
    place.decide(case, "hold_meeting", on)
    place.decide(case, "check_sections", on, "complete")
    place.decide(case, "write_report", on, recommendation="maintain")
    place.decide(case, "approve_report", on, "approved", by=place.head)
    place.ledger.decide(place.software, key=uuid4(), case=case, step="send_report", outcome="done", on=date.fromisoformat(on))


def transfer_explained(place: Village) -> str:
    """A change of phase whose next school the LA may name although its review still runs; its reference."""
    facts: dict[str, Any] = {
        "phase": "primary_to_secondary", "transfer_on": date(2027, 9, 1), "review_due_on": date(2026, 12, 20), "year_group": 6,
        "looked_after": False, "rights_held_by": "parent", "ordinary_review": "none",
    }  # fmt: skip
    pupil = pupil_with_plan(place, "Eve", "East")
    opened = place.ledger.open_case(place.senco, key=uuid4(), process="phase_transfer", pupil_id=pupil, facts=facts, on=date(2026, 9, 8))
    place.decide(opened.case, "explain_transfer", "2026-09-10")
    return opened.case


def decided(place: Village, case: str, letter_on: str, outcome: str = "maintain", recorded_on: str = "", **facts: Any) -> None:
    """The LA's decision, with the date on its letter; recorded by the SENCO on that day or later."""
    place.decide(case, "la_decision", recorded_on or letter_on, outcome, decision_on=date.fromisoformat(letter_on), **facts)
