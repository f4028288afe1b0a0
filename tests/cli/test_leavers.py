"""`sendflow leavers`: what a file did not name is listed and answered at the keyboard, by whoever leads the school."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import Run
from tests.db.ledger_story import Village

HEAD, SENCO, TEACHER = (f"{role}.ash@school.example" for role in ("headteacher", "senco", "teacher"))


def test_a_senco_who_is_not_in_the_file_is_asked_for_and_ends_by_the_heads_answer(ash: Village, run: Run, tmp_path: Path) -> None:
    ash.meeting_agreed()
    ash.rows("UPDATE persons SET external_id = 'staff:1:' || email WHERE id = %s RETURNING id", ash.senco.person_id)
    staff = tmp_path / "staff.csv"
    staff.write_text(f"Staff ID,URN,Forename,Surname,Work email,Role\n2,900001,New,Teacher,{TEACHER},Teacher\n", encoding="utf-8")
    said = run("import", str(staff)).output
    assert "Senco Ash, SENCO at" in said and "closures not named: 1." in said
    (asked,) = json.loads(run("leavers", "--json").output)["not_named"]
    number = f"R{asked['number']}"
    assert number in run("leavers").output
    for nobody in (TEACHER, SENCO):
        assert "this is answered by" in run("leavers", "--left", number, "--as", nobody, code=2).output
    assert "nobody asked about the pupil 99" in run("leavers", "--stays", "99", "--as", HEAD, code=2).output
    assert "is no number" in run("leavers", "--left", "Ann", "--as", HEAD, code=2).output
    run("leavers", "--left", number, "--as", HEAD, "--on", "2026-01-09")
    assert [str(row.until_on) for row in ash.rows("SELECT until_on FROM memberships WHERE person_id = %s", ash.senco.person_id)] == ["2026-01-09"]
    assert [row.owner for row in ash.rows("SELECT owner FROM unowned_roles")] == ["senco"], "whoever leads hears the same day that nobody is SENCO"
    run("leavers", "--stays", number, "--as", HEAD)
    assert ash.rows("SELECT * FROM unowned_roles") == []
