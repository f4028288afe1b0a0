"""`sendflow la` as the trust's lead uses it: the record, the file for the LA, and the LA's file held against ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import Result

from db.engine import Engines
from db.models import Case, Membership, Pupil, School
from tests.cli.running import Run, runner, stopped_clock, typed
from tests.db.builders import staff
from tests.db.la_story import decided, pupil_with_plan, reviewed, shipped_village

LEAD, SENCO = "lead.trust@school.example", "senco.ash@school.example"
THAT_YEAR = ("--from", "2026-09-01", "--to", "2027-03-01")


@pytest.fixture(scope="module")
def told(engines: Engines) -> None:
    """One decision on time by its letter and one ten days late, in a trust with a SEND lead."""
    place = shipped_village(engines)
    decided(place, reviewed(place, pupil_with_plan(place, "Ada", "Ashby")), "2026-12-03", recorded_on="2026-12-20")
    decided(place, reviewed(place, pupil_with_plan(place, "Ben", "Birch")), "2026-12-13")
    with engines.scheduler() as session:
        lead = staff(session, session.get_one(School, place.school_id), "Lead", "Trust")
        session.add(Membership(person_id=lead.id, school_id=place.school_id, role="trust_send_lead"))


@pytest.fixture
def run(told: None, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    la = runner(monkeypatch, database_url, tmp_path, "la", clock_file=stopped_clock(tmp_path, "2027-03-01"))

    def call(*arguments: str, who: str = LEAD, code: int = 0) -> Result:
        return la(*arguments, "--as", who, code=code)

    return call


def test_the_record_names_each_duty_beside_the_national_figure(run: Run) -> None:
    shown = run("ledger", *THAT_YEAR).output
    assert "Testshire (001)" in shown
    assert "England, The LA decides whether to keep, amend or cease the plan: 47.4% (2025; DfE, SEN2" in shown
    (row,) = json.loads(run("ledger", "--authority", "001", *THAT_YEAR, "--json").output)
    assert (row["on_time"], row["late"], row["kept_percent"], row["median_days"], row["worst_days"]) == (1, 1, 50.0, 10, 10)
    assert row["national"]["year"] == 2025
    assert "No duty of an LA was due in that time." in run("ledger", "--authority", "999", *THAT_YEAR).output


def test_who_may_not_and_what_cannot_be_read_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    assert "for the trust SEND lead and the chief executive" in run("ledger", who=SENCO, code=2).output
    assert "for the trust SEND lead" in run("reconcile", "001", who=SENCO, code=2).output
    assert "--from 2027-01-01 is after --to 2026-01-01" in run("ledger", "--from", "2027-01-01", "--to", "2026-01-01", code=2).output
    assert "no pupil of your schools has a plan of an LA with the code 999" in run("reconcile", "999", code=2).output
    assert "there is no file" in run("reconcile", "001", "--theirs", str(tmp_path / "none.csv"), code=2).output
    assert "cannot be written" in run("reconcile", "001", "--return", "2027", "--out", str(tmp_path / "no" / "f.csv"), code=2).output


def test_the_file_goes_out_and_the_las_comes_back(run: Run, tmp_path: Path) -> None:
    ours, theirs, differ = (tmp_path / name for name in ("ours.csv", "theirs.csv", "differ.csv"))
    assert "2 pupils, 2 with a review held, 0 who change phase" in run("reconcile", "001", "--return", "2027", "--out", str(ours)).output
    text = ours.read_text(encoding="utf-8-sig")
    assert "Ashby,Ada,2016-03-01" in text
    back = "Surname,Forename,DOB,LastReview\nAshby,Ada,2016-03-01,03/12/2026\nBirch,Ben,2016-03-01,12/12/2026\nBirch,Ben,1 Mar,12/12/2026\n"
    theirs.write_text(back, encoding="cp1252")
    answer = run("reconcile", "001", "--return", "2027", "--theirs", str(theirs), "--out", str(differ), code=2)
    assert "1 rows agree, 1 differ, 1 could not be read." in answer.output
    assert "theirs.csv, line 4, column 'DOB': '1 Mar' is not a date" in answer.output
    assert ",decision on,2026-12-13,2026-12-12,the LA's is 1 day earlier" in differ.read_text(encoding="utf-8-sig")


PROFILE = """\
la: "001"
name: Testshire
mailbox: send@testshire.example
officers:
  - {name: Ana Early, email: a.k@testshire.example, for: {surnames: A to K}}
  - {name: Lee Late, email: l.z@testshire.example, for: {schools: ["900001", "123456"], surnames: L to Z}}
  - {name: Own Officer, email: own@testshire.example, for: {pupils: [G901990001001]}}
escalation:
  manager: {name: Sam Manager, email: manager@testshire.example}
lead_times:
  - {process: annual_review, step: circulate_advice, by: 15 working days before meeting_on}
"""


def test_a_profile_is_checked_loaded_shown_and_handed_on(run: Run, engines: Engines, tmp_path: Path) -> None:
    file, out = tmp_path / "testshire.yaml", tmp_path / "shared.yaml"
    file.write_text(PROFILE.replace("A to K", "K to A").replace("circulate_advice", "circulate"), encoding="utf-8")
    refused = typed("la", "profile", "check", str(file))
    assert refused.exit_code == 2 and "testshire.yaml:5: `surnames: K to A` runs backwards" in refused.output
    assert "testshire.yaml:11: annual_review has no step `circulate`. Write 'circulate_advice'." in refused.output
    file.write_text(PROFILE, encoding="utf-8")
    assert "nothing is wrong. Testshire (001), 3 officers, 1 lead times." in typed("la", "profile", "check", str(file)).output
    assert "profiles of LAs are loaded by a trust's SEND lead; Senco Ash is none" in run("profile", "load", str(file), who=SENCO, code=2).output
    assert "no pupil of yours has the UPN G901990001001" in run("profile", "load", str(file), code=2).output
    assert "No LA has a profile." in run("profile", "show").output, "nothing was changed"
    with engines.scheduler() as session:
        ada = session.scalars(select(Pupil).where(Pupil.family_name == "Ashby")).one()
        ada.upn = "G901990001001"
        reviews = session.scalars(select(Case.ref).join(Pupil, Pupil.id == Case.pupil_id).order_by(Pupil.family_name)).all()
    loaded = run("profile", "load", str(file)).output
    assert "The profile of Testshire (001) is in force: 3 officers." in loaded and "No school of yours has the URN 123456" in loaded
    shown = run("profile", "show", "001", who=SENCO).output
    assert "surnames A to K" in shown and "the schools 900001, 123456, surnames L to Z" in shown and "G901990001001" not in shown
    assert "SEN manager" in shown and "15 working days before meeting" in shown and "and 1 for single pupils" in shown
    asked = [run("profile", "show", "--case", case).output for case in (reviews[0], reviews[-1])]
    assert "Own Officer" in asked[0] and "officer for this pupil" in asked[0] and "Ana Early" in asked[1] and "surnames A to K" in asked[1]
    assert "It names officers, with their work addresses, and no pupil. 1 entries" in run("profile", "export", "001", "--out", str(out)).output
    assert "# One officer is left out" in out.read_text(encoding="utf-8") and "G901990001001" not in out.read_text(encoding="utf-8")
    assert "is in force: 2 officers." in run("profile", "load", str(out)).output, "another trust loads it as it is"
    assert run("profile", "export", "001").output == out.read_text(encoding="utf-8").replace(
        "# One officer is left out: an entry for named pupils is about children, and stays with the trust that knows them.\n", ""
    )
    assert "the LA 999 has no profile" in run("profile", "show", "999", code=2).output
