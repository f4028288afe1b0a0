"""How each LA keeps its duties: on time by its letter, late, still owed, excused; per LA and duty, beside what England did."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from db.engine import Engines
from db.models import Pupil
from db.queries.la_ledger import LaDutyRow, la_ledger
from rules.la_steps import la_steps
from rules.loader import load_library
from rules.national_figures import national_figures
from tests.db.la_story import decided, pupil_with_plan, reviewed, shipped_village, transfer_explained
from tests.db.ledger_story import Village

STEPS = la_steps(load_library())
SINCE, UNTIL = date(2026, 9, 1), date(2027, 3, 1)
TODAY = UNTIL


@pytest.fixture(scope="module")
def place(engines: Engines) -> Village:
    return shipped_village(engines)


def rows_of(place: Village) -> list[LaDutyRow]:
    with place.engines.app([place.school_id]) as session:
        return la_ledger(session, STEPS, SINCE, UNTIL, TODAY)


def ledger_of(place: Village, until: date = UNTIL, today: date = TODAY, step: str = "la_decision") -> LaDutyRow:
    with place.engines.app([place.school_id]) as session:
        rows = la_ledger(session, STEPS, SINCE, until, today)
    (row,) = [row for row in rows if row.step == step]
    return row


def test_the_letters_date_counts_and_not_the_day_it_was_recorded(place: Village) -> None:
    case = reviewed(place, pupil_with_plan(place, "Ada", "Ashby"))
    decided(place, case, "2026-12-03", recorded_on="2026-12-20")
    found = ledger_of(place)
    assert (found.on_time, found.late, found.owed) == (1, 0, 0)
    assert (found.title, found.citation) == ("The LA decides whether to keep, amend or cease the plan", "reg 20(10)")
    assert (found.kept_percent, found.of_decided_percent, found.median_days, found.worst_case) == (100.0, 100.0, None, "")


def test_late_and_never_answered_stand_apart_and_the_worst_is_named(place: Village) -> None:
    late = reviewed(place, pupil_with_plan(place, "Ben", "Birch"))
    decided(place, late, "2026-12-13")
    silent = reviewed(place, pupil_with_plan(place, "Cleo", "Cole"))
    found = ledger_of(place)
    assert (found.on_time, found.late, found.owed, found.counted) == (1, 1, 1, 3)
    assert (found.kept_percent, found.of_decided_percent) == (33.3, 50.0)  # who is never answered does not flatter the LA
    assert (found.worst_days, found.worst_case) == ((TODAY - date(2026, 12, 3)).days, silent)
    assert found.median_days == (10 + 88) / 2


def test_a_letter_put_right_moves_its_own_decision_and_no_other(place: Village) -> None:
    case = reviewed(place, pupil_with_plan(place, "Dan", "Dale"))
    served = {"notice_sent_on": date(2026, 12, 1), "notice_served_on": date(2026, 12, 2)}
    decided(place, case, "2026-12-01", "amend", recorded_on="2026-12-03", **served)
    place.ledger.correct(place.senco, key=uuid4(), case=case, fact="decision_on", value=date(2026, 12, 8), because="misread", on=date(2026, 12, 9))
    assert ledger_of(place).late == 2
    place.decide(case, "la_sends_amended_plan", "2027-01-25", "amended", decision_on=date(2027, 1, 20))
    place.ledger.correct(place.senco, key=uuid4(), case=case, fact="decision_on", value=date(2027, 2, 3), because="misread", on=date(2027, 2, 4))
    found = ledger_of(place, step="la_sends_amended_plan")
    assert (found.on_time, found.late, found.worst_days) == (0, 1, 8)  # eight weeks after 1 December end on 26 January
    assert ledger_of(place).late == 2


def test_a_meeting_put_right_after_the_decision_moves_the_last_day_that_the_decision_is_held_against(place: Village) -> None:
    was = ledger_of(place)
    case = reviewed(place, pupil_with_plan(place, "Eva", "Elms"))
    decided(place, case, "2026-12-08", recorded_on="2026-12-09")
    assert ledger_of(place).late == was.late + 1, "four weeks after the meeting of 5 November end on 3 December"
    about = {"case": case, "fact": "meeting_on", "because": "misread", "on": date(2026, 12, 10)}
    place.ledger.correct(place.senco, key=uuid4(), value=date(2026, 11, 12), **about)
    now = ledger_of(place)
    assert (now.on_time, now.late) == (was.on_time + 1, was.late), "it was held on the 12th: they end on the 10th"
    place.ledger.correct(place.senco, key=uuid4(), value=date(2026, 11, 5), **about)
    assert ledger_of(place).late == was.late + 1


def test_a_day_still_to_come_is_not_counted(place: Village) -> None:
    with place.engines.app([place.school_id]) as session:
        assert la_ledger(session, STEPS, SINCE, date(2026, 12, 2), date(2026, 12, 2)) == []
        assert la_ledger(session, STEPS, SINCE, UNTIL, date(2026, 12, 3)) == [], "nor what was done early of it, while what is open cannot be"


def test_an_answer_recorded_before_its_turn_is_done_though_its_row_is_open(place: Village) -> None:
    case = transfer_explained(place)
    assert (ledger_of(place, step="la_names_school").owed, ledger_of(place, step="la_names_school").on_time) == (1, 0)
    place.decide(case, "la_names_school", "2027-02-16", "names_school_asked_for", decision_on=date(2027, 2, 12))
    assert "la_names_school" in place.open_rows(case)  # its review runs on
    assert (ledger_of(place, step="la_names_school").owed, ledger_of(place, step="la_names_school").on_time) == (0, 1)


def test_a_step_that_waits_for_ours_or_for_another_decision_is_not_held_against_the_la(place: Village) -> None:
    was = ledger_of(place)
    case = reviewed(place, pupil_with_plan(place, "Ivy", "Ince"), held=False)
    assert place.open_rows(case)["la_decision"].due_on == date(2026, 12, 3)  # the meeting was never recorded: that is ours
    assert place.open_rows(case)["la_sends_amended_plan"].due_on == date(2027, 1, 28)  # twelve weeks, should it amend
    assert ledger_of(place) == was
    assert ledger_of(place, step="la_sends_amended_plan").counted == 1
    place.decide(case, "circulate_advice", "2026-10-20")
    place.decide(case, "hold_meeting", "2026-11-05")
    assert ledger_of(place).owed == was.owed + 1


def test_a_case_opened_in_error_owes_nothing_and_one_that_moved_away_keeps_its_lateness(place: Village) -> None:
    was = ledger_of(place)
    wrong, gone, before = (reviewed(place, pupil_with_plan(place, name, "Ford")) for name in ("Fay", "Finn", "Flo"))
    end = dict(because="as told", on=date(2027, 1, 10))
    place.ledger.interrupt(place.senco, key=uuid4(), case=wrong, name="opened_in_error", **end)
    place.ledger.interrupt(place.senco, key=uuid4(), case=gone, name="moved_away", **end)
    place.ledger.interrupt(place.senco, key=uuid4(), case=before, name="moved_away", because="as told", on=date(2026, 11, 20))
    now = ledger_of(place)
    assert (now.counted - was.counted, now.never - was.never, now.owed) == (1, 1, was.owed)


def test_each_la_stands_by_itself_and_a_school_sees_its_own(place: Village, engines: Engines) -> None:
    other = shipped_village(engines, "900002")
    decided(other, reviewed(other, pupil_with_plan(other, "Gus", "Gale")), "2026-12-02")
    with engines.app([place.school_id, other.school_id]) as session:
        both = la_ledger(session, STEPS, SINCE, UNTIL, TODAY)
        one = la_ledger(session, STEPS, SINCE, UNTIL, TODAY, "002")
    assert {row.code for row in both} == {"001", "002"}
    assert [(row.code, row.on_time) for row in one] == [("002", 1)]
    with engines.app([other.school_id]) as session:
        assert {row.code for row in la_ledger(session, STEPS, SINCE, UNTIL, TODAY)} == {"002"}


def test_the_law_that_lifts_a_date_takes_it_out_of_the_rate(place: Village) -> None:
    facts: dict[str, object] = {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    pupil_id = place.pupil("Hal", "Hill")
    case = place.ledger.open_case(place.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=pupil_id, facts=facts, on=date(2026, 9, 7)).case
    place.decide(case, "la_confirms_receipt", "2026-09-08", request_received_on=date(2026, 9, 7))
    place.ledger.apply_exception(
        place.senco, key=uuid4(), case=case, step="la_decides_to_assess", exception="circumstances", because="as the LA wrote",
        review_on=date(2026, 12, 1), on=date(2026, 10, 1),
    )  # fmt: skip
    found = ledger_of(place, step="la_decides_to_assess")
    assert (found.excused, found.counted, found.kept_percent) == (1, 0, None)


def test_a_plan_that_moved_late_is_not_the_new_las_lateness(place: Village, engines: Engines) -> None:
    other = shipped_village(engines, "900003")
    pupil_id = pupil_with_plan(place, "Mo", "Mills")
    facts: dict[str, object] = {"moves_on": date(2026, 11, 2), "last_reviewed_on": date(2026, 9, 1), "rights_held_by": "parent"}
    opening = {"key": uuid4(), "process": "plan_moves_authority", "pupil_id": pupil_id, "facts": facts, "on": date(2026, 9, 10)}
    case = place.ledger.open_case(place.senco, **opening).case
    place.decide(case, "tell_old_la", "2026-09-10", old_la_knew_on=date(2026, 9, 10))
    assert ledger_of(place, step="la_transfers_plan").owed == 1
    place.decide(case, "la_transfers_plan", "2026-12-10", transferred_on=date(2026, 12, 9))
    (old,) = [row for row in rows_of(place) if row.process == "plan_moves_authority"]
    assert (old.code, old.step, old.late) == ("001", "la_transfers_plan", 1), "what the new LA owes is not its"
    with engines.scheduler() as session:
        session.get_one(Pupil, pupil_id).authority_id = other.authority_id
    place.decide(case, "note_new_la", "2026-12-11")
    (new,) = [row for row in rows_of(place) if row.process == "plan_moves_authority"]
    assert (new.code, new.step, new.owed) == ("003", "new_la_writes_to_family", 1), "what the old one owed is not its"


def test_national_figures_carry_year_and_source_and_stand_beside_a_duty_that_ships() -> None:
    duties = {
        (definition.process, step.name) for definition in load_library().all() for step in definition.steps.values() if step.by == "la" and step.due
    }
    assert national_figures().keys() <= duties
    review = national_figures()["annual_review", "la_decision"]
    assert (
        review.words
        == "47.4% (2025; DfE, SEN2 of January 2026, rows added up): reviews of children aged 10 to 14, decided within four weeks of the meeting"
    )
    assert national_figures()["ehc_needs_assessment", "la_makes_plan"].percent == 46.4  # the newest year, not an older one
