"""Plans that the ledger knows already: an older file undoes no review, a plan after a ceased one is new, and days that cannot be are refused."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from db.engine import Engines
from db.importing.problems import ImportRefused
from db.importing.run import ImportReport
from db.models import Plan, Pupil
from db.review_diary import end_plan
from tests.db.importing.small_files import imports, reviewed
from tests.db.ledger_story import Village, village

PUPILS = "URN,Adno,Forename,Surname,DOB,Year,SEN status\n"
HEAD = "URN,Adno,LA code,Plan date,Last review\n"
Days = tuple[date, date | None, date, date | None]


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    imports(made, pupils=PUPILS + "".join(f"900001,{number},Ann,Ash{number},2016-05-04,5,E\n" for number in range(1, 10)))
    return made


def plan(ash: Village, adno: int, issued: str, reviewed: str = "") -> ImportReport:
    """The one row of a file of plans, with the column of last reviews."""
    return imports(ash, plans=f"{HEAD}900001,{adno},001,{issued},{reviewed}\n")


def without_reviews(ash: Village, adno: int, issued: str) -> ImportReport:
    """The same from a school that does not export the last review."""
    return imports(ash, plans=f"URN,Adno,LA code,Plan date\n900001,{adno},001,{issued}\n")


def plans_of(ash: Village, adno: int) -> list[Days]:
    """Plan date, last review, next review and last day of the pupil's plans, the oldest first."""
    with ash.engines.scheduler() as session:
        found = session.scalars(select(Plan).join(Pupil, Pupil.id == Plan.pupil_id).where(Pupil.mis_id == str(adno)).order_by(Plan.id))
        return [(one.issued_on, one.last_review_on, one.review_due_on, one.ceased_on) for one in found]


def case_of(ash: Village, adno: int) -> str:
    return ash.open(pupil_id=pupil_of(ash, adno)).case


def pupil_of(ash: Village, adno: int) -> int:
    with ash.engines.scheduler() as session:
        return session.scalars(select(Pupil.id).where(Pupil.mis_id == str(adno))).one()


def test_a_review_in_the_diary_outlives_the_older_file_and_one_without_the_column(ash: Village) -> None:
    plan(ash, 1, "2024-02-01", "2025-12-01")
    assert reviewed(ash, case_of(ash, 1), day("2026-11-20"), day("2027-11-19"))
    diaried = [(day("2024-02-01"), day("2026-11-20"), day("2027-11-19"), None)]
    for again in (plan(ash, 1, "2024-02-01", "2025-12-01"), plan(ash, 1, "2024-02-01"), without_reviews(ash, 1, "2024-02-01")):
        assert plans_of(ash, 1) == diaried and not again.changed_anything
    (note,) = plan(ash, 1, "2024-02-01", "2025-12-01").files[0].counts.notes
    assert "2025-12-01 is before the review of 2026-11-20, which was decided in a case here" in str(note)
    assert plan(ash, 1, "2024-02-01", "2026-11-23").changed_anything, "a later review that only the school's system knows counts"
    assert plans_of(ash, 1) == [(day("2024-02-01"), day("2026-11-23"), day("2027-11-22"), None)]


def test_a_review_of_a_plan_that_no_file_had_brought_yet_outlives_the_file_that_brings_it(ash: Village) -> None:
    assert reviewed(ash, case_of(ash, 5), day("2026-11-20"), day("2027-11-19"))
    for said in ("2025-11-30", ""):
        plan(ash, 5, "2023-05-01", said)
        assert plans_of(ash, 5) == [(day("2023-05-01"), day("2026-11-20"), day("2027-11-19"), None)]


