"""A parent whom the family's file does not name any more keeps every right until a person says that it is over; then no letter is theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from db.engine import Engines
from db.importing.missing_relatives import Absent, answer_relative, lately_gone, missing_relatives
from db.models import Family, Person, Pupil
from db.queries.people import people_for
from tests.db.importing.small_files import imports
from tests.db.ledger_story import TODAY, Village, village

PUPILS = "URN,Adno,Forename,Surname,DOB,Year,SEN status\n" + "".join(f"900001,{n},Kit{n},Ash,2016-05-04,5,E\n" for n in range(1, 40))
HEAD = "URN,Adno,Contact ID,Forename,Surname,Relationship,Parental responsibility,Email,No contact\n"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    imports(made, pupils=PUPILS)
    return made


def family(adno: int, *names: str, holds: str = "Yes", barred: str = "") -> str:
    """Rows of these people as parents of the pupil of that number."""
    return "".join(f"900001,{adno},{adno}{name},{name},Ash,Parent,{holds},{name.lower()}{adno}@home.example,{barred}\n" for name in names)


def asked(ash: Village) -> list[Absent]:
    with ash.engines.scheduler() as session:
        return missing_relatives(session)


def says(ash: Village, *, gone: bool) -> None:
    (one,) = asked(ash)
    with ash.engines.scheduler() as session:
        answer_relative(session, one.number, gone=gone, actor_id=ash.senco.person_id or 0, now=NOW)


def case_of(ash: Village, adno: int) -> str:
    with ash.engines.scheduler() as session:
        pupil = session.scalars(select(Pupil.id).where(Pupil.mis_id == str(adno))).one()
    return ash.open(pupil_id=pupil).case


def parents(ash: Village, case: str) -> set[str]:
    """Who is written to as a parent of the case's pupil."""
    with ash.engines.scheduler() as session:
        return {one.name.split()[0] for one in people_for(session, case, "parent", TODAY)}


def test_adoptive_parents_take_the_place_of_the_first_ones_when_a_person_says_so(ash: Village) -> None:
    imports(ash, families=HEAD + family(1, "Ann", "Bob"))
    case = case_of(ash, 1)
    report = imports(ash, families=HEAD + family(1, "Bob", "Eve"))
    assert report.missing_relatives == 1 and parents(ash, case) == {"Ann", "Bob", "Eve"}
    assert [(one.name, one.relationship, one.pupil_name, one.school) for one in asked(ash)] == [("Ann Ash", "Parent", "Kit1 Ash", "Ash School")]
    again = imports(ash, families=HEAD + family(1, "Bob", "Eve"))
    assert not again.changed_anything and again.missing_relatives == 0 and len(asked(ash)) == 1
    (question,) = asked(ash)
    says(ash, gone=True)
    assert asked(ash) == [] and parents(ash, case) == {"Bob", "Eve"}
    with pytest.raises(LookupError, match="nobody is asked about under the number"), ash.engines.scheduler() as session:
        answer_relative(session, question.number, gone=True, actor_id=ash.senco.person_id or 0, now=NOW)
    assert imports(ash, families=HEAD + family(1, "Bob", "Eve")).missing_relatives == 0
    back = imports(ash, families=HEAD + family(1, "Ann", "Bob", "Eve"))
    assert parents(ash, case) == {"Ann", "Bob", "Eve"}
    assert [str(note) for note in back.files[0].counts.notes] == [
        "families.csv, line 2, column 'Parental responsibility': "
        "somebody had said that this is over; the file says Yes again, so they are written to again"
    ]
    assert imports(ash, families=HEAD + family(1, "Ann", "Bob", "Eve")).files[0].counts.notes == ()


def test_whoever_stays_is_asked_about_again_only_after_a_file_has_named_them(ash: Village) -> None:
    imports(ash, families=HEAD + family(2, "Ann", "Bob"))
    assert imports(ash, families=HEAD + family(2, "Bob")).missing_relatives == 1
    says(ash, gone=False)
    assert imports(ash, families=HEAD + family(2, "Bob")).missing_relatives == 0 and asked(ash) == []
    imports(ash, families=HEAD + family(2, "Ann", "Bob"))
    assert imports(ash, families=HEAD + family(2, "Bob")).missing_relatives == 1
    imports(ash, families=HEAD + family(2, "Ann", "Bob"))
    assert asked(ash) == [], "named again before anybody answered"


