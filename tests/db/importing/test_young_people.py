"""A young person is written to by their own row, however a school's system says that the contact is the pupil."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.engine import Engines
from db.importing.codes import relationship
from db.importing.problems import ImportRefused
from db.migrations.versions.m0027_families_as_files_say import SELVES
from db.models import Family, Person, Pupil
from db.queries.people import people_for
from tests.db.importing.small_files import imports
from tests.db.ledger_story import TODAY, Village, village

PUPILS = "URN,Adno,Forename,Surname,DOB,Year,SEN status\n900001,1,Ada,Ash,2009-05-04,12,E\n"
FAMILIES = "URN,Adno,Contact ID,Forename,Surname,Relationship,Parental responsibility,Email\n"
MOTHER = "900001,1,C1,Ann,Ash,Mother,Yes,ann@home.example\n"
WORDS = ("Self", "SELF", " self ", "Self (18+)", "Pupil", "Student", "The young person", "Him/Herself", "Self/Student")


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    imports(made, pupils=PUPILS)
    return made


@pytest.mark.parametrize("words", WORDS)
def test_every_way_of_saying_the_pupil_is_one_word(words: str) -> None:
    assert relationship(words) == "self"


@pytest.mark.parametrize("words", ["Mother", "Step-father", "Other pupil", "Selfridge", "Student's aunt", "Parent of the pupil"])
def test_what_anybody_else_is_stays_in_the_files_own_words(words: str) -> None:
    assert relationship(words) == words


def test_the_imported_young_person_is_who_is_written_to(ash: Village) -> None:
    imports(ash, families=f"{FAMILIES}{MOTHER}900001,1,C2,Ada,Ash,Self,No,ada@home.example\n")
    with ash.engines.scheduler() as session:
        pupil = session.scalars(select(Pupil.id).where(Pupil.mis_id == "1")).one()
    case = ash.open(pupil_id=pupil).case
    with ash.engines.scheduler() as session:
        assert [one.name for one in people_for(session, case, "young_person", TODAY)] == ["Ada Ash"]
        assert [one.name for one in people_for(session, case, "parent", TODAY)] == ["Ann Ash"]


@pytest.mark.parametrize(("names", "holds"), [("Bob,Birch", "No"), ("Ann,Ash", "Yes")], ids=["other names", "another forename and responsibility"])
def test_somebody_else_as_the_pupil_is_refused(ash: Village, names: str, holds: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        imports(ash, families=f"{FAMILIES}900001,1,C3,{names},Student,{holds},c3@home.example\n")
    assert str(refused.value.problems[0]).startswith("families.csv, line 2, column 'Relationship': this is the pupil by Relationship and not by name")


def test_rows_that_stand_already_are_put_right_by_the_migration(ash: Village) -> None:
    kept = ("Mother", "Selfridge", "Other pupil")
    child = ash.pupil("Eve", "Elm")
    with ash.engines.scheduler() as session:
        people = [Person(kind="family", given_name=words, family_name="Elm", school_ids=[ash.school_id]) for words in (*WORDS, *kept)]
        session.add_all(people)
        session.flush()
        session.add_all(Family(pupil_id=child, person_id=one.id, school_id=ash.school_id, relationship=one.given_name) for one in people)
        session.flush()
        session.connection().exec_driver_sql(SELVES)
        asked = select(Family.relationship).where(Family.pupil_id == child, Family.relationship != "mother")
        assert sorted(session.scalars(asked.execution_options(populate_existing=True))) == sorted((*kept, *("self" for _ in WORDS)))
