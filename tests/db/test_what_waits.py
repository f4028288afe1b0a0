"""Nobody is chased for, or called late with, a step that waits and may never be owed: an amended plan, before the LA has decided to amend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from db.chase import sweep_all
from db.engine import Engines
from db.ledger import Act
from db.mailings import lay_aside
from db.queries.inbox import due_between, inbox, overdue
from db.queries.la_ledger import la_ledger
from db.queries.overview import overview
from db.queries.trust_week import PlaceWeek, trust_week
from rules.history import Event
from rules.la_steps import la_steps
from tests.db.la_story import decided, pupil_with_plan, reviewed, shipped_village, transfer_explained
from tests.db.ledger_story import Village, day
from tests.db.test_outbox import spread_all

AMENDED = "la_sends_amended_plan"
AFTER = date(2027, 2, 15)  # two weeks and more after the twelve weeks of 5 November
LETTER: dict[str, Any] = {"notice_sent_on": date(2026, 12, 1), "notice_served_on": date(2026, 12, 2)}


@pytest.fixture
def place(engines: Engines) -> Iterator[Village]:
    yield shipped_village(engines, f"9{uuid4().int % 10**5:05}", today=AFTER)


def told(place: Village, case: str) -> list[tuple[str, str]]:
    """Role and state of each reminder about the amended plan."""
    spread_all(place)
    query = (
        "SELECT d.to_role, d.state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND step = %s AND rung IS NOT NULL ORDER BY d.id"
    )
    return [tuple(row) for row in place.rows(query, case, AMENDED)]


def the_la(place: Village, today: date) -> PlaceWeek:
    with place.engines.app([place.school_id]) as session:
        (found,) = trust_week(session, today, today - timedelta(days=14)).authorities
    return found


def owed_by_ledger(place: Village, today: date) -> int:
    with place.engines.app([place.school_id]) as session:
        return sum(row.owed for row in la_ledger(session, la_steps(place.ledger.parts.library), date(2026, 1, 1), today, today))


def test_neither_the_la_nor_the_family_hears_of_a_plan_that_nobody_has_decided_to_amend(place: Village) -> None:
    case = reviewed(place, pupil_with_plan(place, "Ada", "Ashby"))
    row = place.open_rows(case)[AMENDED]
    assert (row.status, row.due_on, row.chase_on, row.next_chase_on) == ("perhaps", date(2027, 1, 28), None, None)
    sweep_all(place.engines, AFTER)
    assert told(place, case) == []
    assert place.open_rows(case)["la_decision"].rung == 9, "the decision itself is chased to the end, though its step waits for our report"
    assert place.ledger.verify(case) == []


def test_once_it_amends_it_is_chased_by_all_that_is_due(place: Village) -> None:
    case = reviewed(place, pupil_with_plan(place, "Ada", "Ashby"))
    decided(place, case, "2026-12-01", "amend", "2026-12-02", **LETTER)
    row = place.open_rows(case)[AMENDED]
    assert (row.status, row.due_on, row.next_chase_on) == ("certain", date(2027, 1, 26), date(2027, 1, 19))
    sweep_all(place.engines, AFTER)
    assert {role for role, _ in told(place, case)} == {"la", "senco", "parent", "headteacher", "trust_send_lead"}
    assert place.ledger.verify(case) == []


def test_many_acts_at_once_write_the_row_that_only_became_certain(place: Village) -> None:
    """The assessment's 16 weeks run from the request: once the LA assesses, the same date of the same waiting step is certain."""
    facts = {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    pupil_id = place.pupil("Ben", "Birch")
    opened = place.ledger.open_case(place.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=pupil_id, facts=facts, on=date(2026, 10, 1))
    acts = [
        Event("decide", date(2026, 10, 2), None, "la_confirms_receipt", "", "done", facts={"request_received_on": date(2026, 10, 1)}),
        Event("decide", date(2026, 11, 9), None, "la_decides_to_assess", "", "assess"),
    ]
    place.ledger.apply_many(place.senco, [Act(uuid4(), opened.case, acts[0])])
    before = place.open_rows(opened.case)["la_decides_on_plan"]
    place.ledger.apply_many(place.senco, [Act(uuid4(), opened.case, acts[1])])
    after = place.open_rows(opened.case)["la_decides_on_plan"]
    assert (before.status, before.chase_on) == ("perhaps", None)
    assert (after.status, after.due_on) == ("certain", before.due_on) and len(after.chase_on) == 9
    assert place.open_rows(opened.case)["la_makes_plan"].status == "perhaps" and place.ledger.verify(opened.case) == []


def test_a_reminder_not_yet_sent_is_laid_aside_when_the_decision_is_put_right(place: Village) -> None:
    case = reviewed(place, pupil_with_plan(place, "Ada", "Ashby"))
    decided(place, case, "2026-12-01", "amend", "2026-12-02", **LETTER)
    sweep_all(place.engines, date(2027, 1, 19))
    assert told(place, case) == [("la", "held")]
    place.ledger.correct_outcome(
        place.senco, key=uuid4(), case=case, step="la_decision", outcome="maintain", facts={"decision_on": date(2026, 12, 1)},
        because="the letter was another child's", on=day("2027-01-19"),
    )  # fmt: skip
    with place.engines.scheduler() as session:
        lay_aside(session)
    assert told(place, case) == [("la", "superseded")] and place.ledger.verify(case) == []


def test_an_answer_before_its_turn_stops_the_reminders(place: Village) -> None:
    """The LA names the next school in time, while its review still runs."""
    case = transfer_explained(place)
    assert place.open_rows(case)["la_names_school"].status == "certain"
    place.decide(case, "la_names_school", "2027-02-02", "names_school_asked_for", decision_on=date(2027, 2, 1))
    row = place.open_rows(case)["la_names_school"]
    assert (row.status, row.due_on, row.chase_on) == ("answered", date(2027, 2, 14), None) and place.ledger.verify(case) == []
    with place.engines.app([place.school_id]) as session:
        assert "la_names_school" not in {row.step for row in overdue(session, AFTER)}
        (la,) = trust_week(session, AFTER, AFTER).authorities
    assert la.overdue == 0


def test_the_week_counts_of_an_la_what_its_ledger_counts(place: Village) -> None:
    """The reviewer's two stories: the meeting recorded, and not (which is ours to do first)."""
    today = date(2026, 12, 21)
    reviewed(place, pupil_with_plan(place, "Ada", "Ashby"))
    assert (the_la(place, today).breaches, owed_by_ledger(place, today)) == (1, 1)
    reviewed(place, pupil_with_plan(place, "Ben", "Birch"), held=False)
    found = the_la(place, today)
    assert (found.open, found.late, found.breaches, owed_by_ledger(place, today)) == (2, 0, 1, 1), "beside it the LA's own advice for the meeting"
    assert found.trend[-1] == 1 and found.worst is not None and found.worst.days == 18
    assert (the_la(place, AFTER).overdue, owed_by_ledger(place, AFTER)) == (1, 1), "the amended plan is nobody's debt"


def test_our_own_people_see_its_date_and_nobody_is_awaited_for_it(place: Village) -> None:
    case = reviewed(place, pupil_with_plan(place, "Ada", "Ashby"))
    with place.engines.app([place.school_id]) as session:
        awaited = {row.step for row in inbox(session, place.senco.person_id or 0, AFTER).waiting_for}
        late = {row.step for row in overdue(session, AFTER)}
        soon = {row.step for row in due_between(session, date(2027, 1, 28), date(2027, 1, 28), AFTER)}
        (school,) = overview(session, AFTER)
    assert "la_decision" in awaited & late and AMENDED not in awaited | late | soon
    rows = place.open_rows(case)
    assert AMENDED in rows and school.open == len(rows) - 1
    assert school.late == sum(row.due_on is not None and row.due_on < AFTER for row in rows.values()) - 1
