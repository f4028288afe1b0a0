"""Acts on the ledger, one after the other: what each writes, and what it answers."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest

from db.engine import Engines
from db.ledger import Actor, AlreadyDecided, KeyReused, NotAllowed, NotFound, Opening, Refused
from tests.db.ledger_story import FACTS, TODAY, Village, day, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture(scope="module")
def birch(engines: Engines, ash: Village) -> Village:
    return village(engines, "900002")


def held(ash: Village) -> str:
    """A review whose meeting was held on 5 November."""
    case = ash.meeting_agreed()
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    ash.decide(case, "circulate_advice", "2026-10-20")
    ash.decide(case, "hold_meeting", "2026-11-05")
    return case


def reported(ash: Village) -> str:
    """A review whose report was approved by the head and sent."""
    case = held(ash)
    ash.decide(case, "check_sections", "2026-11-06", "complete")
    ash.decide(case, "prepare_adulthood", "2026-11-06")
    ash.decide(case, "write_report", "2026-11-10", recommendation="amend")
    ash.decide(case, "approve_report", "2026-11-11", "approved", by=ash.head)
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_report", on=day("2026-11-12"))
    return case


def test_a_case_opens_and_its_first_step_is_somebodys(ash: Village) -> None:
    receipt = ash.open()
    assert receipt.case.startswith("AR-") and len(receipt.case) == 9 and receipt.seq == 1 and not receipt.repeated
    assert [one.step for one in receipt.opened if one.status == "open"] == ["agree_meeting_date"]
    rows = ash.rows("SELECT step, owner, status FROM steps s JOIN cases c ON c.id = s.case_id WHERE ref = %s AND status = 'open'", receipt.case)
    assert [tuple(row) for row in rows] == [("agree_meeting_date", "senco", "open")]


def test_a_decision_opens_the_next_steps_at_once(ash: Village) -> None:
    case = ash.open().case
    receipt = ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    assert {one.step for one in receipt.opened} >= {"send_invitations", "gather_advice", "offer_advocate"}
    assert [one.step for one in receipt.closed] == ["agree_meeting_date"]
    assert receipt.version == receipt.seq == 2


def test_the_whole_way_to_the_amended_plan(ash: Village) -> None:
    case = reported(ash)
    ash.decide(case, "la_decision", "2026-11-20", "amend", decision_on=day("2026-11-20"), notice_sent_on=day("2026-11-20"))
    _, position, version = ash.ledger.position(case)
    assert {one.step for one in position.open()} == {"views_on_amendments"}
    assert version == 11 and ash.ledger.verify(case) == []


def test_who_may_not_is_told_who_may(ash: Village, birch: Village) -> None:
    case = ash.open().case
    with pytest.raises(NotAllowed, match=r"Agree the date.*is for the SENCO"):
        ash.decide(case, "agree_meeting_date", "2026-09-20", by=ash.teacher, meeting_on=day("2026-11-05"))
    with pytest.raises(NotFound, match="no case"):
        ash.decide(case, "agree_meeting_date", "2026-09-20", by=birch.senco, meeting_on=day("2026-11-05"))
    with pytest.raises(NotAllowed, match="decided by a person"):
        ash.ledger.decide(
            ash.software, key=uuid4(), case=case, step="agree_meeting_date", facts={"meeting_on": day("2026-11-05")}, on=day("2026-09-20")
        )
    with pytest.raises(NotFound, match="no such pupil"):
        ash.open(pupil_id=birch.pupil())
    assert ash.ledger.position(case)[2] == 1


def test_a_role_that_has_ended_writes_nothing(ash: Village) -> None:
    case = ash.open().case
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE memberships SET until_on = %s WHERE role = 'teacher'", (TODAY - timedelta(days=1),))
    with pytest.raises(NotAllowed):
        ash.ledger.interrupt(ash.teacher, key=uuid4(), case=case, name="moved_away", because="synthetic", on=TODAY)


def test_approving_ones_own_report_is_refused(ash: Village) -> None:
    case = held(ash)
    ash.decide(case, "check_sections", "2026-11-06", "complete")
    ash.decide(case, "prepare_adulthood", "2026-11-06")
    both = Actor(ash.senco.person_id, ash.senco.schools, "console")
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO memberships (person_id, school_id, role) VALUES (%s, %s, 'headteacher')", (both.person_id, ash.school_id)
        )
    ash.decide(case, "write_report", "2026-11-10", by=both, recommendation="amend")
    with pytest.raises(Refused, match="another person") as refusal:
        ash.decide(case, "approve_report", "2026-11-11", "approved", by=both)
    assert refusal.value.code == "own_work"


def test_a_step_decided_before_names_who_decided_it(ash: Village) -> None:
    case = ash.open().case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    with pytest.raises(AlreadyDecided) as told:
        ash.decide(case, "agree_meeting_date", "2026-09-21", meeting_on=day("2026-11-06"))
    assert told.value.by == "Senco Ash" and told.value.outcome == "done" and told.value.step == "agree_meeting_date"
    assert "Senco Ash" in told.value.message and "Nothing you sent has been saved" in told.value.message


def test_what_has_not_come_yet_is_not_recorded(ash: Village) -> None:
    case = ash.open().case
    with pytest.raises(Refused, match="has not come yet"):
        ash.decide(case, "agree_meeting_date", (TODAY + timedelta(days=1)).isoformat(), meeting_on=day("2027-01-05"))
    with pytest.raises(Refused, match="has not come yet"):
        ash.open(on=(TODAY + timedelta(days=1)).isoformat())


def test_an_old_tab_is_refused_and_the_new_round_answered(ash: Village) -> None:
    case = held(ash)
    ash.decide(case, "check_sections", "2026-11-06", "complete")
    ash.decide(case, "prepare_adulthood", "2026-11-06")
    ash.decide(case, "write_report", "2026-11-10", recommendation="amend")
    ash.decide(case, "approve_report", "2026-11-11", "sent_back", by=ash.head, round=1)
    with pytest.raises(Refused, match="round 2, yours was 1") as refusal:
        ash.decide(case, "write_report", "2026-11-12", round=1, recommendation="maintain")
    assert refusal.value.code == "old_round"
    assert ash.decide(case, "write_report", "2026-11-12", round=2, recommendation="maintain").seq == 10


def test_the_same_act_twice_is_one_event_with_one_receipt(ash: Village) -> None:
    case, key = ash.open().case, uuid4()
    first = ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-05"), private={"comment": "synthetic"})
    again = ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-05"), private={"comment": "synthetic"})
    assert again.repeated and not first.repeated
    assert (again.seq, again.recorded_at, again.opened, again.closed) == (first.seq, first.recorded_at, first.opened, first.closed)
    assert ash.ledger.position(case)[2] == 2


def test_the_same_key_with_another_body_is_refused(ash: Village) -> None:
    case, key = ash.open().case, uuid4()
    ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-05"), private={"comment": "one"})
    with pytest.raises(KeyReused):
        ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-06"), private={"comment": "one"})
    with pytest.raises(KeyReused):
        ash.decide(case, "agree_meeting_date", "2026-09-20", key=key, meeting_on=day("2026-11-05"), private={"comment": "two"})
    with pytest.raises(KeyReused):
        ash.decide(case, "offer_advocate", "2026-09-22", key=key)


def test_a_corrected_date_moves_every_date_that_counts_from_it(ash: Village) -> None:
    case = ash.meeting_agreed()
    before = ash.open_rows(case)["la_decision"]
    ash.ledger.correct(
        ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-12"), because="the head is away", on=day("2026-09-25")
    )
    after = ash.open_rows(case)["la_decision"]
    assert (before.due_on, after.due_on) == (day("2026-12-03"), day("2026-12-10"))
    assert after.chase_on != before.chase_on and after.next_chase_on == after.chase_on[0]
    assert ash.ledger.verify(case) == []


def test_a_wrong_outcome_corrected_is_a_new_round(ash: Village) -> None:
    case = held(ash)
    ash.decide(case, "check_sections", "2026-11-06", "complete")
    receipt = ash.ledger.correct_outcome(
        ash.senco, key=uuid4(), case=case, step="check_sections", outcome="gaps_found", because="pressed the wrong one", on=day("2026-11-07")
    )
    _, position, _ = ash.ledger.position(case)
    assert position.instance("check_sections").outcome == "gaps_found" and receipt.seq == 7
    assert ash.ledger.verify(case) == []


def test_an_interrupted_case_has_no_open_rows_and_takes_nothing_more(ash: Village) -> None:
    case = ash.meeting_agreed()
    receipt = ash.ledger.interrupt(ash.senco, key=uuid4(), case=case, name="moved_away", because="synthetic", on=day("2026-10-01"))
    assert receipt.ended == "moved_away" and ash.open_rows(case) == {}
    with pytest.raises(Refused, match="ended"):
        ash.decide(case, "offer_advocate", "2026-10-02")


def test_a_window_lapses_by_itself_and_once(ash: Village) -> None:
    case = reported(ash)
    ash.decide(case, "la_decision", "2026-11-13", "amend", decision_on=day("2026-11-13"), notice_sent_on=day("2026-11-13"))
    due_on = ash.open_rows(case)["views_on_amendments"].due_on
    assert [one for one in ash.ledger.run_calendar(due_on) if one.case == case] == []
    ash.clock.today_is = due_on + timedelta(days=3)
    try:
        lapsed = [one for one in ash.ledger.run_calendar(ash.clock.today()) if one.case == case]
        assert [one.closed[0].outcome for one in lapsed] == ["no_views"] and lapsed[0].closed[0].closed_on == due_on + timedelta(days=1)
        assert [one for one in ash.ledger.run_calendar(ash.clock.today()) if one.case == case] == []
        assert ash.open_rows(case)["la_sends_amended_plan"].status == "open"
    finally:
        ash.clock.today_is = TODAY


def test_180_cases_open_within_seconds(ash: Village) -> None:
    pupils = [ash.pupil(f"Pupil{number}", "Bulk") for number in range(180)]
    openings = [Opening(uuid4(), "annual_review", pupil, FACTS, day("2026-09-10")) for pupil in pupils]
    began = time.monotonic()
    receipts = ash.ledger.open_cases(ash.senco, openings)
    assert len({one.case for one in receipts}) == 180 and time.monotonic() - began < 15
    assert all(one.repeated for one in ash.ledger.open_cases(ash.senco, openings[:3]))
