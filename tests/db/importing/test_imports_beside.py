"""An import beside what else is written at that instant: another import, a review that is put in the diary, a profile that is loaded."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select, text

from cli.refused import refusal_lines
from db.engine import Engines
from db.importing.run import import_files
from db.importing.turn import AnotherAtWork, take_turn
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.models import Plan, Pupil
from db.new_child import NewChild, add_child
from rules.loader import load_library
from tests.db.importing.small_files import imports, reviewed
from tests.db.ledger_story import TODAY, Village, day, village
from tests.db.waiting import until_it_waits

PUPILS = "URN,Adno,Forename,Surname,DOB,Year,SEN status\n"
PLANS = "URN,Adno,LA code,Plan date,Last review\n"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    contacts = "LA code,LA name,Contact name,Email,Role\n002,Newshire,New Officer,officer@newshire.example,SEN team\n"
    imports(made, la_contacts=contacts, pupils=PUPILS + "".join(f"900001,{n},Ann,Ash{n},2016-05-04,5,E\n" for n in range(1, 10)))
    imports(made, plans=PLANS + "900001,9,001,2024-02-01,2025-12-01\n")
    return made


def plans_of(ash: Village, adno: int) -> list[tuple[date | None, date]]:
    """Last and next review of each plan of the pupil that runs."""
    with ash.engines.scheduler() as session:
        asked = select(Plan).join(Pupil, Pupil.id == Plan.pupil_id).where(Pupil.mis_id == str(adno), Plan.ceased_on.is_(None)).order_by(Plan.id)
        return [(one.last_review_on, one.review_due_on) for one in session.scalars(asked)]


def pupil_of(ash: Village, adno: int) -> int:
    with ash.engines.scheduler() as session:
        return session.scalars(select(Pupil.id).where(Pupil.mis_id == str(adno))).one()


def test_a_review_recorded_while_a_file_is_imported_stays_in_the_diary(ash: Village) -> None:
    imports(ash, plans=PLANS + "900001,1,001,2024-02-01,2025-12-01\n900001,2,001,2024-02-01,2025-12-01\n")
    case = ash.open(pupil_id=pupil_of(ash, 1)).case
    file = PLANS + "900001,1,001,2024-02-01,2025-12-01\n900001,2,002,2024-02-01,2025-12-01\n"
    with ThreadPoolExecutor(2) as threads:
        with ash.engines.scheduler() as holds_it_up:
            holds_it_up.execute(text("SELECT FROM pupils WHERE id = :id FOR UPDATE"), {"id": pupil_of(ash, 2)})
            importing: Future[object] = threads.submit(imports, ash, plans=file)
            until_it_waits(ash.engines, 1)
            recording: Future[object] = threads.submit(reviewed, ash, case, day("2026-11-20"), day("2027-11-19"))
            until_it_waits(ash.engines, 2, or_done=recording)
        importing.result(), recording.result()
    assert plans_of(ash, 1) == [(day("2026-11-20"), day("2027-11-19"))]


def test_two_imports_of_one_new_plan_bring_one_plan(ash: Village) -> None:
    file = PLANS + "900001,3,001,2024-02-01,2025-12-01\n"
    with ThreadPoolExecutor(1) as threads:
        with ash.engines.scheduler() as first:
            import_files(first, {"plans.csv": file.encode()}, actor_id=None, today=TODAY)
            second: Future[object] = threads.submit(imports, ash, plans=file)
            until_it_waits(ash.engines, 1, or_done=second)
        second.result()
    assert plans_of(ash, 3) == [(day("2025-12-01"), day("2026-11-30"))]


def test_a_child_entered_by_hand_while_a_file_brings_them_is_one_child(ash: Village) -> None:
    child = NewChild(ash.school_id, ash.authority_id, "Bo", "Both", date(2016, 5, 4))
    with ThreadPoolExecutor(2) as threads:
        with ash.engines.scheduler() as first:
            rows = PUPILS + "".join(f"900001,{n},Ann,Ash{n},2016-05-04,5,E\n" for n in range(1, 10)) + "900001,20,Bo,Both,2016-05-04,5,E\n"
            import_files(first, {"pupils.csv": rows.encode()}, actor_id=None, today=TODAY)
            entered = [threads.submit(_enter, ash, child) for _ in range(2)]
            until_it_waits(ash.engines, 2, or_done=entered[0])
        assert {one.result() for one in entered} == {pupil_of(ash, 20)}


def test_two_who_enter_one_child_at_once_enter_it_once(ash: Village) -> None:
    child = NewChild(ash.school_id, ash.authority_id, "Cy", "Twice", date(2016, 5, 4), 5, "Eve", "Twice", "eve@twice.example")
    with ThreadPoolExecutor(1) as threads:
        with ash.engines.scheduler() as first:
            entered = add_child(first, child, TODAY)
            again: Future[int] = threads.submit(_enter, ash, child)
            until_it_waits(ash.engines, 1, or_done=again)
        assert again.result() == entered


def _enter(ash: Village, child: NewChild) -> int:
    with ash.engines.scheduler() as session:
        return add_child(session, child, TODAY)


def test_a_profile_loaded_while_a_file_is_imported_has_the_say_on_the_mailbox(ash: Village) -> None:
    profile = read_profile('la: "001"\nname: Testshire\nmailbox: sen@testshire.example\n', "testshire.yaml", load_library())

    def load() -> None:
        with ash.engines.scheduler() as session:
            load_profile(session, profile, "testshire.yaml", by=None)

    contacts = "LA code,LA name,Contact name,Email,Role\n001,Testshire,Old Team,{},SEN team\n"
    imports(ash, la_contacts=contacts.format("sen@testshire.example"))
    with ThreadPoolExecutor(1) as threads:
        with ash.engines.scheduler() as first:
            import_files(first, {"la_contacts.csv": contacts.format("old@testshire.example").encode()}, actor_id=None, today=TODAY)
            loading: Future[object] = threads.submit(load)
            until_it_waits(ash.engines, 1, or_done=loading)
        loading.result()
    assert [row.sen_email for row in ash.rows("SELECT sen_email FROM authorities WHERE code = '001'")] == ["sen@testshire.example"]


def test_who_waits_too_long_for_another_import_is_told_so_in_words(ash: Village) -> None:
    with ash.engines.scheduler() as first, ash.engines.scheduler() as second:
        take_turn(first)
        second.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(AnotherAtWork) as refused:
            import_files(second, {"plans.csv": PLANS.encode()}, actor_id=None, today=TODAY)
        assert refusal_lines(refused.value) == [str(refused.value)] and "another import" in str(refused.value)
        second.rollback()


def test_a_review_of_a_plan_that_a_file_brings_at_that_instant_is_of_one_plan(ash: Village) -> None:
    file = PLANS + "900001,4,001,2024-02-01,2025-12-01\n"
    case = ash.open(pupil_id=pupil_of(ash, 4)).case
    with ThreadPoolExecutor(1) as threads:
        with ash.engines.scheduler() as first:
            import_files(first, {"plans.csv": file.encode()}, actor_id=None, today=TODAY)
            recording: Future[object] = threads.submit(reviewed, ash, case, day("2026-11-20"), day("2027-11-19"))
            until_it_waits(ash.engines, 1, or_done=recording)
        recording.result()
    assert plans_of(ash, 4) == [(day("2026-11-20"), day("2027-11-19"))]
