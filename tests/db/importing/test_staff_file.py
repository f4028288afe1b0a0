"""Who a row of staff.csv is: one number at two schools, a trust's number at many, an address put right, a number given to somebody else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest
from sqlalchemy import select

from db.engine import Engines
from db.importing.problems import ImportRefused
from db.importing.run import FileReport, import_files
from db.models import Membership, Person, School
from tests.databases import TestServer

OAK, ELM = "900101", "900102"
TODAY = date(2026, 11, 24)
HEADINGS = "URN,Staff ID,Forename,Surname,Email,Role"


@pytest.fixture(scope="module", autouse=True)
def schools(engines: Engines) -> None:
    rows = [f"{urn},999400{n},{name},primary,999" for n, (urn, name) in enumerate([(OAK, "Oak"), (ELM, "Elm")])]
    with engines.scheduler() as session:
        import_files(session, {"schools.csv": "\n".join(["URN,DfE number,School name,Phase,LA code", *rows]).encode()}, actor_id=None, today=TODAY)


def imported(engines: Engines, *rows: str, headings: str = HEADINGS) -> FileReport:
    """What the import of these rows said; whom they leave out is another test's (`test_unnamed.py`)."""
    with engines.scheduler() as session:
        return import_files(session, {"staff.csv": "\n".join([headings, *rows]).encode()}, actor_id=None, today=TODAY).files[0]


def notes(report: FileReport) -> list[str]:
    """What it said of rows."""
    return [str(note) for note in report.counts.notes if note.line]