def test_a_mistyped_review_is_put_right_by_the_next_file_and_said(ash: Village) -> None:
    plan(ash, 7, "2024-01-10", "2026-03-14")
    (file,) = plan(ash, 7, "2024-01-10", "2025-03-14").files
    right = [(day("2024-01-10"), day("2025-03-14"), day("2026-03-13"), None)]
    assert plans_of(ash, 7) == right and file.counts.changed == 1
    said = "plans.csv, line 2, column 'Last review': the last review was 2026-03-14 and is 2025-03-14 now, so the next one is due on 2026-03-13"
    assert [str(note) for note in file.counts.notes] == [said]
    (again,) = plan(ash, 7, "2024-01-10", "2025-03-14").files
    assert plans_of(ash, 7) == right and again.counts.unchanged == 1 and again.counts.notes == ()


def test_a_later_plan_date_alone_puts_no_review_off_and_says_so(ash: Village) -> None:
    plan(ash, 2, "2025-12-01")
    for _ in range(2):
        (file,) = plan(ash, 2, "2026-11-10").files
        assert plans_of(ash, 2) == [(day("2026-11-10"), None, day("2026-11-30"), None)]
        assert "plans.csv, line 2, column 'Plan date': the review stays due on 2026-11-30" in str(file.counts.notes[0])
    (file,) = plan(ash, 2, "2026-11-10", "2026-11-10").files
    assert plans_of(ash, 2)[0][2] == day("2027-11-09") and file.counts.notes == ()
    plan(ash, 3, "2026-05-01")
    plan(ash, 3, "2026-02-01")
    assert plans_of(ash, 3) == [(day("2026-02-01"), None, day("2027-01-31"), None)], "an earlier one brings it forward"


def test_a_plan_after_a_ceased_one_is_a_new_plan_with_reviews_of_its_own(ash: Village) -> None:
    plan(ash, 4, "2023-02-01", "2025-01-10")
    with ash.engines.scheduler() as session:
        assert end_plan(session, case_of(ash, 4), day("2025-09-01"))
    old = (day("2023-02-01"), day("2025-01-10"), day("2026-01-09"), day("2025-09-01"))
    (file,) = plan(ash, 4, "2023-02-01", "2025-01-10").files
    assert plans_of(ash, 4) == [old] and "this plan ceased on 2025-09-01" in str(file.counts.notes[0])
    assert plan(ash, 4, "2026-02-02").files[0].counts.added == 1
    both = [old, (day("2026-02-02"), None, day("2027-02-01"), None)]
    assert plans_of(ash, 4) == both
    for stale_or_same in (plan(ash, 4, "2026-02-02"), plan(ash, 4, "2023-02-01", "2025-01-10")):
        assert plans_of(ash, 4) == both and not stale_or_same.changed_anything
    due = [one.review_due_on for one in ash.rows("SELECT review_due_on FROM plans WHERE pupil_id = %s AND ceased_on IS NULL", pupil_of(ash, 4))]
    assert due == [day("2027-02-01")], "the sweeps take plans that have not ceased"


@pytest.mark.parametrize(
    ("issued", "reviewed", "column", "said"),
    [
        ("2026-11-25", "", "Plan date", "2026-11-25 is still to come"),
        ("2024-01-01", "2026-11-25", "Last review", "2026-11-25 is still to come"),
        ("2026-03-01", "2020-01-01", "Last review", "the review of 2020-01-01 is before the plan of 2026-03-01"),
    ],
)
def test_days_that_cannot_be_are_refused_with_row_and_column(ash: Village, issued: str, reviewed: str, column: str, said: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        imports(ash, plans=f"{HEAD}900001,8,001,2025-01-01,\n900001,9,001,{issued},{reviewed}\n")
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"plans.csv, line 3, column '{column}': {said}")
    assert plans_of(ash, 8) == plans_of(ash, 9) == []


def test_an_mis_that_keeps_an_amended_plans_date_is_taken_and_the_months_run_from_the_review(ash: Village) -> None:
    (file,) = plan(ash, 6, "2026-05-20", "2026-02-10").files
    assert plans_of(ash, 6) == [(day("2026-05-20"), day("2026-02-10"), day("2027-02-09"), None)]
    (note,) = file.counts.notes
    assert "the review is due on 2027-02-09, 12 months from the last one on 2026-02-10" in str(note)
