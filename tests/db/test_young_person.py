"""When the rights pass to the young person (CFA 2014 s.83(2)), what is owed to the parents is owed to them, and so is the chasing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from db.engine import Engines
from db.ledger import Ledger
from db.models import Family, Person
from rules.loader import load_library
from tests.db.ledger_story import Village, day, village
from tests.db.test_outbox import spread_all


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    made.ledger = Ledger(engines, made.clock, load_library())
    return made


def young_persons_case(ash: Village, holder: str) -> str:
    pupil = ash.pupil()
    with ash.engines.scheduler() as session:
        person = Person(kind="family", given_name="Ada", family_name="Ashby", email="ada@home.example", school_ids=[ash.school_id])
        session.add(person)
        session.flush()
        session.add(Family(pupil_id=pupil, person_id=person.id, school_id=ash.school_id, relationship="self"))
    case = ash.open(pupil_id=pupil, rights_held_by=holder, year_group=12).case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    return case


def told(ash: Village, case: str, template: str) -> set[str]:
    spread_all(ash)
    query = "SELECT to_role FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.template = %s AND d.person_id IS NOT NULL"
    return {row.to_role for row in ash.rows(query, case, f"annual_review/{template}")}


def test_the_young_person_is_asked_and_not_the_parents(ash: Village) -> None:
    case = young_persons_case(ash, "young_person")
    assert ash.open_rows(case)["gather_advice/parent"].owner == "young_person"
    assert "young_person" in told(ash, case, "gather_advice.opened") and "parent" not in told(ash, case, "gather_advice.opened")
    assert ash.ledger.verify(case) == []


def test_the_rights_pass_in_the_middle_of_a_case(ash: Village) -> None:
    case = young_persons_case(ash, "parent")
    assert ash.open_rows(case)["gather_advice/parent"].owner == "parent" and "parent" in told(ash, case, "gather_advice.opened")
    ash.ledger.correct(
        ash.senco, key=uuid4(), case=case, fact="rights_held_by", value="young_person", because="over compulsory school age", on=day("2026-09-25")
    )
    assert ash.open_rows(case)["gather_advice/parent"].owner == "young_person" and ash.ledger.verify(case) == []
