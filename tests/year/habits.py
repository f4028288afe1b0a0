"""How the people of the year behave: who is late how often, what they decide. Figures of England where there are some (`shared/field.md`).

The rest is ours: chosen so that every rung of every ladder comes to be fired somewhere, and lateness is the normal case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FAMILY = frozenset({"parent", "pupil", "young_person"})
STAFF = frozenset({"senco", "headteacher", "teacher", "trust_send_lead", "ceo", "school", "plan_reader", "panel_chair", "panel_member"})


@dataclass(frozen=True, slots=True)
class Habit:
    """`in_time`: the share done by its date; `never`: the share that nobody does this year; the rest is late by `late_days` on average."""

    in_time: float
    never: float
    late_days: float


OURS = Habit(0.85, 0.02, 5)
HEADS = Habit(0.75, 0.02, 6)
COUNCIL = Habit(0.55, 0.06, 30)
FAMILIES = Habit(0.60, 0.30, 7)
OTHERS = Habit(0.65, 0.10, 14)
# England: 47.4% of reviews held are decided within four weeks of the meeting; 46.4% of new plans come within 20 weeks (DfE, SEN2 2025).
OF_STEP: Mapping[tuple[str, str], Habit] = {
    ("annual_review", "la_decision"): Habit(0.474, 0.05, 35),
    ("annual_review", "la_sends_amended_plan"): Habit(0.474, 0.08, 40),
    ("ehc_needs_assessment", "la_makes_plan"): Habit(0.464, 0.05, 45),
}
# England: 57% of reviews decided amend, 38% maintain; 25.2% of requests are refused.
OUTCOMES: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("annual_review", "la_decision"): {"amend": 0.57, "maintain": 0.38, "cease": 0.05},
    ("ehc_needs_assessment", "la_decides_to_assess"): {"assess": 0.748, "refuse": 0.252},
}
FIRST_WORD = 0.8  # of an outcome that has no figures: the first of the list, as a rule the one that goes on
# How many a year are asked for by hand, by process: of 3,000 pupils. The others open by themselves, or by a decision in another case.
OPENED_BY_HAND: Mapping[str, int] = {
    "ehc_needs_assessment": 45, "complaint": 12, "sen_support": 40, "plan_consultation": 20, "admission_application": 6, "advice_request": 15,
    "admission_of_named_pupil": 8, "cease_consultation": 4, "reassessment": 4, "plan_moves_authority": 4, "discrimination_claim": 2, "mediation": 4,
}  # fmt: skip


def habit_of(process: str, step: str, owner: str) -> Habit:
    """How whoever owes this step behaves."""
    if (process, step) in OF_STEP:
        return OF_STEP[process, step]
    if owner in FAMILY:
        return FAMILIES
    if owner == "la":
        return COUNCIL
    return HEADS if owner == "headteacher" else OURS if owner in STAFF else OTHERS
