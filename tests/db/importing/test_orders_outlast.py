"""An order that keeps somebody from contact, or an address not to be disclosed, ends by a No in the row of whom it is about, and by nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.engine import Engines
from db.importing.problems import ImportRefused
from db.models import Family, Person, Pupil
from tests.db.importing.small_files import imports
from tests.db.ledger_story import Village, village

PUPILS = "URN,Adno,Forename,Surname,DOB,Year,SEN status\n"
SILENT = "URN,Adno,Contact ID,Forename,Surname,Relationship,Parental responsibility,Email"
HEAD = f"{SILENT},Do not disclose,No contact"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    imports(made, pupils=PUPILS + "".join(f"900001,{number},Kit,Ash{number},2016-05-04,5,E\n" for number in range(1, 7)))
    return made


def row(adno: int, contact: str, forename: str = "Bob", flags: str = "", *, email: str = "") -> str:
    return f"900001,{adno},{contact},{forename},Barred{adno},Father,Yes,{email or f'bob{adno}@home.example'}{flags}\n"


def orders(ash: Village, adno: int) -> dict[str, tuple[bool, bool]]:
    """By contact id: address not to be disclosed, kept from contact."""
    with ash.engines.scheduler() as session:
        asked = select(Person.external_id, Family).join(Family, Family.person_id == Person.id).join(Pupil, Pupil.id == Family.pupil_id)
        found = session.execute(asked.where(Pupil.mis_id == str(adno)))
        return {str(id_).removeprefix("family:900001:"): (one.address_not_disclosed, one.no_contact) for id_, one in found}


def test_an_empty_cell_beside_another_childs_yes_lifts_nothing(ash: Village) -> None:
    imports(ash, families=f"{HEAD}\n{row(1, 'C1', flags=',Yes,Yes')}{row(2, 'C2', flags=',No,Yes')}")
    again = imports(ash, families=f"{HEAD}\n{row(1, 'C1', flags=',,')}{row(2, 'C2', flags=',,Yes')}")
    assert orders(ash, 1) == {"C1": (True, True)} and orders(ash, 2) == {"C2": (False, True)} and not again.changed_anything
    imports(ash, families=f"{HEAD}\n{row(1, 'C1', flags=',,No')}{row(2, 'C2', flags=',,')}")
    assert orders(ash, 1) == {"C1": (True, False)} and orders(ash, 2) == {"C2": (False, True)}


@pytest.mark.parametrize("same", ["name", "e-mail"])
def test_a_contact_entered_anew_stands_under_the_order_of_the_earlier_one(ash: Village, same: str) -> None:
    adno = 3 if same == "name" else 4
    anew = row(adno, "NEW", email="new@home.example").strip() if same == "name" else row(adno, "NEW", "Robert").strip()
    imports(ash, families=f"{HEAD}\n{row(adno, 'OLD', flags=',No,Yes')}")
    with pytest.raises(ImportRefused) as refused:
        imports(ash, families=f"{HEAD}\n{anew},No,No\n")
    assert str(refused.value.problems[0]).startswith(
        "families.csv, line 2, column 'No contact': by name, e-mail or telephone this is the contact OLD"
    )
    (note,) = imports(ash, families=f"{SILENT}\n{anew}\n").files[0].counts.notes
    assert str(note) == "families.csv, line 2, column 'No contact': Yes, as of the contact OLD, who is the same by name or address"
    for silent in (f"{SILENT}\n{anew}\n", f"{HEAD}\n{anew},,\n", f"{HEAD}\n{anew},,Yes\n"):
        imports(ash, families=silent)
        assert orders(ash, adno) == {"OLD": (False, True), "NEW": (False, True)}
    with pytest.raises(ImportRefused):  # as long as it stands of the earlier one, whom the file does not name
        imports(ash, families=f"{HEAD}\n{anew},No,No\n")
    imports(ash, families=f"{HEAD}\n{row(adno, 'OLD', flags=',No,No')}{anew},No,No\n")
    assert orders(ash, adno) == {"OLD": (False, False), "NEW": (False, False)}


def test_two_people_who_share_an_address_are_told_apart_by_naming_both(ash: Village) -> None:
    father, mother = row(5, "F", flags=",No,Yes"), row(5, "M", "Ann", ",No,No")
    (note,) = imports(ash, families=f"{HEAD}\n{father}{mother}").files[0].counts.notes
    assert str(note).startswith(
        "families.csv, line 3, column 'Email': somebody whom an order keeps from contact with this child has the same address"
    )
    own = row(5, "M", "Ann", ",No,No", email="ann@home.example")
    assert imports(ash, families=f"{HEAD}\n{father}{own}").files[0].counts.notes == ()
    imports(ash, families=f"{HEAD}\n{father}{mother}")
    assert orders(ash, 5) == {"F": (False, True), "M": (False, False)}
    assert not imports(ash, families=f"{HEAD}\n{mother}").changed_anything, "whoever is known and free is not barred by a part of the file"
    imports(ash, families=f"{SILENT}\n{row(5, 'M', 'Ann')}")
    assert orders(ash, 5) == {"F": (False, True), "M": (False, False)}
    with pytest.raises(ImportRefused) as refused:
        imports(ash, families=f"{HEAD}\n{row(5, 'S', 'Sue', ',No,No')}")
    assert "name F in the same file: with No if it has ended, with Yes if they are two people" in str(refused.value.problems[0])
    imports(ash, families=f"{HEAD}\n{father}{row(5, 'S', 'Sue', ',No,No')}")
    assert orders(ash, 5)["S"] == (False, False)
