"""A calendar that changed, and other acts that move dates: each is an event with every date that it moved, by those who may (issue 6, point 7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from db.absences import NewAbsence, say_away, take_back
from db.engine import Engines
from db.ledger import Act, Actor, NotAllowed, NotFound
from db.models import SchoolClosure, SchoolTerm
from db.queries.date_moves import CALENDAR_CHANGED, PUT_RIGHT, DateMove, date_moves
from db.queries.timeline import timeline_of
from rules.history import Event
from tests.db.ledger_story import TODAY, Village, day, village
from tests.db.other_texts import OWNER, library_with, text_of, trust_lead
from tests.db.test_dates_moved import LATER, moves


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900008")


def of_calendar(ash: Village, case: str) -> list[DateMove]:
    """The moves of that case that no decision about it made."""
    return [one for one in moves(ash, case) if one.because == CALENDAR_CHANGED]


@pytest.fixture
def closure(ash: Village) -> Iterator[Any]:
    """Lets the school close on days inside its term, and opens it again after the test."""

    def close(first: str, last: str) -> None:
        with ash.engines.scheduler() as session:
            session.merge(SchoolTerm(school_id=ash.school_id, first_on=day("2026-09-01"), last_on=day("2026-12-18"), name="Autumn"))
            session.merge(SchoolClosure(school_id=ash.school_id, first_on=day(first), last_on=day(last), reason="snow"))

    yield close
    with ash.engines.scheduler() as session:
        for model in (SchoolTerm, SchoolClosure):
            session.query(model).filter_by(school_id=ash.school_id).delete()
    ash.ledger.recount_dates()


def to_brief_staff(ash: Village) -> str:
    """A review with one step left, whose target counts school days: 27 November."""
    case = ash.meeting_agreed()
    ash.decide(case, "circulate_advice", "2026-10-20")
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    ash.decide(case, "hold_meeting", "2026-11-05")
    ash.decide(case, "la_decision", "2026-11-13", "amend", decision_on=day("2026-11-13"), notice_sent_on=day("2026-11-01"))
    ash.decide(case, "views_on_amendments", "2026-11-14", "agree")
    ash.decide(case, "la_sends_amended_plan", "2026-11-20", "amended", decision_on=day("2026-11-20"))
    return case


def test_a_calendar_that_changed_is_an_event_with_every_date_that_moved(ash: Village, closure: Any) -> None:
    case = to_brief_staff(ash)
    untouched = ash.open().case
    before = ash.ledger.position(untouched)[2]
    closure("2026-11-24", "2026-11-25")
    done = {one.case: one.moved for one in ash.ledger.redate(ash.senco, because="snow on two days", schools=[ash.school_id])}
    assert [(one.step, one.was_on, one.now_on) for one in done[case]] == [("brief_staff", day("2026-11-27"), day("2026-12-01"))]
    assert done[untouched] == () and ash.ledger.position(untouched)[2] == before, "no date of it moved: nothing has happened in it"
    with ash.engines.app([ash.school_id]) as session:
        entry = timeline_of(session, case)[-1]
    assert (entry.kind, entry.who, entry.words) == ("redate", "Senco Ash", {"because": "snow on two days"})
    assert [(one.step, one.by) for one in of_calendar(ash, case)] == [("brief_staff", "Senco Ash")]
    assert ash.ledger.redate(ash.senco, because="again", schools=[ash.school_id]) == [] and ash.ledger.verify() == []


def test_an_act_after_a_change_of_calendar_is_not_what_moved_the_dates(ash: Village, closure: Any) -> None:
    alone, batch = to_brief_staff(ash), to_brief_staff(ash)
    closure("2026-11-24", "2026-11-25")
    ash.ledger.correct(ash.senco, key=uuid4(), case=alone, fact="decision_on", value=day("2026-11-19"), because="misread", on=day("2026-11-24"))
    ash.ledger.apply_many(ash.senco, [Act(uuid4(), batch, Event("correct", day("2026-11-24"), facts={"decision_on": day("2026-11-19")}))])
    for case in (alone, batch):
        with ash.engines.app([ash.school_id]) as session:
            assert [entry.kind for entry in timeline_of(session, case)][-2:] == ["redate", "correct"]
        (one,) = of_calendar(ash, case)
        assert (one.by, one.was_on, one.now_on) == ("Sendflow", day("2026-11-27"), day("2026-12-01"))
    assert ash.ledger.verify() == []


def test_of_many_acts_at_once_the_one_that_moved_a_date_is_named(ash: Village) -> None:
    case = ash.meeting_agreed()
    corrected = Event("correct", day("2026-10-01"), facts={"meeting_on": LATER})
    advocate = Event("decide", day("2026-10-02"), step="offer_advocate", outcome="done")
    receipts = ash.ledger.apply_many(ash.senco, [Act(uuid4(), case, corrected), Act(uuid4(), case, advocate)])
    assert {one.seq for one in moves(ash, case) if one.because == "“meeting” was corrected"} == {receipts[0].seq}
    assert receipts[1].seq not in {one.seq for one in moves(ash, case)}


def test_a_row_put_right_says_so(ash: Village) -> None:
    case = ash.meeting_agreed()
    with ash.engines.act_connection("sendflow_writer") as connection:
        wrong = "UPDATE steps SET due_on = '2027-01-01' WHERE step = 'la_decision' AND case_id = (SELECT id FROM cases WHERE ref = %s)"
        connection.execute(wrong, (case,))
    ash.ledger.rebuild_rows(case)
    last = moves(ash, case)[-1]
    assert (last.step, last.now_on, last.because, last.by, last.put_right) == ("la_decision", day("2026-12-03"), PUT_RIGHT, "Sendflow", True)


def test_rows_that_are_written_anew_after_a_change_of_calendar_are_redated_first(ash: Village, closure: Any) -> None:
    """As a newly set ladder or an LA's profile does, before the morning's dates pass: what the calendar moves is said, and told, all the same."""
    case = to_brief_staff(ash)
    closure("2026-11-24", "2026-11-25")
    ash.ledger.rebuild_rows(case)
    with ash.engines.app([ash.school_id]) as session:
        assert timeline_of(session, case)[-1].kind == "redate"
    assert [(one.step, one.now_on, one.put_right) for one in of_calendar(ash, case)] == [("brief_staff", day("2026-12-01"), False)]
    assert ash.rows("SELECT 1 FROM date_moves WHERE put_right AND case_id = (SELECT id FROM cases WHERE ref = %s)", case) == []
    assert ash.rows(
        "SELECT 1 FROM outbox o JOIN events e ON e.case_id = o.case_id AND e.seq = o.seq WHERE e.kind = 'redate' AND o.case_id = "
        "(SELECT id FROM cases WHERE ref = %s)",
        case,
    ), "whoever was told is looked for"
    assert case not in ash.ledger.recount_dates() and ash.ledger.verify(case) == []


def test_neither_an_erasure_nor_another_text_is_what_the_calendar_moved(ash: Village, closure: Any, tmp_path: Path) -> None:
    erased, moved, lead = to_brief_staff(ash), to_brief_staff(ash), trust_lead(ash.engines, ash)
    closure("2026-11-24", "2026-11-25")
    ash.ledger.erase_private(ash.senco, key=uuid4(), case=erased, on=day("2026-11-24"))
    ash.ledger.move_to_text(lead, key=uuid4(), case=moved, to=text_of(library_with(tmp_path / "other", OWNER)), because="another owner")
    for case, kind in ((erased, "erase"), (moved, "definition_changed")):
        with ash.engines.app([ash.school_id]) as session:
            assert [entry.kind for entry in timeline_of(session, case)][-2:] == ["redate", kind]
        assert [(one.by, one.now_on) for one in of_calendar(ash, case)] == [("Sendflow", day("2026-12-01"))]
        assert {one.because for one in moves(ash, case) if one.step == "brief_staff"} == {CALENDAR_CHANGED}
    assert ash.ledger.verify() == []


def test_whoever_stands_in_for_the_senco_redates_in_their_name(ash: Village, closure: Any) -> None:
    case, senco = to_brief_staff(ash), ash.senco.person_id
    assert senco is not None and ash.teacher.person_id is not None
    with ash.engines.scheduler() as session:
        said = say_away(session, NewAbsence(senco, ash.teacher.person_id, TODAY, TODAY), by=senco, today=TODAY, now=ash.clock.now())
    try:
        closure("2026-11-24", "2026-11-25")
        done = {one.case: one.moved for one in ash.ledger.redate(ash.teacher, because="snow", schools=[ash.school_id])}
        assert len(done[case]) == 1 and ash.ledger.verify(case) == []
        with ash.engines.app([ash.school_id]) as session:
            entry = timeline_of(session, case)[-1]
        assert (entry.who, entry.on_behalf_of, entry.role) == ("Teacher Ash", "Senco Ash", "SENCO")
    finally:
        with ash.engines.scheduler() as session:
            take_back(session, said.id, by=senco, today=TODAY, now=ash.clock.now())


def test_who_may_not_redate_is_refused_and_another_school_sees_nothing(engines: Engines, ash: Village, closure: Any) -> None:
    case = to_brief_staff(ash)
    closure("2026-11-24", "2026-11-25")
    with pytest.raises(NotAllowed, match="the SENCO, the headteacher or the trust"):
        ash.ledger.redate(ash.teacher, because="snow", schools=[ash.school_id])
    birch = village(engines, "900004")
    with pytest.raises(NotFound):
        birch.ledger.redate(birch.senco, because="snow", schools=[ash.school_id])
    with engines.app([birch.school_id]) as session:
        assert date_moves(session, case) == []
    assert of_calendar(ash, case) == []


def test_software_counts_as_the_calendar(ash: Village, closure: Any) -> None:
    case = to_brief_staff(ash)
    closure("2026-11-24", "2026-11-25")
    assert case in ash.ledger.recount_dates()
    with ash.engines.app([ash.school_id]) as session:
        entry = timeline_of(session, case)[-1]
    assert (entry.kind, entry.who, entry.words) == ("redate", "Sendflow", {}) and isinstance(ash.software, Actor)
