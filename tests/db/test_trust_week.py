"""A trust's week: each school by what it owes, each LA by what the LA owes, with twelve weeks behind it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.engine import Engines
from db.queries.trust_week import PlaceWeek, TrustWeek, breach_rungs, trust_week
from rules.definition import Ladder, Rung
from rules.loader import load_library
from tests.db.la_story import decided, pupil_with_plan, reviewed, shipped_village
from tests.db.ledger_story import Village
from tests.db.test_own_ladders import Lead

MONDAY = date(2026, 12, 21)


@pytest.fixture(scope="module")
def place(engines: Engines) -> Village:
    """On 21 December: one LA's decision late since 3 December, one answered ten days late on the 13th, one meeting's report of ours late."""
    made = shipped_village(engines, today=MONDAY)
    silent = reviewed(made, pupil_with_plan(made, "Ada", "Ashby"))
    late = reviewed(made, pupil_with_plan(made, "Ben", "Birch"))
    decided(made, late, "2026-12-13")
    young = reviewed(made, pupil_with_plan(made, "Cleo", "Cole"), meeting_on="2026-11-17")  # its four weeks end on 15 December
    assert made.open_rows(silent)["la_decision"].due_on == date(2026, 12, 3)
    assert made.open_rows(young)["la_decision"].due_on == date(2026, 12, 15)
    return made


def week(place: Village, today: date = MONDAY, since: date | None = None) -> TrustWeek:
    with place.engines.app([place.school_id]) as session:
        return trust_week(session, today, since or today - timedelta(days=7))


def the_la(place: Village, today: date = MONDAY, since: date | None = None) -> PlaceWeek:
    (found,) = week(place, today, since).authorities
    return found


def test_an_la_answers_for_its_own_steps_by_severity_with_its_worst(place: Village) -> None:
    la = the_la(place)
    assert (la.name, la.code, la.late, la.breaches, la.overdue) == ("Testshire", "001", 1, 1, 2)
    assert (la.newly_late, la.put_right) == (1, 0)
    assert la.worst is not None and (la.worst.days, la.worst.title) == (18, "The LA decides whether to keep, amend or cease the plan")


def test_a_breach_is_new_once_and_put_right_for_a_week(place: Village) -> None:
    # The ladder calls a week after the date a breach: 10 December for the one that is late since the 3rd.
    assert the_la(place, date(2026, 12, 9)).breaches == 0
    found = the_la(place, date(2026, 12, 10), date(2026, 12, 9))
    assert (found.breaches, found.new_breaches) == (1, 1)
    assert the_la(place, date(2026, 12, 11), date(2026, 12, 10)).new_breaches == 0
    assert [the_la(place, date(2026, 12, d)).put_right for d in (13, 20, 21)] == [1, 1, 0]


def test_the_trend_is_what_was_late_at_the_end_of_each_week(place: Village) -> None:
    assert the_la(place).trend == (0,) * 10 + (2, 1, 2)  # 7 December: two; the 14th: one answered; the 21st: another late since the 15th
    assert len(the_la(place).trend) == 13


def test_a_school_answers_for_its_own_people_and_software(place: Village) -> None:
    (school,) = week(place).schools
    assert (school.kind, school.name, school.code) == ("school", "Ash School", "900001")
    assert school.worst is not None and school.worst.title == "Send the report to everyone invited"
    assert (school.overdue, school.worst.days) == (2, (MONDAY - date(2026, 11, 19)).days)
    assert school.past_target > 0 and school.open > school.overdue + school.past_target


def test_a_lifted_date_is_not_late_and_an_error_is_nobodys(place: Village) -> None:
    before = the_la(place)
    pupil_id = place.pupil("Hal", "Hill")
    facts: dict[str, object] = {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    case = place.ledger.open_case(place.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=pupil_id, facts=facts, on=date(2026, 10, 1)).case
    place.decide(case, "la_confirms_receipt", "2026-10-02", request_received_on=date(2026, 10, 1))
    assert the_la(place).overdue == before.overdue + 1
    place.ledger.apply_exception(
        place.senco, key=uuid4(), case=case, step="la_decides_to_assess", exception="circumstances", because="as the LA wrote",
        review_on=date(2027, 1, 5), on=date(2026, 10, 20),
    )  # fmt: skip
    assert (the_la(place).overdue, the_la(place).trend) == (before.overdue, before.trend)
    assert the_la(place, date(2027, 1, 6)).overdue >= before.overdue + 1
    place.ledger.interrupt(place.senco, key=uuid4(), case=case, name="opened_in_error", because="as told", on=date(2026, 12, 1))
    assert the_la(place).trend == before.trend


def test_another_trusts_school_is_not_read(place: Village, engines: Engines) -> None:
    other = shipped_village(engines, "900002", MONDAY)
    assert {one.code for one in week(other).schools} <= {"900002"}
    assert {one.code for one in week(place).authorities} == {"001"}


def test_every_ladder_that_names_a_breach_is_known_by_its_rung() -> None:
    review = next(one for one in load_library().all() if one.process == "annual_review")
    found = dict(breach_rungs(review))
    assert review.ladders["la_duty"].rungs[found["la_decision"] - 1].severity == "breach"
    assert all(rung.severity != "breach" for rung in review.ladders["la_duty"].rungs[: found["la_decision"] - 1])
    assert "la_says_who_arranges" not in found  # an answer without a date of law breaches none


def test_a_trusts_own_ladder_says_what_is_a_breach_there(engines: Engines) -> None:
    own = shipped_village(engines, "900003", MONDAY)
    lead = Lead(own)
    lead.sets(Ladder("la_duty", (Rung("on", "owner", "due", "la_due_today"), Rung("10 weeks after", "trust_send_lead", "breach", "escalation"))))
    reviewed(own, pupil_with_plan(own, "Ida", "Ince"))
    assert (the_la(own).late, the_la(own).breaches) == (1, 0)  # shipped, it would be a breach since 10 December
    assert the_la(own, date(2027, 2, 11)).breaches == 1  # ten weeks after 3 December


def test_the_last_of_the_trend_is_what_is_late_now(place: Village) -> None:
    """What was decided that day is not late at its end; and a date that an exception lifted is late again once its day to look again is past."""
    answered_on = the_la(place, date(2026, 12, 13))
    assert answered_on.trend[-1] == answered_on.overdue == 1
    pupil_id = place.pupil("Lil", "Lane")
    facts: dict[str, object] = {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    case = place.ledger.open_case(place.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=pupil_id, facts=facts, on=date(2026, 10, 1)).case
    place.decide(case, "la_confirms_receipt", "2026-10-02", request_received_on=date(2026, 10, 1))  # six weeks end on 12 November
    place.ledger.apply_exception(
        place.senco, key=uuid4(), case=case, step="la_decides_to_assess", exception="circumstances", because="as the LA wrote",
        review_on=date(2026, 12, 2), on=date(2026, 10, 20),
    )  # fmt: skip
    la = the_la(place)
    assert la.trend[-1] == la.overdue == 3
    assert la.trend[-4:] == (0, 3, 2, 3), "late since 3 December, the day after that day, and not in November"
