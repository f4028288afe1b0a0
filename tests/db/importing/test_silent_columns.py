"""A file without a column says nothing of it: no UPN, no care, no address and no way of hearing is lost by a narrower export."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import select

from db.engine import Engines
from db.importing.problems import ImportRefused
from db.models import Family, Person, Pupil
from db.sample.people import pupil_upn
from tests.db.importing.small_files import imports
from tests.db.ledger_story import Village, village

UPN = pupil_upn(Random(1), "9034006", 1)
PUPILS = "URN,Adno,Forename,Surname,DOB,Year,SEN status"
CHILD = "900001,1,Mia,Ash,2016-05-04,5,E"
FAMILIES = "URN,Adno,Contact ID,Forename,Surname,Relationship,Parental responsibility"
MOTHER = "900001,1,C1,Ann,Ash,Mother,Yes"
WIDE_FAMILIES = f"{FAMILIES},Email,Phone,Address,Language,Preferred channel\n{MOTHER},ann@home.example,07700 900001,1 Lane,Polish,Post\n"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


def child(ash: Village) -> tuple[str | None, str, str, bool]:
    with ash.engines.scheduler() as session:
        one = session.scalars(select(Pupil).where(Pupil.mis_id == "1")).one()
        return one.upn, one.class_name, one.primary_need, one.looked_after


def mother(ash: Village) -> tuple[str, ...]:
    with ash.engines.scheduler() as session:
        one = session.scalars(select(Person).where(Person.external_id == "family:900001:C1")).one()
        return one.email, one.phone, one.address, one.language, one.preferred_channel


def test_pupils_keep_what_a_narrower_file_is_silent_of(ash: Village) -> None:
    imports(ash, pupils=f"{PUPILS},UPN,Reg,SEN need,In care\n{CHILD},{UPN},5A,ASD,Yes\n")
    assert child(ash) == (UPN, "5A", "ASD", True)
    assert not imports(ash, pupils=f"{PUPILS}\n{CHILD}\n").changed_anything
    assert child(ash) == (UPN, "5A", "ASD", True)
    imports(ash, pupils=f"{PUPILS},SEN need,In care\n{CHILD},,\n")
    assert child(ash) == (UPN, "5A", "", False), "an empty cell of a column that is there says none"


def test_families_keep_addresses_and_the_way_they_want_to_hear(ash: Village) -> None:
    imports(ash, pupils=f"{PUPILS}\n{CHILD}\n", families=WIDE_FAMILIES)
    wide = ("ann@home.example", "07700 900001", "1 Lane", "pl", "post")
    assert mother(ash) == wide
    assert not imports(ash, families=f"{FAMILIES}\n{MOTHER}\n").changed_anything
    assert mother(ash) == wide
    imports(ash, families=f"{FAMILIES},Email,Language,Preferred channel\n{MOTHER},,,\n")
    assert mother(ash) == ("", *wide[1:]), "no cell says that somebody has no language and hears by no way"
    imports(ash, families=WIDE_FAMILIES)


def test_rows_of_brother_and_sister_complete_one_another_and_name_one_person(ash: Village) -> None:
    imports(ash, pupils=f"{PUPILS}\n{CHILD}\n900001,2,Max,Ash,2018-05-04,3,E\n")
    second = MOTHER.replace(",1,C1", ",2,C1")
    imports(ash, families=f"{FAMILIES},Email\n{MOTHER},ann@home.example\n{second},\n")
    assert mother(ash)[0] == "ann@home.example"
    with pytest.raises(ImportRefused) as refused:
        imports(ash, families=f"{FAMILIES}\n{MOTHER}\n{second.replace('Ann', 'Eve')}\n")
    assert str(refused.value.problems[0]).startswith("families.csv, line 3, column 'Contact ID': the contact C1 has another name in line 2")
    with ash.engines.scheduler() as session:
        assert len(session.scalars(select(Family).join(Person).where(Person.external_id == "family:900001:C1")).all()) == 2
