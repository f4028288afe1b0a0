"""How each row of `vectors.csv` is brought about in a process: what the opener states, what is recorded, and whose date is then read.

A new process adds its rows to `WAYS`; `Day(n)` is the row's event date and n days. Everything is recorded by the SENCO on one day, the last of
all: a date of law runs from its facts, never from the day on which somebody typed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

DIARY = "the next review in the plan's diary"


@dataclass(frozen=True)
class Day:
    """The row's event date and so many days."""

    plus: int = 0

    def of(self, event: date) -> date:
        """The day itself."""
        return event + timedelta(days=self.plus)


@dataclass(frozen=True)
class Done:
    """One step recorded, with its facts; `on` where the rules want another day than the last one."""

    step: str
    outcome: str = "done"
    facts: Mapping[str, Any] = field(default_factory=dict)
    on: Day | None = None


@dataclass(frozen=True)
class Way:
    """From an opening (on the day `opened`) to the date of `due`: a step, or DIARY. `off`: days by which we differ from the source, and `why`."""

    process: str
    opens: Mapping[str, Any]
    done: tuple[Done, ...]
    due: str
    opened: Day = Day()
    off: int = 0
    why: str = ""


def _review(due: str, meeting: Day, *done: Done, off: int = 0, why: str = "") -> Way:
    """An annual review whose meeting is on that day, agreed six weeks before."""
    opens = {"review_due_on": Day(meeting.plus + 40), "reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
    agreed = Done("agree_meeting_date", facts={"meeting_on": meeting}, on=Day(meeting.plus - 42))
    return Way("annual_review", opens, (agreed, *done), due, Day(meeting.plus - 60), off, why)


def _decided(outcome: str, **facts: Any) -> tuple[Done, Done]:
    """The meeting was held three weeks before the row's day, and the council has decided."""
    return Done("hold_meeting", on=Day(-21)), Done("la_decision", outcome, facts)


def _assessment(due: str, received: Day, *done: Done, off: int = 0, why: str = "") -> Way:
    """An EHC needs assessment that the parents asked for, received on that day."""
    opens = {"asked_by": "parent", "year_group": 4, "rights_held_by": "parent"}
    return Way(
        "ehc_needs_assessment",
        opens,
        (Done("la_confirms_receipt", facts={"request_received_on": received}), *done),
        due,
        Day(received.plus),
        off,
        why,
    )


def _reassessment(due: str, received: Day, *done: Done) -> Way:
    """A re-assessment that the parents asked for, received on that day."""
    opens = {"asked_by": "parent", "last_assessed_on": Day(received.plus - 600), "year_group": 4, "rights_held_by": "parent"}
    return Way("reassessment", opens, (Done("la_confirms_receipt", facts={"request_received_on": received}), *done), due, Day(received.plus))


def _moves(due: str, moves_on: date, reviewed: date, *done: Done, opened: Day = Day()) -> Way:
    opens = {"moves_on": moves_on, "last_reviewed_on": reviewed, "rights_held_by": "parent"}
    return Way("plan_moves_authority", opens, done, due, opened)


ADVICE = Way("advice_request", {"advice_asked_on": Day(), "year_group": 4, "rights_held_by": "parent"}, (), "send_advice")
WILL_REASSESS = Done("la_decides_to_reassess", "reassess", {"reassessing_from_on": Day()})
TRANSFERRED = (
    Done("tell_old_la", facts={"old_la_knew_on": Day(-30)}),
    Done("ask_whether_pupil_stays", "stays"),
    Done("la_transfers_plan", facts={"transferred_on": Day()}),
)
SEPTEMBER, JANUARY, OCTOBER = date(2026, 9, 1), date(2026, 1, 15), date(2025, 10, 10)
DRAFT = (
    Done("la_decides_to_assess", "assess"),
    Done("la_decides_on_plan", "plan"),
    Done("la_sends_draft", facts={"draft_served_on": Day()}),
)
COUNTED_IN = "the source counts the day of receipt in; the Ombudsman otherwise, and we, leave it out (docs/law.md section 5)"
STARTING_WITH = "IPSEA says within twelve months of; the Act starting with, a day earlier, to which we work"

WAYS: Mapping[str, Way] = {
    "assessment-1": _assessment("la_decides_on_plan", Day()),
    "assessment-5": _assessment("la_decides_on_plan", Day()),
    "assessment-6": _assessment("la_makes_plan", Day()),
    "assessment-7": _assessment("la_decides_on_plan", Day(), off=1, why=COUNTED_IN),
    "read-16": _assessment("la_decides_to_assess", Day()),
    "read-10": _assessment("parents_views_on_draft", Day(-119), *DRAFT),
    "review-1": _review("la_decision", Day()),
    "read-3": _review(DIARY, Day(-21), *_decided("maintain", decision_on=Day()), off=-1, why=STARTING_WITH),
    "read-4": _review(DIARY, Day(-21), *_decided("maintain", decision_on=Day())),
    "read-11": _review("views_on_amendments", Day(-21), *_decided("amend", decision_on=Day(-1), notice_sent_on=Day(-1), notice_served_on=Day())),
    "read-12": _review("la_sends_amended_plan", Day(-21), *_decided("amend", decision_on=Day(), notice_sent_on=Day(), notice_served_on=Day())),
    "read-15": _review("send_invitations", Day()),
    "read-17": _review("send_report", Day()),
    "reassess-1": _reassessment("la_decides_to_reassess", Day()),
    "reassess-2": _reassessment("la_makes_plan", Day(-10), WILL_REASSESS),
    "reassess-3": _reassessment("la_decides_to_amend", Day(-10), WILL_REASSESS),
    "reassess-4": _reassessment(
        "parents_views_on_draft",
        Day(-90),
        Done("la_decides_to_reassess", "reassess", {"reassessing_from_on": Day(-80)}),
        Done("la_decides_to_amend", "amend"),
        Done("la_sends_draft", facts={"draft_served_on": Day()}),
    ),
    "advice-1": ADVICE,
    "advice-2": ADVICE,
    "moves-1": _moves("la_transfers_plan", SEPTEMBER, JANUARY, Done("tell_old_la", facts={"old_la_knew_on": Day()})),
    "moves-2": _moves("la_transfers_plan", SEPTEMBER, JANUARY, Done("tell_old_la", facts={"old_la_knew_on": Day()})),
    "moves-3": _moves("new_la_writes_to_family", SEPTEMBER, JANUARY, *TRANSFERRED, opened=Day(-30)),
    "moves-4": _moves("la_reviews_plan", SEPTEMBER, JANUARY, *TRANSFERRED, opened=Day(-30)),
    "moves-5": _moves("la_reviews_plan", SEPTEMBER, OCTOBER, *TRANSFERRED, opened=Day(-30)),
}

# Processes whose rows have a file of their own, because what answers them is more than one date in the ledger.
ELSEWHERE = {"phase_transfer": "test_vectors_phase_transfer.py", "tribunal_appeal": "test_vectors_appeals.py"}
