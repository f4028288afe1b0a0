"""The rows of `vectors.csv` about an appeal, through the process: a case opened with the row's dates, the date read from the ledger.

With them each limit that an order sets (reg 44), the same where the council does not oppose (reg 45), and what an agreement sets (reg 42).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from rules.due import DueDate
from rules.values import Facts
from tests.db.ledger_story import Village, day
from tests.law.rows import BY_ID

LETTER, CERTIFICATE = "letter", "certificate"
# The row, and what its first day is. `appeal-2` tells the month before the Christmas rule (its note): with the rule it is the day of `read-7`.
APPEALS = [("appeal-1", LETTER), ("read-8", LETTER), ("read-9", LETTER), ("appeal-2", CERTIFICATE), ("read-7", CERTIFICATE)]
ORDERED, TOLD, AGREED = "2027-03-29", "2027-01-15", "2026-11-03"
# What is decided, how the council may give in to it, what may be agreed; then each step that follows and its weeks.
LIMITS = [
    ("order_assess", "will_assess", "agreed_to_assess", {"la_says_it_assesses": 2, "la_decides_on_plan": 10, "la_makes_plan_after_assessment": 14}),
    ("order_plan", "will_make_plan", "agreed_to_make_plan", {"la_sends_draft": 5, "la_makes_plan": 11}),
    ("order_amend", "will_amend", "agreed_to_amend", {"la_amends_plan": 5}),
    ("order_school", "will_name_school", "agreed_on_school", {"la_names_school": 2}),
    ("order_continue", "will_continue", "", {"la_continues": 0}),
]


def opened(place: Village, process: str, decision_on: str) -> str:
    facts: Facts = {"decision": "no_plan", "decision_on": day(decision_on), "rights_held_by": "parent"}
    return place.ledger.open_case(place.senco, key=uuid4(), process=process, pupil_id=place.pupil(), facts=facts, on=day(decision_on)).case


def decide(place: Village, case: str, on: str, step: str, outcome: str = "done", **facts: Any) -> None:
    typed = {name: day(value) if isinstance(value, str) else value for name, value in facts.items()}
    place.ledger.decide(place.senco, key=uuid4(), case=case, step=step, outcome=outcome, facts=typed, on=day(on))


def due(place: Village, case: str, step: str) -> date:
    found = place.ledger.position(case)[1].instance(step).due
    assert isinstance(found, DueDate), f"{step} has no date"
    return found.on


@pytest.mark.parametrize(("row", "first"), APPEALS)
def test_the_last_day_for_an_appeal(place: Village, row: str, first: str) -> None:
    told = BY_ID[row]
    days = re.findall(r"\d{4}-\d\d-\d\d", told["phrase"])
    case = opened(place, "tribunal_appeal", days[0] if first == LETTER else "2026-10-01")
    certificate = days[-1] if first == CERTIFICATE or len(days) > 1 else ""
    if certificate:
        decide(place, case, certificate, "note_certificate", "issued", certificate_issued_on=certificate)
    expected = date(2027, 1, 4) if row == "appeal-2" else date.fromisoformat(told["expected_deadline"])
    assert due(place, case, "family_appeals") == expected


def test_no_row_about_appeals_is_left_out() -> None:
    assert {row for row, told in BY_ID.items() if told["process"] == "tribunal_appeal"} == {row for row, _ in APPEALS}


@pytest.mark.parametrize(("letter", "expected"), [("2026-12-02", "2027-01-21"), ("2026-07-20", "2026-09-29")])
def test_the_councils_thirty_working_days_leave_out_august_and_christmas(place: Village, letter: str, expected: str) -> None:
    assert due(place, registered(place, letter), "la_response") == date.fromisoformat(expected)


def registered(place: Village, on: str) -> str:
    case = opened(place, "tribunal_appeal", on)
    decide(place, case, on, "family_appeals", "appealed", appealed_on=on)
    decide(place, case, on, "appeal_registered", la_received_on=on, evidence_due_on="2027-02-12", hearing_on="2027-03-18")
    return case


@pytest.mark.parametrize(("ordered", "conceded", "agreed", "steps"), LIMITS, ids=[one[0] for one in LIMITS])
def test_each_limit_of_an_order_a_concession_and_an_agreement(
    place: Village, ordered: str, conceded: str, agreed: str, steps: dict[str, int]
) -> None:
    by_order, given_in = registered(place, "2026-12-02"), registered(place, "2026-12-02")
    decide(place, by_order, ORDERED, "tribunal_decides", ordered, ordered_on=ORDERED)
    decide(place, given_in, TOLD, "la_response", conceded, conceded_on=TOLD)
    held = [(by_order, ORDERED), (given_in, TOLD)]
    if agreed:
        held.append((mediated(place, agreed), AGREED))
    for case, since in held:
        found = {step: (due(place, case, step) - day(since)).days for step in steps}
        assert found == {step: 7 * weeks for step, weeks in steps.items()}, since


def mediated(place: Village, agreed: str) -> str:
    case = opened(place, "mediation", "2026-10-01")
    decide(place, case, "2026-10-09", "contact_adviser", "mediate", told_adviser_on="2026-10-09", told_la_on="2026-10-09")
    decide(place, case, "2026-10-12", "la_arranges", "arranged", mediation_on=AGREED)
    decide(place, case, AGREED, "hold_mediation", agreed, mediation_ended_on=AGREED, agreement_on=AGREED, more_agreed=False)
    return case


def test_a_refused_assessment_opens_the_time_to_appeal(place: Village) -> None:
    facts: Facts = {"asked_by": "parent", "year_group": 4, "rights_held_by": "parent"}
    pupil, on = place.pupil(), day("2026-06-17")
    case = place.ledger.open_case(place.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=pupil, facts=facts, on=day("2026-05-06")).case
    decide(place, case, "2026-05-06", "la_confirms_receipt", request_received_on="2026-05-05")
    refused = place.ledger.decide(
        place.senco, key=uuid4(), case=case, step="la_decides_to_assess", outcome="refuse", facts={"decision_on": day("2026-06-15")}, on=on
    )
    (appeal,) = refused.also_opened
    assert due(place, appeal, "family_appeals") == date(2026, 9, 1), "15 August lies in August"
    assert dict(place.ledger.position(appeal)[1].facts)["decision"] == "refused_to_assess"
    by_hand = place.ledger.open_case(
        place.senco, key=uuid4(), process="tribunal_appeal", pupil_id=pupil, on=on,
        facts={"decision": "refused_to_assess", "decision_on": day("2026-06-15"), "rights_held_by": "parent"},
    )  # fmt: skip
    assert by_hand.repeated and by_hand.case == appeal, "one decision has one appeal"
