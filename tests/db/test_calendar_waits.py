"""What the calendar records: a window that lapsed, a `wait` step on its day, the case's end by them; late runs, days already past, lifted windows."""

from __future__ import annotations

from uuid import uuid4

import pytest

from db.engine import Engines
from rules.history import Refused
from tests.db.family_story import contents, family, notice_decided, opened, standing
from tests.db.la_story import shipped_village
from tests.db.ledger_story import Village, day


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """A school on the family of processes."""
    return family(engines, "900031")


def appeal_of(at: Village) -> str:
    """An appeal's window, for a decision of 20 November: the family has until 20 January."""
    at.clock.today_is = day("2026-11-24")
    return notice_decided(at, opened(at, "notice").case, "keep").also_opened[0]


def calendar(at: Village, today: str) -> list[str]:
    """The calendar's run on a day; the cases in which it recorded something."""
    at.clock.today_is = day(today)
    return [one.case for one in at.ledger.run_calendar(at.clock.today())]


def test_a_window_lapses_and_a_wait_is_recorded_each_on_its_day(ash: Village) -> None:
    case = appeal_of(ash)
    assert case not in calendar(ash, "2027-01-20"), "the last day is the family's"
    assert case in calendar(ash, "2027-01-21")
    assert standing(ash, case, "appeal_or_not") == ("done", "no_appeal", 1)
    assert ash.open_rows(case)["keep_papers"].wakes_on == day("2027-02-20")
    assert case not in calendar(ash, "2027-02-19")
    assert calendar(ash, "2027-02-20") == [case] and ash.ledger.position(case)[1].ended == "closed"
    assert [(one["event"]["on"], one["via"]) for one in contents(ash, case)[1:]] == [("2027-01-21", "calendar"), ("2027-02-20", "calendar")]
    assert calendar(ash, "2027-02-21") == [] and ash.ledger.verify(case) == []


def test_a_late_run_records_each_on_its_own_day(ash: Village) -> None:
    case = appeal_of(ash)
    assert calendar(ash, "2027-06-01") == [case, case]
    assert [one["event"]["on"] for one in contents(ash, case)[1:]] == ["2027-01-21", "2027-02-20"]


def test_a_wait_whose_day_is_past_when_it_opens_is_recorded_at_once_and_not_before_it_opened(ash: Village) -> None:
    """A decision of November that is recorded in May: its window lapses on its own day, the wait that follows likewise."""
    ash.clock.today_is = day("2027-05-03")
    case = notice_decided(ash, opened(ash, "notice").case, "keep").also_opened[0]
    ash.decide(case, "appeal_or_not", "2027-05-03", "no_appeal")
    assert ash.open_rows(case)["keep_papers"].wakes_on == day("2027-05-03")
    assert calendar(ash, "2027-05-03") == [case] and ash.ledger.position(case)[1].ended_on == day("2027-05-03")


def test_nobody_records_a_wait_and_the_calendar_none_before_its_day(ash: Village) -> None:
    case = appeal_of(ash)
    ash.decide(case, "appeal_or_not", "2026-11-24", "no_appeal")
    for actor in (ash.software,):
        with pytest.raises(Refused) as refused:
            ash.ledger.decide(actor, key=uuid4(), case=case, step="keep_papers", on=day("2026-11-24"))
        assert refused.value.code == "not_before"


def test_a_wait_that_ends_a_case_wakes_the_one_that_waits_for_it(ash: Village) -> None:
    """The end that the calendar brings is recorded in the waiting case by the same run."""
    ash.clock.today_is = day("2026-11-24")
    transfer = opened(ash, "transfer").case
    (notice,) = ash.decide(transfer, "prepare", "2026-09-14").also_opened
    notice_decided(ash, notice, "cease")
    assert ash.ledger.position(transfer)[1].ended == "no_longer"


def test_a_claim_brought_out_of_time_lapses_on_its_first_day_and_jams_nothing(engines: Engines) -> None:
    """A claim may be heard though its six months are long over (Equality Act 2010, Sch 17 para 4(3)): its case is opened sixteen months after."""
    oak = shipped_village(engines, "900035", today=day("2026-11-20"))
    facts = {"conduct_on": day("2025-07-10"), "conciliation": False, "rights_held_by": "parent"}
    opening = {"key": uuid4(), "process": "discrimination_claim", "pupil_id": oak.pupil(), "facts": facts}
    case = oak.ledger.open_case(oak.head, **opening, on=day("2026-11-20")).case
    assert case in calendar(oak, "2026-11-24") and case not in calendar(oak, "2026-11-25")
    assert [one["event"]["on"] for one in contents(oak, case)[1:] if one["via"] == "calendar"][:1] == ["2026-11-20"]
    assert oak.ledger.verify(case) == []
