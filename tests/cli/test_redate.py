"""`sendflow redate`: what would move is shown with who is told; then it is done by name, once."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import Result

from db import calendar_of_school
from db.chase import sweep_all
from db.engine import Engines
from db.ledger import Ledger
from db.models import Person, SchoolTerm
from rules.bank_holidays import Overrides
from rules.calendar import england
from rules.loader import load_library
from tests.cli.running import Run, runner, stopped_clock, typed, urn_of
from tests.db.ledger_story import EXAMPLE, FACTS, Village, day, village
from tests.db.sending import send_all
from tests.db.test_dates_moved_by_calendar import to_brief_staff
from tests.db.test_outbox import spread_all

_urns = count(912001)  # an address is one person's, though the database is shared


@pytest.fixture
def ash(engines: Engines) -> Village:
    made = village(engines, str(next(_urns)))
    with engines.scheduler() as session:
        assert made.senco.person_id is not None and made.teacher.person_id is not None
        session.get_one(Person, made.senco.person_id).email = f"senco@{urn_of(made)}.example"
        session.get_one(Person, made.teacher.person_id).email = f"teacher@{urn_of(made)}.example"
    return made


@pytest.fixture
def run(database_url: str, ash: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    senco, clock = f"senco@{urn_of(ash)}.example", stopped_clock(tmp_path, "2026-11-24")
    redate = runner(monkeypatch, database_url, tmp_path, "redate", clock_file=clock, **{"as": senco})

    def call(*arguments: str, code: int = 0) -> Result:
        return redate(*(one.replace("@ash.", f"@{urn_of(ash)}.") for one in arguments), code=code)

    return call


def terms_file(ash: Village, tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "term_dates.csv"
    rows = ["URN,Kind,Name,First day,Last day", *(f"{urn_of(ash)},{line}" for line in lines)]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_days_are_shown_first_and_moved_by_name_after_the_import(run: Run, ash: Village, tmp_path: Path) -> None:
    case = to_brief_staff(ash)
    term = terms_file(ash, tmp_path, "term,Autumn,2026-09-01,2026-12-18")
    assert typed("import", str(term)).exit_code == 0
    assert "counted anew; 0 dates in 0" in run("--because", "the terms are known").stdout
    snow = terms_file(ash, tmp_path, "term,Autumn,2026-09-01,2026-12-18", "INSET,Snow,2026-11-24,2026-11-25")

    by_days = json.loads(run("--preview", "--closed", "2026-11-24..2026-11-25", "--json").stdout)
    by_file = json.loads(run("--preview", "--terms", str(snow), "--json").stdout)
    assert by_days == by_file
    (one,) = [one for one in by_days if one["case"] == case]
    assert (one["step"], one["was_on"], one["now_on"]) == ("brief_staff", "2026-11-27", "2026-12-01")
    assert ash.rows("SELECT 1 FROM school_closures WHERE school_id = %s", ash.school_id) == [], "a preview imports nothing"
    assert "0 dates in 0 cases" in run("--preview").stdout, "as stored, nothing would move"

    imported = typed("import", str(snow))
    assert "sendflow redate --preview" in imported.output
    assert case in run("--preview").stdout
    said = run("--because", "snow").stdout
    assert case in said and "2026-12-01" in said and "1 dates in 1 of them have moved" in said
    assert "0 cases were counted anew" in run("--because", "snow").stdout, "done once"
    assert ash.open_rows(case)["brief_staff"].target_on == day("2026-12-01")


def test_a_bank_holiday_less_is_shown_as_it_then_moves(run: Run, ash: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day that is moved, as the one of May 2020 was: with it the school is open, and what counts its days comes earlier."""

    def restarted() -> None:
        """As after an upgrade with other bank holidays."""
        calendar_of_school._calendar.cache_clear()
        ash.ledger = Ledger(ash.engines, ash.clock, load_library(EXAMPLE))

    case = to_brief_staff(ash)
    with monkeypatch.context() as other:
        other.setattr("db.calendar_of_school.england", partial(england, overrides=Overrides(added=frozenset({date(2026, 11, 24)}))))
        restarted()
        assert case in ash.ledger.recount_dates() and ash.open_rows(case)["brief_staff"].target_on == day("2026-11-30")
        shown = json.loads(run("--preview", "--no-holiday", "2026-11-24", "--json").stdout)
    restarted()
    (one,) = [one for one in shown if one["case"] == case]
    done = {one.case: one.moved for one in ash.ledger.redate(ash.senco, because="moved", schools=[ash.school_id])}
    assert [(str(m.was_on), str(m.now_on)) for m in done[case]] == [(one["was_on"], one["now_on"])] == [("2026-11-30", "2026-11-27")]


