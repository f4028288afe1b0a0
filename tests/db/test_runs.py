"""Each case's flow run is remembered once; a person is seen by the schools they are tied to."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from db.engine import Engines
from db.models import AuthorityContact, Person
from db.person_schools import refresh_person_schools
from db.runs import NewRun, all_runs, cases_without_run, forget_run, remember_run, remember_runs, run_of
from db.wakes import lease, served
from tests.db.ledger_story import Village, day, village
from tests.db.test_outbox import spread_all


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def test_runs_are_remembered_once_and_replaced_on_purpose(ash: Village) -> None:
    first, second = ash.open().case, ash.open().case
    with ash.engines.scheduler() as session:
        assert [(one.case, one.process, one.school_urn) for one in cases_without_run(session, 10)] == [
            (first, "annual_review", "900001"), (second, "annual_review", "900001"),
        ]  # fmt: skip
        runs = [NewRun(first, uuid4()), NewRun(second, uuid4())]
        remember_runs(session, runs)
        remember_runs(session, [NewRun(first, uuid4())])
        found = run_of(session, first)
        assert found is not None and found.flow_run_id == runs[0].flow_run_id, "a run that is there stays"
        assert cases_without_run(session, 10) == []
        artifact, newer = uuid4(), uuid4()
        remember_run(session, first, runs[0].flow_run_id, artifact)
        remember_run(session, first, newer)
        found = run_of(session, first)
        assert found is not None and (found.flow_run_id, found.artifact_id) == (newer, artifact)
        assert {one.case for one in all_runs(session)} == {first, second}
        forget_run(session, second)
        assert run_of(session, second) is None and run_of(session, "AR-999999") is None


def test_a_case_that_ended_before_its_first_wake_still_needs_a_run_and_one_that_was_served_does_not(ash: Village) -> None:
    case = ash.open().case
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=case, name="moved_away", because="moved to York", on=day("2026-09-11"))
    spread_all(ash)
    with ash.engines.scheduler() as session:
        assert case in [one.case for one in cases_without_run(session, 10)]
        held = lease(session, case, "a worker", 60)
        assert held is not None and served(session, case, held.fence, held.upto)
        assert case not in [one.case for one in cases_without_run(session, 10)]


def test_a_person_is_seen_by_the_schools_they_are_tied_to(ash: Village) -> None:
    birch = village(ash.engines, "900002")
    pupil = birch.pupil()
    with ash.engines.scheduler() as session:
        officer = Person(kind="outside", given_name="Offi", family_name="Cer", school_ids=[ash.school_id])
        nobody = Person(kind="outside", given_name="No", family_name="Body", school_ids=[ash.school_id])
        session.add_all([officer, nobody])
        session.flush()
        session.add(AuthorityContact(authority_id=birch.authority_id, person_id=officer.id, role="la"))
        session.flush()
        assert refresh_person_schools(session) >= 2
        assert refresh_person_schools(session) == 0
        session.expire_all()
        assert session.get_one(Person, officer.id).school_ids == [birch.school_id]
        assert session.get_one(Person, nobody.id).school_ids == []
        session.execute(text("UPDATE pupils SET authority_id = :la WHERE id = :pupil"), {"la": ash.authority_id, "pupil": pupil})
        session.execute(text("UPDATE authority_contacts SET authority_id = :la"), {"la": ash.authority_id})
        refresh_person_schools(session)
        session.expire_all()
        assert session.get_one(Person, officer.id).school_ids == sorted([ash.school_id, birch.school_id]), (
            "an officer works for every school of a pupil"
        )