def held(engines: Engines, number: str) -> set[tuple[str, str, str, str]]:
    """Name, address, school and role of everybody with the number."""
    asked = (
        select(Person.given_name, Person.email, School.name, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .join(School, School.id == Membership.school_id)
        .where(Person.external_id.startswith(f"staff:{number}:"))
    )
    with engines.scheduler() as session:
        return {(name, email, school, role) for name, email, school, role in session.execute(asked)}


def one_person(engines: Engines, number: str) -> int:
    with engines.scheduler() as session:
        return session.scalars(select(Person.id).where(Person.external_id.startswith(f"staff:{number}:"))).one()


@pytest.mark.parametrize("together", [True, False])
def test_a_number_of_two_schools_is_two_people(engines: Engines, together: bool) -> None:
    number = "7" if together else "8"
    rows = [f"{OAK},{number},Alice,Ash,alice{number}@oak.example,SENCO", f"{ELM},{number},Bob,Birch,bob{number}@elm.example,Teacher"]
    for part in [rows] if together else [rows[:1], rows[1:]]:
        assert notes(imported(engines, *part)) == []
    expected = {("Alice", f"alice{number}@oak.example", "Oak", "senco"), ("Bob", f"bob{number}@elm.example", "Elm", "teacher")}
    assert held(engines, number) == expected
    assert imported(engines, *rows).counts.changed == 0 and held(engines, number) == expected


def test_a_trusts_number_is_one_person_at_each_school_whatever_the_letters_of_the_address(engines: Engines) -> None:
    imported(
        engines, f"{OAK},9,Cy,Cole,cy@trust.example,SENCO", f"{ELM},9,Cy,Cole,Cy@Trust.example,SENCO", ",9,Cy,Cole,cy@trust.example,Trust SEND lead"
    )
    assert one_person(engines, "9")
    assert {(school, role) for _, _, school, role in held(engines, "9")} == {(s, r) for s in ("Oak", "Elm") for r in ("senco", "trust_send_lead")}
    imported(engines, ",9,Di,Dean,di@trust.example,CEO", f"{OAK},9,Eve,Eyre,eve@oak.example,Teacher")
    assert {who for who, _, _, role in held(engines, "9") if role in ("ceo", "teacher")} == {"Di", "Eve"}, (
        "a role of the trust is another file's number"
    )


def test_an_address_put_right_is_the_same_person_and_is_said(engines: Engines) -> None:
    imported(engines, f"{OAK},10,Fay,Fox,fay.fox@oak.example,Teacher", f"{ELM},10,Fay,Fox,fay.fox@oak.example,Teacher")
    person = one_person(engines, "10")
    anew = [f"{urn},10,Fay,Green,fay.green@oak.example,Teacher" for urn in (OAK, ELM)]
    (problem,) = refused(engines, anew[:1])
    assert problem.startswith(
        "staff.csv, line 2: the staff number 10 is Fay Fox (fay.fox@oak.example) with a role that this file does not tell of too"
    )
    report = imported(engines, *anew)
    assert one_person(engines, "10") == person and {email for _, email, _, _ in held(engines, "10")} == {"fay.green@oak.example"}
    assert notes(report) == [
        "staff.csv, line 2: the address of Fay Green was fay.fox@oak.example and is fay.green@oak.example now",
        "staff.csv, line 2: Fay Fox is Fay Green now",
    ]
    assert notes(imported(engines, anew[0])) == []
    imported(engines, f"{anew[1]},2026-10-23", headings=f"{HEADINGS},Until")
    back = f"{OAK},10,Fay,Green,fay.fox@oak.example,Teacher"
    assert notes(imported(engines, back))[0].endswith("is fay.fox@oak.example now") and one_person(engines, "10") == person, "a role that is over"


def test_a_number_given_to_somebody_else_at_the_same_school_is_another_person(engines: Engines) -> None:
    imported(engines, f"{OAK},11,Gus,Gray,gus@oak.example,Headteacher")
    report = imported(engines, f"{OAK},11,Hal,Hart,hal@oak.example,Teacher")
    assert {(who, role) for who, _, _, role in held(engines, "11")} == {("Gus", "headteacher"), ("Hal", "teacher")}
    assert "another person than Gus Gray (gus@oak.example)" in notes(report)[0]


def test_a_new_system_that_numbers_anew_makes_nobody_twice(engines: Engines) -> None:
    imported(engines, f"{OAK},20,Pam,Pym,pam@oak.example,Teacher", f"{OAK},21,Quin,Quill,quin@oak.example,Teacher")
    person = one_person(engines, "20")
    anew = [f"{OAK},1020,Pam,Pym,Pam@oak.example,Teacher", f"{OAK},1021,Rae,Roe,quin@oak.example,Teacher"]
    report = imported(engines, *anew)
    assert notes(report) == ["staff.csv, line 2: the staff number of Pam Pym was 20 and is 1020 now"]
    assert one_person(engines, "1020") == person and held(engines, "20") == set() and held(engines, "21"), "Rae has another name than Quin"
    assert notes(imported(engines, *anew)) == []
    shifted = [f"{OAK},1021,Pam,Pym,pam@oak.example,Teacher", f"{OAK},1020,Rae,Roe,quin@oak.example,Teacher"]
    assert len(notes(imported(engines, *shifted))) == 2 and one_person(engines, "1021") == person, "a number of somebody else before"
    imported(engines, *anew)
    imported(engines, anew[0], f"{OAK},22,Pam,Pym,pam@oak.example,SENCO")
    assert one_person(engines, "22") != person, "both numbers stand in the file"


def test_a_role_of_the_trust_told_of_one_school_too_is_one_role(engines: Engines) -> None:
    imported(engines, ",30,Sue,De Souza,sue@trust.example,CEO", f"{OAK},30,Sue,DE SOUZA,sue@trust.example,CEO")
    assert held(engines, "30") == {("Sue", "sue@trust.example", school, "ceo") for school in ("Oak", "Elm")}
    twice = [",30,Sue,De Souza,sue@trust.example,CEO,2026-12-18", f"{OAK},30,Sue,De Souza,sue@trust.example,CEO,2026-12-11"]
    with pytest.raises(ImportRefused) as stopped:
        imported(engines, *twice, headings=f"{HEADINGS},Until")
    said = "staff.csv, line 3, column 'Until': line 2 gives chief executive of the same person another last day; keep one"
    assert [str(problem) for problem in stopped.value.problems] == [said]


def refused(engines: Engines, rows: Iterable[str]) -> list[str]:
    with pytest.raises(ImportRefused) as stopped:
        imported(engines, *rows)
    return [str(problem) for problem in stopped.value.problems]


def test_what_cannot_be_told_apart_is_refused_with_its_line(engines: Engines) -> None:
    imported(engines, f"{OAK},12,Ivy,Ince,ivy@oak.example,Teacher", f"{ELM},12,Ivy,Ince,ivy@oak.example,Teacher")
    two = [f"{OAK},13,Jo,Jay,jo@oak.example,Teacher", f"{OAK},13,Jo,Jay,j.jay@oak.example,SENCO"]
    assert "line 3: the staff number 13 stands in line 2 for the same school with another address" in refused(engines, two)[0]
    names = [f"{OAK},13,Jo,Jay,jo@oak.example,Teacher", f"{ELM},13,Kim,Kay,jo@oak.example,Teacher"]
    assert "line 3: the staff number 13 is Jo Jay in line 2; keep one name" in refused(engines, names)[0]
    half = [f"{OAK},12,Ivy,Ince,ivy.ince@oak.example,Teacher", f"{ELM},12,Ivy,Ince,ivy@oak.example,Teacher"]
    assert "line 2: the staff number 12 with the address ivy.ince@oak.example may be Ivy Ince (ivy@oak.example)" in refused(engines, half)[0]
    imported(engines, f"{OAK},15,May,Moss,office@trust.example,SENCO")
    shared = [f"{ELM},15,Ned,Nash,office@trust.example,Teacher"]
    assert "Ned Nash has the staff number and the address of May Moss at another school" in refused(engines, shared)[0]
    assert held(engines, "13") == set() and {name for name, _, _, _ in held(engines, "15")} == {"May"}


def until(engines: Engines, number: str, role: str) -> date | None:
    asked = select(Membership.until_on).join(Person, Person.id == Membership.person_id)
    with engines.scheduler() as session:
        return session.scalars(asked.where(Person.external_id.startswith(f"staff:{number}:"), Membership.role == role)).one()


def test_a_file_without_the_column_keeps_a_last_day_and_an_empty_cell_takes_it_away(engines: Engines) -> None:
    row, last = f"{OAK},14,Lou,Lee,lou@oak.example,Teacher", date(2026, 10, 23)
    imported(engines, f"{row},{last}", headings=f"{HEADINGS},Until")
    (note,) = notes(imported(engines, row))
    assert until(engines, "14", "teacher") == last
    assert "the last day of Lou Lee as teacher was 2026-10-23, and it stands: the file has no column Until" in note
    (note,) = notes(imported(engines, f"{row},", headings=f"{HEADINGS},Until"))
    assert until(engines, "14", "teacher") is None and "is taken away: the cell is empty" in note


def test_who_leads_the_whole_trust_leads_a_school_that_joins_it(postgres: TestServer) -> None:
    """Its own files name nobody of the trust; until somebody thought of it, its lateness was in no leader's report."""
    with postgres.database() as url:
        engines = Engines(url)
        first = {"schools": _schools((OAK, "Oak"), (ELM, "Elm")), "staff": [HEADINGS, *LEADERS]}
        _together(engines, first)
        assert {school for _, _, school, _ in held(engines, "40")} == {"Oak", "Elm"}
        joined = _together(engines, {"schools": _schools((PINE, "Pine")), "staff": [HEADINGS, f"{PINE},1,Pia,Pike,pia@pine.example,SENCO"]})
        with engines.scheduler() as session:
            asked = select(Person.given_name, Membership.role).join(Membership).join(School).where(School.urn == PINE)
            there = {tuple(row) for row in session.execute(asked)}
        assert there == {("Lee", "trust_send_lead"), ("Cal", "ceo"), ("Pia", "senco")}, "not who leads one school, nor whose post is over"
        assert [str(note) for note in joined[0].counts.notes] == [
            "schools.csv: Cal Cole is chief executive at every school of the trust, and now at Pine",
            "schools.csv: Lee Lane is trust SEND lead at every school of the trust, and now at Pine",
        ]
        again = _together(engines, {"schools": _schools((PINE, "Pine"))})
        assert again[0].counts.notes == ()
        engines.dispose()


PINE = "900103"
LEADERS = (
    ",40,Lee,Lane,lee@trust.example,Trust SEND lead",
    ",41,Cal,Cole,cal@trust.example,CEO",
    f"{OAK},42,Rae,Reed,rae@trust.example,Trust SEND lead",
)


def _schools(*named: tuple[str, str]) -> list[str]:
    return ["URN,DfE number,School name,Phase,LA code", *(f"{urn},99{urn[1:]},{name},primary,999" for urn, name in named)]


def _together(engines: Engines, files: dict[str, list[str]]) -> list[FileReport]:
    with engines.scheduler() as session:
        return import_files(session, {f"{kind}.csv": "\n".join(rows).encode() for kind, rows in files.items()}, actor_id=None, today=TODAY).files
