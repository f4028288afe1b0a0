"""Cases about a school: opened once a school year, seen by its own staff alone, read without a pupil."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import update

from db.acts.errors import NotAllowed, NotFound
from db.contacts import Named, put_contact
from db.engine import Engines
from db.ledger import Actor, Ledger, Receipt
from db.models import School
from db.queries.case_page import case_page
from db.queries.cases import list_cases
from db.queries.inbox import inbox
from db.queries.people import people_for
from db.queries.timeline import timeline_of
from db.roles import become
from db.settings import Settings
from db.url import psycopg_url
from rules.history import Refused
from rules.loader import load_library
from tasks.open_school_years import open_school_years
from tasks.parts import Parts
from tests.db.ledger_story import Village, day, village

PROCESS = "published_information"
FACTS = {"school_year": 2026, "kind": "mainstream"}


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """A school on the shipped definitions."""
    made = village(engines)
    made.ledger = Ledger(engines, made.clock, load_library())
    return made


@pytest.fixture(scope="module")
def birch(ash: Village) -> Village:
    """Another school of the trust, on the same ledger."""
    made = village(ash.engines, "900002")
    made.clock, made.ledger = ash.clock, ash.ledger
    return made


def opened(at: Village, year: int, by: Actor | None = None, on: str = "2026-09-07") -> Receipt:
    facts = {**FACTS, "school_year": year}
    return at.ledger.open_case(by or at.senco, key=uuid4(), process=PROCESS, school_id=at.school_id, facts=facts, on=day(on))


def test_a_case_about_a_school_is_read_with_the_schools_name_and_no_pupil(ash: Village) -> None:
    ash.clock.today_is = day("2026-11-24")
    case = opened(ash, 2026).case
    assert case.startswith("PI-")
    with ash.engines.app({ash.school_id}) as session:
        found = case_page(session, case, ash.clock.today_is)
        assert found is not None and found.pupil is None and found.whom == "Ash School"
        assert found.head.authority == "Testshire"
        assert {step.step for step in found.now} >= {"confirm_senco", "check_complaints_procedure", "year_over"}
        (row,) = [one for one in list_cases(session) if one.ref == case]
        assert (row.pupil_name, row.pupil_initials, row.school) == ("Ash School", "", "Ash School")
        assert [one.ref for one in list_cases(session, about_school=ash.school_id)] == [case]
        assert {one.pupil_name for one in inbox(session, ash.head.person_id or 0, ash.clock.today_is).mine if one.case == case} == {"Ash School"}
        assert [entry.kind for entry in timeline_of(session, case)] == ["open"]
        assert [one.person_id for one in people_for(session, case, "headteacher", ash.clock.today_is)] == [ash.head.person_id]
        assert [one.name for one in people_for(session, case, "la", ash.clock.today_is)] == ["Testshire SEN team"]
        assert people_for(session, case, "parent", ash.clock.today_is) == []


def test_it_is_opened_once_a_school_and_year(ash: Village, birch: Village) -> None:
    first = opened(ash, 2030)
    again, other_year, other_school = opened(ash, 2030), opened(ash, 2031), opened(birch, 2030)
    assert again.repeated and again.case == first.case
    assert len({first.case, other_year.case, other_school.case}) == 3 and not (other_year.repeated or other_school.repeated)


def test_another_school_neither_opens_nor_sees_it(ash: Village, birch: Village) -> None:
    case = opened(ash, 2032).case
    with ash.engines.app({birch.school_id}) as session:
        assert case_page(session, case, day("2026-11-24")) is None
        assert case not in {one.ref for one in list_cases(session, running=None)}
        assert list_cases(session, about_school=ash.school_id) == []
    with pytest.raises(NotFound, match="no such school"):
        ash.ledger.open_case(birch.senco, key=uuid4(), process=PROCESS, school_id=ash.school_id, facts=FACTS, on=day("2026-09-07"))
    with pytest.raises(NotAllowed, match="at that school"):
        opened(ash, 2033, ash.teacher)
    with pytest.raises(NotFound):
        ash.ledger.decide(birch.senco, key=uuid4(), case=case, step="draft_report", on=day("2026-09-10"))


def test_a_process_about_a_pupil_is_not_opened_about_a_school_nor_the_other_way_round(ash: Village) -> None:
    with pytest.raises(Refused, match="about a school"):
        ash.ledger.open_case(ash.senco, key=uuid4(), process=PROCESS, pupil_id=ash.pupil(), facts=FACTS, on=day("2026-09-07"))
    facts = {"received_on": day("2026-09-01"), "made": "informally", "about": "provision", "serious_about_provision": False}
    with pytest.raises(Refused, match="about one pupil"):
        ash.ledger.open_case(ash.senco, key=uuid4(), process="complaint", school_id=ash.school_id, facts=facts, on=day("2026-09-07"))


def test_the_table_refuses_a_pupils_case_without_a_pupil(ash: Village) -> None:
    pupils_case = ash.ledger.open_case(
        ash.senco, key=uuid4(), process="complaint", pupil_id=ash.pupil(), on=day("2026-09-07"),
        facts={"received_on": day("2026-09-01"), "made": "informally", "about": "provision", "serious_about_provision": False},
    ).case  # fmt: skip
    with psycopg.connect(psycopg_url(ash.engines.url)) as connection:
        connection.execute(become("sendflow_writer"))
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("UPDATE cases SET pupil_id = NULL WHERE ref = %s", (pupils_case,))


def test_nobody_is_put_into_a_role_of_a_school(ash: Village) -> None:
    role = ash.ledger.position(opened(ash, 2034).case)[0].roles["receiving_school"]
    with ash.engines.scheduler() as session, pytest.raises(LookupError, match="about a pupil"):
        put_contact(session, opened(ash, 2034).case, role, Named("Ria", "Rowan", "ria@school.example"), day("2034-09-07"))


def test_the_chain_holds_and_the_rows_are_built_anew(ash: Village) -> None:
    case = opened(ash, 2035).case
    ash.ledger.decide(
        ash.head, key=uuid4(), case=case, step="review_access_plan", outcome="runs_on", private={"comment": "said"}, on=day("2026-10-01")
    )
    before = {name: row.due_on for name, row in ash.open_rows(case).items()}
    ash.ledger.rebuild_rows(case)
    assert {name: row.due_on for name, row in ash.open_rows(case).items()} == before
    assert ash.ledger.erase_private(ash.senco, key=uuid4(), case=case, on=day("2026-10-02")) == 1
    assert ash.ledger.verify(case) == []


def morning(at: Village, on: str, folder: Path) -> tuple[str, ...]:
    """What that morning's sweep opens. Its parts are new: a year that passes between two of them is no leap of the clock."""
    at.clock.today_is = day(on)
    parts = Parts(Settings(data_folder=folder), at.engines, at.clock, at.ledger.parts.library, at.ledger)
    found = open_school_years(parts, at.clock.today_is)
    assert found.refused == ()
    return found.opened


