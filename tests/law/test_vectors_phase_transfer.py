"""The rows of `vectors.csv` about a change of phase, through the process: a case opened with the row's dates, the date read from the ledger.

The limit is before 15 February or 31 March, so the 14th and the 30th. Who counts back from the 15th or the 31st comes a day later than we do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.ledger import Refused
from rules.due import DueDate
from rules.values import Facts
from tests.db.ledger_story import Village
from tests.law.rows import BY_ID

ONE_DAY = timedelta(days=1)
POST_16 = "secondary_to_post_16"
# Row, phase, what of the process answers it, and by how many days the process is earlier than the source (its note says why).
LIMITS = [("read-13", "primary_to_secondary", 0), ("read-14", POST_16, 0)]
DECISIONS = [("transfer-4", "primary_to_secondary", 0)]
MEETINGS = [("read-5", "primary_to_secondary", 0), ("transfer-2", "primary_to_secondary", 1), ("transfer-6", POST_16, -2)]


def told(row: str) -> date:
    return date.fromisoformat(BY_ID[row]["expected_deadline"])


def opened(place: Village, process: str, on: date, **facts: object) -> str:
    known: Facts = {"year_group": 6, "looked_after": False, "rights_held_by": "parent", **facts}  # type: ignore[dict-item]
    return place.ledger.open_case(place.senco, key=uuid4(), process=process, pupil_id=place.pupil(), facts=known, on=on).case


def transfer(place: Village, phase: str, year: int, decide_by: date) -> str:
    """The case as the morning of the first of September opens it, in the year before."""
    begins, when = date(year - 1, 9, 1), date(year, 9, 1)
    return opened(place, "phase_transfer", begins, phase=phase, transfer_on=when, review_due_on=decide_by, ordinary_review="none")


def due(place: Village, case: str, step: str) -> date:
    found = place.ledger.position(case)[1].instance(step).due
    assert isinstance(found, DueDate)
    return found.on


def last_day(accepts: Callable[[date], object], near: date) -> date:
    """The last day that the process accepts, within four days of `near`; it must refuse every day after it."""
    days = [near + n * ONE_DAY for n in range(-4, 5)]
    taken = []
    for day in days:
        try:
            accepts(day)
        except Refused:
            continue
        taken.append(day)
    assert taken == days[: len(taken)] and len(taken) < len(days)
    return taken[-1]


@pytest.mark.parametrize(("row", "phase", "earlier"), LIMITS)
def test_the_plan_names_the_school_by_the_day_of_the_law(place: Village, row: str, phase: str, earlier: int) -> None:
    year = date.fromisoformat(BY_ID[row]["event_date"]).year
    case = transfer(place, phase, year, date(year - 1, 12, 1))
    assert due(place, case, "la_names_school") == told(row) - earlier * ONE_DAY


@pytest.mark.parametrize(("row", "phase", "earlier"), DECISIONS)
def test_the_decision_leaves_the_amended_plan_its_eight_weeks(place: Village, row: str, phase: str, earlier: int) -> None:
    year = date.fromisoformat(BY_ID[row]["event_date"]).year
    assert last_day(lambda day: transfer(place, phase, year, day), told(row)) == told(row) - earlier * ONE_DAY


@pytest.mark.parametrize(("row", "phase", "earlier"), MEETINGS)
def test_the_latest_meeting_leaves_four_weeks_and_eight(place: Village, row: str, phase: str, earlier: int) -> None:
    year = date.fromisoformat(BY_ID[row]["event_date"]).year
    decision = last_day(lambda day: transfer(place, phase, year, day), told(row) + timedelta(weeks=4))
    begins = date(year - 1, 9, 1)

    def agree(day: date) -> None:
        case = opened(place, "annual_review", begins, review_due_on=decision, reason="phase_transfer")
        place.decide(case, "note_transfer", begins.isoformat(), transfer_year=year)
        place.decide(case, "agree_meeting_date", begins.isoformat(), meeting_on=day)

    assert last_day(agree, told(row)) == told(row) - earlier * ONE_DAY


def test_the_decision_comes_four_weeks_after_the_transfers_review(place: Village) -> None:
    meeting = date.fromisoformat(BY_ID["review-1"]["event_date"])
    case = opened(place, "annual_review", date(2024, 9, 2), review_due_on=date(2024, 12, 20), reason="phase_transfer")
    place.decide(case, "note_transfer", "2024-09-02", transfer_year=2025)
    place.decide(case, "agree_meeting_date", "2024-09-05", meeting_on=meeting)
    assert due(place, case, "la_decision") == told("review-1")


def test_every_row_of_the_process_is_run_here() -> None:
    run = {row for row, _, _ in (*LIMITS, *DECISIONS, *MEETINGS)}
    assert run == {name for name, row in BY_ID.items() if row["process"] == "phase_transfer"}
