"""A mediation's certificate reaches the time to appeal against the same decision (CFA 2014 s.55, HESC Rules r.20(1)(c))."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from db.chase import sweep_all
from db.engine import Engines
from db.ledger import Ledger
from db.queries.inbox import overdue
from rules.loader import load_library
from rules.values import Facts
from tests.db.ledger_story import Village, day, village

DECISION: Facts = {
    "decision": "no_plan",
    "decision_on": date(2026, 9, 1),
    "rights_held_by": "parent",
}  # two months: Sunday 1 November, so the Monday (HESC Rules r.12(2))


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines, "900061")
    made.ledger = Ledger(engines, made.clock, load_library())
    return made


def opened(ash: Village, process: str, pupil: int, **facts: date) -> str:
    """A case about the decision, opened on 3 September."""
    return ash.ledger.open_case(ash.senco, key=uuid4(), process=process, pupil_id=pupil, facts={**DECISION, **facts}, on=day("2026-09-03")).case


def both(ash: Village) -> tuple[str, str]:
    """An appeal's window and a mediation about the same decision."""
    pupil = ash.pupil()
    return opened(ash, "tribunal_appeal", pupil), opened(ash, "mediation", pupil)


def morning(ash: Village, on: str) -> None:
    """What the dates pass does that morning."""
    ash.clock.today_is = day(on)
    ash.ledger.run_calendar(ash.clock.today())
    sweep_all(ash.engines, ash.clock.today())


def window(ash: Village, appeal: str) -> tuple[str, str, date | None]:
    """Status, outcome and last day of the family's right."""
    one = ash.ledger.position(appeal)[1].instance("family_appeals")
    return one.status, one.outcome, one.due.on if one.due else None


def lapsed(ash: Village, appeal: str) -> tuple[str, date]:
    """What the window came to, and on which day."""
    query = "SELECT s.outcome, s.closed_on FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s AND s.step = 'family_appeals'"
    ((outcome, on),) = ash.rows(query, appeal)
    return outcome, on


def reminders(ash: Village, appeal: str) -> list[int]:
    """The rungs of the window's ladder that were told."""
    query = "SELECT o.messages::json #>> '{rungs,last}' AS rung FROM outbox o JOIN cases c ON c.id = o.case_id WHERE c.ref = %s ORDER BY o.id"
    return [int(row.rung) for row in ash.rows(query, appeal) if row.rung]


def certificate(ash: Village, mediation: str, on: str) -> None:
    """The family wants no mediation, and its certificate comes on that day."""
    ash.clock.today_is = day("2026-11-24")
    ash.decide(mediation, "contact_adviser", "2026-10-25", "no_mediation", told_adviser_on=day("2026-10-25"))
    ash.decide(mediation, "certificate_without_mediation", on, "issued", certificate_issued_on=day(on))


def test_the_last_day_is_a_month_from_the_certificate_that_the_mediation_recorded(ash: Village) -> None:
    """28 November is a Saturday, so the Monday after it is the last day."""
    appeal, mediation = both(ash)
    certificate(ash, mediation, "2026-10-28")
    morning(ash, "2026-11-24")
    assert window(ash, appeal) == ("open", "", day("2026-11-30"))
    noted = ash.ledger.position(appeal)[1].instance("note_certificate")
    assert (noted.status, noted.outcome) == ("done", "issued") and ash.ledger.verify(appeal) == []
    version = ash.ledger.position(appeal)[2]
    morning(ash, "2026-11-30")
    assert ash.ledger.position(appeal)[2] == version, "learnt once, and the last day is the family's"
    morning(ash, "2026-12-01")
    assert window(ash, appeal)[:2] == ("done", "no_word")


def test_an_early_certificate_leaves_the_two_months(ash: Village) -> None:
    appeal, mediation = both(ash)
    ash.decide(mediation, "contact_adviser", "2026-09-10", "no_mediation", told_adviser_on=day("2026-09-10"))
    ash.decide(mediation, "certificate_without_mediation", "2026-09-14", "issued", certificate_issued_on=day("2026-09-14"))
    morning(ash, "2026-10-01")
    assert window(ash, appeal) == ("open", "", day("2026-11-02"))


def test_an_appeal_opened_after_the_certificate_learns_of_it_too(ash: Village) -> None:
    pupil = ash.pupil()
    certificate(ash, opened(ash, "mediation", pupil), "2026-10-28")
    appeal = opened(ash, "tribunal_appeal", pupil)
    morning(ash, "2026-11-24")
    assert window(ash, appeal) == ("open", "", day("2026-11-30"))


def test_while_the_mediation_runs_nothing_lapses_and_nobody_is_told_that_the_last_day_is_near_or_over(ash: Village) -> None:
    appeal, mediation = both(ash)
    ash.clock.today_is = day("2026-10-10")
    ash.decide(mediation, "contact_adviser", "2026-10-10", "mediate", told_adviser_on=day("2026-10-10"), told_la_on=day("2026-10-10"))
    for on in ("2026-10-18", "2026-10-29", "2026-11-02", "2026-11-10"):
        morning(ash, on)
    assert window(ash, appeal)[:2] == ("open", "") and reminders(ash, appeal) == [] and ash.ledger.verify(appeal) == []
    with ash.engines.scheduler() as session:
        late = [one.step for one in overdue(session, ash.clock.today()) if one.case == appeal]
    assert "family_appeals" not in late
    ash.decide(mediation, "la_arranges", "2026-11-09", "cannot_arrange", adviser_told_on=day("2026-11-09"))
    ash.decide(mediation, "certificate_not_arranged", "2026-11-10", "issued", certificate_issued_on=day("2026-11-10"))
    morning(ash, "2026-11-11")
    assert window(ash, appeal) == ("open", "", day("2026-12-10"))
    morning(ash, "2026-11-26")
    assert reminders(ash, appeal) == [1], "two weeks before the day that now is the last"


def test_a_mediation_that_is_called_off_lets_the_window_lapse_on_the_day_it_was(ash: Village) -> None:
    appeal, mediation = both(ash)
    ash.clock.today_is = day("2026-10-10")
    ash.decide(mediation, "contact_adviser", "2026-10-10", "mediate", told_adviser_on=day("2026-10-10"), told_la_on=day("2026-10-10"))
    morning(ash, "2026-11-05")
    assert window(ash, appeal)[0] == "open"
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=mediation, name="withdrawn", because="they no longer want it", on=day("2026-11-05"))
    morning(ash, "2026-11-06")
    assert lapsed(ash, appeal) == ("no_word", day("2026-11-05"))


def test_another_decisions_mediation_and_one_opened_in_error_say_nothing_here(ash: Village) -> None:
    pupil = ash.pupil()
    appeal = opened(ash, "tribunal_appeal", pupil)
    certificate(ash, opened(ash, "mediation", pupil, decision_on=day("2026-09-02")), "2026-10-28")
    wrong = opened(ash, "mediation", pupil)
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=wrong, name="opened_in_error", because="twice", on=day("2026-10-01"))
    morning(ash, "2026-11-24")
    assert lapsed(ash, appeal) == ("no_word", day("2026-11-03"))