def of_year(at: Village, year: int) -> list[Any]:
    """The cases of that year, by school."""
    asked = "SELECT c.ref, c.school_id FROM cases c WHERE c.natural_key LIKE %s ORDER BY c.school_id"
    return at.rows(asked, f"{PROCESS}/school %/{year}%")


def test_the_morning_opens_each_schools_year_once_and_not_what_a_person_has_ended(ash: Village, birch: Village, tmp_path: Path) -> None:
    with ash.engines.scheduler() as session:
        session.execute(update(School).where(School.id == birch.school_id).values(phase="special"))
    morning(ash, "2028-08-31", tmp_path)
    assert of_year(ash, 2028) == [], "the year has not begun"
    found = morning(ash, "2028-09-01", tmp_path)
    rows = of_year(ash, 2028)
    assert [row.ref for row in rows] == list(found)
    assert [row.school_id for row in rows] == [ash.school_id, birch.school_id]
    assert [ash.ledger.position(row.ref)[1].facts["kind"] for row in rows] == ["mainstream", "special"]
    ash.ledger.interrupt(ash.head, key=uuid4(), case=rows[0].ref, name="opened_in_error", because="not wanted", on=ash.clock.today_is)
    assert morning(ash, "2028-09-02", tmp_path) == ()
    assert opened(ash, 2028, on="2028-09-02").repeated is False, "a person may open again what a person has ended"


def test_no_year_opens_by_itself_for_a_school_that_left_or_when_september_is_over(ash: Village, birch: Village, tmp_path: Path) -> None:
    with ash.engines.scheduler() as session:
        session.execute(update(School).where(School.id == birch.school_id).values(left_on=day("2029-07-31")))
    assert morning(ash, "2030-10-01", tmp_path) == ()
    (case,) = morning(ash, "2033-09-05", tmp_path)
    assert ash.ledger.position(case)[1].facts["school_year"] == 2033
    assert [row.school_id for row in of_year(ash, 2033)] == [ash.school_id]
