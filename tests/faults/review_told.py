"""What the clients of the ten minutes do with a case: one review told to its end by calls of the ledger, and one on pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from rules.values import Value

INVITED = ("parent", "pupil", "school", "la", "health", "social_care")
FACTS: dict[str, Value] = {
    "review_due_on": date(2026, 12, 18),
    "reason": "yearly",
    "year_group": 5,
    "looked_after": False,
    "rights_held_by": "parent",
}
OPENED_ON = date(2026, 9, 10)


@dataclass(frozen=True)
class Told:
    """One act on a case. `kind`: decide, correct (then `step` is the fact) or end (then `step` is the interrupt)."""

    kind: str
    step: str
    outcome: str = "done"
    party: str = ""
    role: str = "senco"
    facts: Mapping[str, Value] = field(default_factory=dict)
    on: date = OPENED_ON


def _day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


_AGREED = Told("decide", "agree_meeting_date", facts={"meeting_on": _day("11-05")}, on=_day("09-20"))
_MOVED = Told("correct", "meeting_on", facts={"meeting_on": _day("11-06")}, on=_day("09-22"))
_ADVICE = tuple(Told("decide", "gather_advice", "given", party, on=_day("10-12")) for party in INVITED)
_SENT_ROUND = Told("decide", "circulate_advice", on=_day("10-20"))

WHOLE_REVIEW = (
    _AGREED,
    _MOVED,
    *_ADVICE,
    _SENT_ROUND,
    Told("decide", "hold_meeting", on=_day("11-06")),
    Told("decide", "check_sections", "complete", on=_day("11-06")),
    Told("decide", "write_report", facts={"recommendation": "maintain"}, on=_day("11-10")),
    Told("decide", "approve_report", "approved", role="headteacher", on=_day("11-12")),
    Told("decide", "la_decision", "maintain", facts={"decision_on": _day("11-20")}, on=_day("11-23")),
    Told("decide", "explain_right_of_appeal", on=_day("11-24")),
)
"""After it the case ends by itself: software puts the next review into the diary."""

ON_PAGES = (
    Told("decide", "agree_meeting_date", facts={"meeting_on": date(2027, 1, 5)}, on=_day("11-24")),
    Told("decide", "offer_advocate", "none_wanted", on=_day("11-24")),
    Told("correct", "meeting_on", facts={"meeting_on": date(2027, 1, 6)}),
    Told("decide", "prepare_the_room", on=_day("11-24")),
    *(Told("decide", "gather_advice", "given", party, on=_day("11-24")) for party in INVITED[:3]),
    Told("end", "moved_away"),
)