def test_a_bank_holiday_and_a_fact_are_shown_with_who_was_told(run: Run, ash: Village) -> None:
    case = ash.meeting_agreed()
    sweep_all(ash.engines, day("2026-10-08"))
    spread_all(ash)
    send_all(ash, case)
    shown = run("--preview", "--case", case, "--fact", "meeting_on=2026-11-12").stdout
    assert "2026-10-22" in shown and "Testshire SEN team" in shown and "nobody was told" in shown
    found = json.loads(run("--preview", "--case", case, "--fact", "meeting_on=2026-11-12", "--json").stdout)
    mother = next(one for one in found if one["step"] == "gather_advice" and one["party"] == "parent")
    assert (mother["was_on"], mother["now_on"]) == ("2026-10-15", "2026-10-22") and len(mother["tells"]) == 1
    assert ash.rows("SELECT 1 FROM date_moves m JOIN cases c ON c.id = m.case_id WHERE ref = %s AND m.step = 'gather_advice'", case) == []
    on = date(2026, 12, 18)
    assert ash.ledger.open_case(ash.senco, key=uuid4(), process="annual_review", pupil_id=ash.pupil(), facts=FACTS, on=on - timedelta(days=90)).seq
    assert "Nothing has been written." in run("--preview", "--holiday", "2026-12-17").stdout


def test_a_preview_names_no_case_of_which_its_reader_may_not_know(run: Run, ash: Village, engines: Engines) -> None:
    """A complaint about the head: its dates move with the calendar, and neither what would move nor what has moved shows it to them."""
    ash.ledger = Ledger(engines, ash.clock, load_library())
    with engines.scheduler() as session:
        assert ash.head.person_id is not None
        session.get_one(Person, ash.head.person_id).email = f"head@{urn_of(ash)}.example"
        session.add(SchoolTerm(school_id=ash.school_id, first_on=day("2026-09-01"), last_on=day("2026-12-18"), name="Autumn"))
    about = {"received_on": day("2026-11-20"), "about": "headteacher", "made": "in_writing", "serious_about_provision": False}
    case = ash.ledger.open_case(ash.senco, key=uuid4(), process="complaint", pupil_id=ash.pupil(), facts=about, on=day("2026-11-24")).case
    snow = ("--preview", "--closed", "2026-11-25..2026-11-26")
    assert case in run(*snow).stdout, "the SENCO reads it"
    head = ("--as", "head@ash.example")
    assert case not in run(*snow, *head).stdout
    assert "there is no case" in run("--preview", "--case", case, "--fact", "received_on=2026-11-19", *head, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say why with --because"),
        (("--holiday", "2026-12-17", "--because", "x"), "go with --preview"),
        (("--preview", "--case", "AR-000001"), "--case and --fact go together"),
        (("--preview", "--case", "AR-000001", "--fact", "a=1", "--closed", "2026-12-17"), "say one of them"),
        (("--preview", "--terms", "x.csv", "--closed", "2026-12-17"), "say --terms, or days"),
        (("--preview", "--terms", "nowhere.csv"), "there is no file nowhere.csv"),
        (("--preview", "--no-holiday", "2027-03-03"), "2027-03-03 is no bank holiday"),
        (("--preview", "--closed", "soon"), "--closed 'soon' is no day; write 2027-03-03"),
        (("--preview", "--holiday", "2027-03-05..2027-03-03"), "ends before it begins"),
        (("--preview", "--school", "123456"), "there is no school 123456 among your schools"),
        (("--preview", "--case", "AR-999999", "--fact", "meeting_on=2026-11-12"), "there is no case AR-999999"),
        (("--preview", "--as", "teacher@ash.example"), "is for the SENCO, the headteacher or the trust SEND lead"),
    ],
)
def test_refusals_say_what_to_write(run: Run, arguments: tuple[str, ...], words: str) -> None:
    assert words in run(*arguments, code=2).stderr


def test_a_file_of_something_else_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "schools.csv"
    file.write_text("URN,DfE number,School name,Phase,LA code\n900777,8887777,Elm School,Primary,888\n", encoding="utf-8")
    assert "holds schools; give one of term dates" in run("--preview", "--terms", str(file), code=2).stderr
