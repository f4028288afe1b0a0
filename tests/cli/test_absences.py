"""`sendflow absence` and what the command shows of it: said in words, listed, taken back; a leaver in staff.csv is told at once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from db.clock import Clock
from db.models import SchoolClosure
from rules.calendar import england
from rules.explain import in_full
from tests.cli.running import Run
from tests.db.ledger_story import Village

HEAD, SENCO, TEACHER = (f"{role}.ash@school.example" for role in ("headteacher", "senco", "teacher"))


def test_an_absence_is_said_listed_and_taken_back(ash: Village, run: Run) -> None:
    today = Clock().today()
    last = today + timedelta(days=13)
    assert "Nobody is away." in run("absence", "list", "--as", HEAD).output
    said = json.loads(run("absence", "add", "--deputy", TEACHER, "--to", str(last), "--as", HEAD, "--json").output)
    assert (said["person"], said["deputy"], said["acting"], said["to_on"]) == ("Headteacher Ash", "Teacher Ash", "Teacher Ash", str(last))
    assert "in a ring" in run("absence", "add", "--deputy", HEAD, "--as", TEACHER, code=2).output
    assert "Teacher Ash" in run("absence", "list", "--as", TEACHER).output
    case = ash.meeting_agreed()
    mine = json.loads(run("inbox", "--json", "--as", TEACHER).output)["mine"]
    assert {(one["step"], one["stands_in_for"]) for one in mine if one["case"] == case} == {("gather_advice", "Headteacher Ash")}
    assert "(for Headteacher Ash)" in run("inbox", "--as", TEACHER).output
    assert "Nobody is away." in run("absence", "list", "--as", SENCO).output, "it is not the SENCO's affair"
    assert "may take back" in run("absence", "end", str(said["id"]), "--as", SENCO, code=2).output
    assert "Teacher Ash no longer stands in" in run("absence", "end", str(said["id"]), "--as", HEAD).output
    assert "that you may take back" in run("absence", "end", str(said["id"]), "--as", HEAD, code=2).output


def test_in_the_holidays_the_command_says_when_the_deputy_will_be_told(ash: Village, run: Run) -> None:
    today = Clock().today()
    opens = england().working_day_from(today + timedelta(days=8))
    with ash.engines.scheduler() as session:
        session.add(SchoolClosure(school_id=ash.school_id, first_on=today, last_on=opens - timedelta(days=1), reason="snow"))
    late = f"Teacher Ash is told by mail on {in_full(opens)}, the next school day; if they must act before then, tell them yourself."
    assert late in run("absence", "add", "--deputy", TEACHER, "--as", HEAD).output
    number = json.loads(run("absence", "list", "--as", HEAD, "--json").output)[0]["id"]
    run("absence", "end", str(number), "--as", HEAD)
    ash.rows("DELETE FROM school_closures WHERE school_id = %s RETURNING 1", ash.school_id)


def test_somebody_who_is_ill_is_said_to_be_away_by_the_head_alone(ash: Village, run: Run) -> None:
    ill = ("absence", "add", "--person", TEACHER, "--deputy", SENCO)
    assert "for somebody else a headteacher" in run(*ill, "--as", SENCO, code=2).output
    assert "nobody on the staff has the address" in run(*ill[:-1], "nobody@school.example", "--as", HEAD, code=2).output
    assert "until further notice" in run(*ill, "--as", HEAD).output


def test_a_leaver_in_the_staff_file_is_told_by_the_import_and_by_watch(ash: Village, run: Run, tmp_path: Path) -> None:
    ash.meeting_agreed()
    yesterday = Clock().today() - timedelta(days=1)
    ash.rows("UPDATE persons SET external_id = %s WHERE id = %s RETURNING id", f"staff:1:{SENCO}", ash.senco.person_id)
    staff = tmp_path / "staff.csv"
    staff.write_text(
        f"Staff ID,URN,Title,Forename,Surname,Work email,Role,Until\n1,900001,,Senco,Ash,{SENCO},SENCO,{yesterday:%d/%m/%Y}\n", encoding="utf-8"
    )
    run("import", str(staff))
    wrong = [one["words"] for one in json.loads(run("watch", "--json", code=1).output)["wrong"] if one["kind"].startswith("unowned")]
    assert len(wrong) == 1 and "Nobody can act as SENCO at one school" in wrong[0]
    run("absence", "add", "--person", SENCO, "--deputy", HEAD, "--as", HEAD)
    assert ash.rows("SELECT * FROM unowned_roles") == []