def test_a_slip_is_taken_back_for_as_long_as_no_file_has_settled_it(ash: Village) -> None:
    imports(ash, families=HEAD + family(7, "Ann", "Bob"))
    imports(ash, families=HEAD + family(7, "Bob"))
    (question,) = asked(ash)
    says(ash, gone=True)

    def gone(days: int = 1) -> list[int]:
        with ash.engines.scheduler() as session:
            return [one.number for one in lately_gone(session, NOW + timedelta(days=days)) if one.pupil_name == "Kit7 Ash"]

    def stays() -> None:
        with ash.engines.scheduler() as session:
            answer_relative(session, question.number, gone=False, actor_id=ash.senco.person_id or 0, now=NOW)

    assert gone() == [question.number] and gone(91) == [] and parents(ash, case_of(ash, 7)) == {"Bob"}
    stays()
    assert gone() == [] and parents(ash, case_of(ash, 7)) == {"Ann", "Bob"}
    assert imports(ash, families=HEAD + family(7, "Bob")).missing_relatives == 0, "it is answered"
    with pytest.raises(LookupError, match="nobody is asked about under the number"):
        stays()
    imports(ash, families=HEAD + family(7, "Ann", "Bob"))
    imports(ash, families=HEAD + family(7, "Bob"))
    says(ash, gone=True)
    imports(ash, families=HEAD + family(7, "Ann", holds="No") + family(7, "Bob"))
    assert gone() == [] and parents(ash, case_of(ash, 7)) == {"Bob"}, "the file says it itself"


def test_a_file_says_nothing_of_children_whom_it_does_not_name_and_nobody_is_asked_in_vain(ash: Village) -> None:
    first = family(3, "Ann") + family(3, "Gran", holds="No") + family(3, "Bar", barred="Yes") + family(4, "Ann", "Bob")
    imports(ash, families=HEAD + first + "900001,3,3Self,Kit3,Ash,Self,No,kit@home.example,\n")
    report = imports(ash, families=HEAD + family(3, "Ann"))
    assert report.missing_relatives == 0 and asked(ash) == []
    with ash.engines.scheduler() as session:
        barred = session.scalars(select(Family).join(Person).where(Person.external_id == "family:900001:3Bar")).one()
        assert barred.no_contact and barred.parental_responsibility


def test_one_who_is_gone_for_one_child_stays_for_another(ash: Village) -> None:
    both = [f"900001,{adno},C9,Cy,Ash,Father,Yes,cy@home.example,\n" for adno in (4, 5)]
    imports(ash, families=HEAD + family(4, "Ann", "Bob") + family(5, "Ann") + "".join(both))
    imports(ash, families=HEAD + family(4, "Ann", "Bob") + family(5, "Ann") + both[1])
    says(ash, gone=True)
    assert parents(ash, case_of(ash, 4)) == {"Ann", "Bob"} and parents(ash, case_of(ash, 5)) == {"Ann", "Cy"}


def test_of_a_file_of_first_contacts_nobody_is_asked_about_the_second_ones(ash: Village) -> None:
    children = range(10, 25)
    imports(ash, families=HEAD + "".join(family(n, "Ann", "Bob") for n in children[:12]) + "".join(family(n, "Ann") for n in children[12:]))
    first = "".join(family(n, "Ann") for n in children)
    report = imports(ash, families=HEAD + first)
    assert report.missing_relatives == 0 and asked(ash) == []
    (note,) = report.files[0].counts.notes
    assert str(note).startswith("families.csv: Ash School: this file names 15 of 27 parents of the children in it, so it is taken for a part")
    assert imports(ash, families=HEAD + first + "".join(family(n, "Bob") for n in children[:11])).missing_relatives == 1
    says(ash, gone=False)


def test_contacts_whom_a_new_system_numbers_anew_stay_the_same_people(ash: Village) -> None:
    imports(ash, families=HEAD + "".join(family(n, "Ann", "Bob") for n in range(30, 36)))
    before = people(ash)
    anew = "".join(family(n, "Ann", "Bob").replace(f",{n}Ann,", f",A{n},").replace(f",{n}Bob,", f",B{n},") for n in range(30, 36))
    report = imports(ash, families=HEAD + anew)
    assert people(ash) == before and report.missing_relatives == 0 and asked(ash) == []
    said = [str(note) for note in report.files[0].counts.notes]
    assert len(said) == 12 and said[0] == "families.csv, line 2, column 'Contact ID': the contact Ann Ash was 30Ann and is A30 now"
    assert imports(ash, families=HEAD + anew).files[0].counts.notes == ()


def test_nobody_is_taken_for_another_where_two_could_be_meant_or_only_the_name_is_the_same(ash: Village) -> None:
    twins = "".join(f"900001,36,{number},Ann,Ash,Parent,Yes,home36@home.example,\n" for number in ("T1", "T2"))
    imports(ash, families=HEAD + twins + family(37, "Ann") + "900001,38,38Self,Kit38,Ash,Self,No,kit38@home.example,\n")
    before = people(ash)
    third = twins.splitlines()[0].replace("T1", "T3") + "\n"
    other = family(37, "Ann").replace("37Ann,", "N37,").replace("ann37@", "new37@")
    parent = "900001,38,P38,Kit38,Ash,Parent,Yes,kit38@home.example,\n"
    imports(ash, families=HEAD + third + other + parent)
    assert len(people(ash)) == len(before) + 3
    imports(ash, families=HEAD + twins + third + family(37, "Ann") + other + parent + "900001,38,38Self,Kit38,Ash,Self,No,kit38@home.example,\n")
    assert asked(ash) == []


def people(ash: Village) -> set[int]:
    """Everybody of a family, by their own numbers here."""
    with ash.engines.scheduler() as session:
        return set(session.scalars(select(Person.id).where(Person.external_id.startswith("family:"))))
