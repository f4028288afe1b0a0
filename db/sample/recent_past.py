"""The sample trust's recent past, played through the ledger: needs assessments at every stage, some of them late, and reviews whose day is agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from db.engine import Engines
from db.ledger import Actor, Ledger
from db.models import Case, Membership, Pupil, StepRow
from rules.values import Value

_KEYS = UUID("5e0a2f51-7a63-5c0c-9a51-0a5d6f0c7b10")
WEEKS_AGO = (1, 3, 5, 7, 8, 9, 11, 13, 15, 17, 18, 21)
"""How long ago the LA received each request; from the seventh week on some LAs are late."""


@dataclass(frozen=True, slots=True)
class Played:
    """One step of the story: when after the LA's receipt, who records it, and what."""

    week: float
    step: str
    outcome: str = "done"
    party: str = ""
    role: str = "senco"
    dates: Mapping[str, float] = field(default_factory=dict)  # date facts, in weeks after the receipt


STORY = (
    Played(0.2, "la_confirms_receipt", dates={"request_received_on": 0}),
    Played(0.6, "name_lead", role="headteacher"),
    Played(5.6, "la_decides_to_assess", "assess"),
    Played(6.2, "la_asks_for_advice", dates={"advice_asked_on": 6}),
    Played(9.0, "school_advice", "sent"),
    Played(9.5, "parents_advice", "given"),
    Played(10.2, "gather_advice", "given", "health"),
    Played(11.4, "gather_advice", "given", "social_care"),
    Played(12.0, "gather_advice", "given", "educational_psychologist"),
    Played(15.2, "la_decides_on_plan", "plan"),
    Played(16.8, "la_sends_draft", dates={"draft_served_on": 16.6}),
)
LATE_AFTER = {7: "la_confirms_receipt", 17: "gather_advice"}
"""By weeks ago: the LA did nothing after this step, so its next decision is late."""


def play_recent_past(engines: Engines, ledger: Ledger, today: date) -> int:
    """Open and advance one needs assessment for each of WEEKS_AGO, and agree the day of every third review. How many acts; done twice, none."""
    with engines.scheduler() as session:
        on_support = session.execute(
            select(Pupil.id, Pupil.school_id, Pupil.year_group).where(Pupil.sen_provision == "K").order_by(Pupil.id).limit(len(WEEKS_AGO) * 9)
        ).all()[:: 9]  # fmt: skip
        staff = {
            (school, role): Actor(person, frozenset({school}), "import")
            for person, school, role in session.execute(select(Membership.person_id, Membership.school_id, Membership.role))
        }
        to_agree = select(Case.ref, Case.school_id).join(StepRow, StepRow.case_id == Case.id)
        to_agree = to_agree.where(StepRow.step == "agree_meeting_date", StepRow.status == "open", StepRow.closed_seq.is_(None)).order_by(Case.id)
        reviews = session.execute(to_agree).all()[::3]
    acts = 0
    for (pupil, school, year), weeks in zip(on_support, WEEKS_AGO, strict=False):
        acts += _assessment(ledger, staff, pupil, school, year, today - timedelta(weeks=weeks), weeks)
    for ref, school in reviews:
        acts += _agree_meeting(ledger, staff[school, "senco"], ref, today)
    return acts


def _assessment(ledger: Ledger, staff: Mapping[tuple[int, str], Actor], pupil: int, school: int, year: int | None, received: date, weeks: int) -> int:
    key = uuid5(_KEYS, f"{pupil}")
    facts: dict[str, Value] = {"asked_by": "parent", "year_group": year or 0, "rights_held_by": "parent"}
    opened = ledger.open_case(staff[school, "senco"], key=key, process="ehc_needs_assessment", pupil_id=pupil, facts=facts, on=received)
    if opened.repeated:
        return 0
    acts = 1
    for played in STORY:
        if played.week >= weeks:
            break
        given: dict[str, Value] = {name: received + timedelta(weeks=after) for name, after in played.dates.items()}
        ledger.decide(
            staff[school, played.role], key=uuid5(key, played.step + played.party), case=opened.case, step=played.step, party=played.party,
            outcome=played.outcome, facts=given, on=received + timedelta(weeks=played.week),
        )  # fmt: skip
        acts += 1
        if LATE_AFTER.get(weeks) == played.step and played.party in ("", "educational_psychologist"):
            break
    return acts


def _agree_meeting(ledger: Ledger, senco: Actor, ref: str, today: date) -> int:
    day = today + timedelta(days=36)
    meeting_on = day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
    receipt = ledger.decide(senco, key=uuid5(_KEYS, ref), case=ref, step="agree_meeting_date", facts={"meeting_on": meeting_on}, on=today)
    return 0 if receipt.repeated else 1
