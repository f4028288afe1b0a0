"""The command as a person uses it: real database, real definitions, words and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from db.sample.trust import write_sample_trust
from db.settings import get_settings
from tests.cli.running import Run, runner

TODAY = date.today()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample_trust(folder, TODAY, pupils=300)
    return folder


@pytest.fixture(scope="module")
def imported(database_url: str, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample trust, imported once into the database that these tests share."""
    with pytest.MonkeyPatch.context() as environment:
        run = runner(environment, database_url, tmp_path_factory.mktemp("importing"))
        run("import", str(sample), "--trust", "Lantern Learning Trust")
    return sample


@pytest.fixture
def senco(run: Run, imported: Path) -> str:
    """The address of the first SENCO of the imported sample trust."""
    row = next(line for line in (imported / "staff.csv").read_text(encoding="utf-8-sig").splitlines() if line.endswith(",SENCO"))
    return row.split(",")[4]


def some_pupil(sample: Path, number: int = 0) -> list[str]:
    """A pupil with a UPN at the first school, as the cells of the file."""
    rows = (sample / "pupils.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    return [cells for cells in (r.split(",") for r in rows) if cells[0] == "990001"][number]


def test_a_case_about_a_school_is_opened_and_listed(run: Run, senco: str) -> None:
    facts = ("--fact", "school_year=2040", "--fact", "kind=mainstream")
    ref = json.loads(run("open", "published_information", "--school", "990001", *facts, "--as", senco, "--json").stdout)["case"]
    assert ref.startswith("PI-") and ref in run("case", ref, "--as", senco).stdout
    waiting = json.loads(run("due", "--days", "6000", "--as", senco, "--json").stdout)["due"]
    (row,) = [step for step in waiting if (step["case"], step["step"]) == (ref, "publish_report")]
    assert row["pupil_id"] is None and row["pupil_name"] == row["school"] and row["pupil_initials"] == ""


def test_a_case_is_opened_decided_corrected_explained_drawn_and_ended(run: Run, senco: str, sample: Path, tmp_path: Path) -> None:
    upn = some_pupil(sample)[2]
    opened = json.loads(
        run(
            "open", "ehc_needs_assessment", upn, "--fact", "asked_by=parent", "--fact", "year_group=4", "--fact", "rights_held_by=parent",
            "--as", senco, "--json",
        ).stdout
    )  # fmt: skip
    ref = opened["case"]
    assert ref.startswith("NA-")
    received = (TODAY - timedelta(days=7)).isoformat()
    said = run("decide", ref, "la_confirms_receipt", "--fact", f"request_received_on={received}", "--as", senco).stdout
    assert f"by {(TODAY + timedelta(days=35)).isoformat()}" in said
    why = run("explain", ref, "la_decides_to_assess", "--as", senco).stdout
    assert "6 weeks" in why and "reg 5(1)" in why
    moved = (TODAY - timedelta(days=6)).isoformat()
    run("correct", ref, f"request_received_on={moved}", "--because", "the receipt says so", "--as", senco)
    page = json.loads(run("case", ref, "--as", senco, "--json").stdout)
    assert (TODAY + timedelta(days=36)).isoformat() in {s["due_on"] for s in page["now"]}
    assert any(ref == s["case"] for s in json.loads(run("due", "--days", "200", "--as", senco, "--json").stdout)["due"])
    run("draw", ref, "--out", str(tmp_path), "--as", senco)
    assert "NOW. " in (tmp_path / f"{ref}.svg").read_text() and "bpmn:userTask" in (tmp_path / f"{ref}.bpmn").read_text()
    ended = run("withdraw", ref, "opened_in_error", "--because", "a test", "--as", senco).stdout
    assert "ended: opened in error" in ended


def test_a_child_not_on_roll_is_entered_and_people_are_put_into_places(run: Run, senco: str, sample: Path) -> None:
    la = (sample / "la_contacts.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")[1]
    child = ("child", "Quentin Quince", "--born", "2016-05-04", "--authority", la, "--year", "4", "--as", senco)
    assert "sendflow open plan_consultation" in run(*child).stdout
    assert "sendflow open admission_application" in run("child", "Rhoda Quince", *child[2:], "--no-plan").stdout
    assert "one local authority" in run(*child[:5], "nowhere", "--as", senco, code=2).stderr
    facts = ("on_roll=no", "asked_for_by=family", "medical_condition=no", "rights_held_by=parent", f"consultation_received_on={TODAY.isoformat()}")
    told = [word for fact in facts for word in ("--fact", fact)]
    ref = json.loads(run("open", "plan_consultation", "Quentin Quince", *told, "--as", senco, "--json").stdout)["case"]
    assert "Nobody is in a role yet." in run("contact", ref, "--as", senco).stdout
    for role in ("parent", "la", "governor"):
        assert "give one of the roles" in run("contact", ref, role, "Chair Elm", "chair@board.example", "--as", senco, code=2).stderr


def test_a_wrong_outcome_is_put_right_and_what_followed_is_done_anew(run: Run, senco: str, sample: Path) -> None:
    facts = ("--fact", "asked_by=parent", "--fact", "year_group=4", "--fact", "rights_held_by=parent")
    ref = json.loads(run("open", "ehc_needs_assessment", some_pupil(sample, 1)[2], *facts, "--as", senco, "--json").stdout)["case"]
    received, decided = ((TODAY - timedelta(days=n)).isoformat() for n in (20, 2))
    run("decide", ref, "la_confirms_receipt", "--fact", f"request_received_on={received}", "--as", senco)
    run("decide", ref, "la_decides_to_assess", "assess", "--on", decided, "--as", senco)
    assert "la_asks_for_advice" in open_steps(run, ref, senco)
    refused = ("--outcome", "refuse", "--because", "the letter was misread", "--as", senco)
    assert "--fact goes with --outcome" in run("correct", ref, "x=1", "--fact", "y=2", "--because", "no", "--as", senco, code=2).stderr
    run("correct", ref, "la_decides_to_assess", "--fact", f"decision_on={decided}", *refused)
    assert "la_asks_for_advice" not in open_steps(run, ref, senco)


def test_personal_words_are_erased_and_the_record_still_proves_itself(run: Run, senco: str, sample: Path, tmp_path: Path) -> None:
    facts = ("--fact", "asked_by=parent", "--fact", "year_group=4", "--fact", "rights_held_by=parent")
    ref = json.loads(run("open", "ehc_needs_assessment", some_pupil(sample, 2)[2], *facts, "--as", senco, "--json").stdout)["case"]
    received = f"request_received_on={TODAY.isoformat()}"
    run("decide", ref, "la_confirms_receipt", "--fact", received, "--comment", "rang in tears", "--as", senco)
    kept = tmp_path / "anchor"
    kept.write_text(run("anchor").stdout)
    assert "rang in tears" in run("case", ref, "--as", senco, "--json").stdout
    assert "say --yes" in run("erase", ref, "--as", senco, code=2).stderr
    assert "1 personal texts and files erased" in run("erase", ref, "--yes", "--as", senco).stdout
    assert "rang in tears" not in run("case", ref, "--as", senco, "--json").stdout
    assert json.loads(run("verify", "--against", str(kept), "--json").stdout) == []
    kept.write_text(kept.read_text().replace(ref, "NA-999999"))
    assert "this is no anchor" in run("verify", "--against", str(kept), code=2).stderr


def open_steps(run: Run, ref: str, senco: str) -> set[str]:
    return {s["step"] for s in json.loads(run("case", ref, "--as", senco, "--json").stdout)["now"]}


def test_refusals_are_one_line_with_what_to_do_and_exit_code_2(run: Run, senco: str, sample: Path) -> None:
    upn = some_pupil(sample)[2]
    assert "no process 'annual'" in run("open", "annual", upn, "--as", senco, code=2).stderr
    assert "name a pupil, or a school" in run("open", "annual_review", "--as", senco, code=2).stderr
    assert "no school of yours fits" in run("open", "published_information", "--school", "Nowhere", "--as", senco, code=2).stderr
    assert "no pupil fits" in run("open", "annual_review", "Q999", "--as", senco, code=2).stderr
    assert "no case AR-999999" in run("case", "AR-999999", "--as", senco, code=2).stderr
    assert "nobody on the staff" in run("inbox", "--as", "x@example.org", code=2).stderr
    assert "is not a date" in run("--as-of", "soon", "inbox", "--as", senco, code=2).stderr


def test_what_the_law_does_not_oblige_to_is_said_and_the_case_opens(run: Run, senco: str, sample: Path) -> None:
    lately = TODAY - timedelta(days=30)
    facts = [f"--fact={fact}" for fact in ("asked_by=parent", f"last_assessed_on={lately}", "year_group=4", "rights_held_by=parent")]
    opened = run("open", "reassessment", some_pupil(sample, 3)[2], *facts, "--as", senco)
    assert opened.stderr.startswith("Warning: The last assessment is less than six months ago.") and "recorded, number 1" in opened.stdout


def test_a_bad_file_names_line_and_column_and_imports_nothing(run: Run, senco: str, tmp_path: Path) -> None:
    bad = tmp_path / "pupils.csv"
    bad.write_text("URN,Adno,UPN,Forename,Surname,DOB,Year,SEN status\n990001,1,Q1,Ann,Other,3/4/26,77,K\n")
    said = run("import", str(bad), code=2).stderr
    assert "nothing was imported: 3 problems" in said
    assert "pupils.csv, line 2, column 'UPN'" in said and "column 'DOB'" in said and "column 'Year'" in said


def test_the_same_import_twice_changes_nothing(run: Run, senco: str, sample: Path) -> None:
    again = json.loads(run("import", str(sample), "--json").stdout)
    assert all(f["counts"]["added"] == f["counts"]["changed"] == 0 for f in again["files"])


@pytest.mark.parametrize(
    "arguments", [["timeline", "ehc_needs_assessment", "--fact", "request_received_on=2026-03-03"], ["date", "6 weeks after 2026-03-03"]]
)
def test_dates_need_neither_database_nor_prefect(arguments: list[str]) -> None:
    code = (
        f"import sys; from cli.main import app\ntry:\n app({arguments!r})\nexcept SystemExit as e:\n assert not e.code\n"
        "heavy = {'sqlalchemy', 'prefect', 'psycopg', 'fastapi'} & set(sys.modules); print('heavy:', sorted(heavy))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "2026-04-14" in said or "14 April 2026" in said
    assert "heavy: []" in said


def test_a_misspelt_period_says_where_and_what_to_write(run: Run) -> None:
    said = run("date", "6 weks after 2026-03-03", code=2).stderr
    assert "column 3" in said and "weeks" in said
    assert "2027-09-01" in run("timeline", "annual_review", "--fact", "meeting_on=3/4/26", code=2).stderr


def test_check_finds_nothing_wrong_and_prints_what_it_explored(run: Run) -> None:
    report = json.loads(run("check", "trust_intervention", "advice_request", "--json").stdout)
    assert report["findings"] == [] and report["templates"] == []
    assert [f["process"] for f in report["figures"]] == ["advice_request", "trust_intervention"]
    assert all(f["positions"] > 0 and f["histories"] > 0 for f in report["figures"])
    assert "There is no process anual_review. Name one of: admission_application, " in run("check", "anual_review", code=2).stderr


def test_a_database_that_does_not_answer_is_told_in_words_without_its_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:secret-word@127.0.0.1:1/nothing")
    get_settings.cache_clear()
    for command in (["inbox", "--as", "x@example.org"], ["up", "--port", "0"]):
        said = run(*command, code=2)
        assert "the database does not answer" in said.stderr and "secret-word" not in said.output


def test_a_review_ended_by_hand_is_not_opened_again_and_not_forgotten(run: Run, senco: str) -> None:
    from cli.working import working
    from db.clock import Clock
    from db.ledger import Ledger
    from tasks.open_reviews import OpenedReviews, open_due_reviews
    from tasks.parts import Parts

    w = working()

    def sweep(days: int) -> OpenedReviews:
        on = TODAY + timedelta(days=days)
        clock = Clock(fixed=datetime.combine(on, time(12), UTC))
        return open_due_reviews(Parts(get_settings(), w.engines, clock, w.library, Ledger(w.engines, clock, w.library)), on)

    assert sweep(0).refused == ()
    case = json.loads(run("inbox", "--as", senco, "--json").stdout)["mine"][0]["case"]
    run("withdraw", case, "opened_in_error", "--because", "a test", "--as", senco)
    for days in (1, 2):
        again = sweep(days)
        assert again.refused == () and case not in again.opened
    w.engines.dispose()  # the commands closed it before; the sweeps opened it again
    told = json.loads(run("inbox", "--as", senco, "--json").stdout)["unreviewed"]
    assert [row["closed"] for row in told] == [case]


def test_a_parent_out_of_the_file_has_letters_until_the_school_says_otherwise(run: Run, senco: str, imported: Path, tmp_path: Path) -> None:
    head, *rows = (imported / "families.csv").read_text(encoding="utf-8-sig").splitlines()
    staff = [line.split(",") for line in (imported / "staff.csv").read_text(encoding="utf-8-sig").splitlines()]
    urn = next(row[0] for row in staff if row[4] == senco)
    stranger = next(row[4] for row in staff if row[0] not in (urn, "URN", "") and row[5] == "SENCO")
    first, second = next((a, b) for a, b in pairwise(rows) if a.startswith(urn) and a.split(",")[:2] == b.split(",")[:2])
    (tmp_path / "families.csv").write_text(f"{head}\n{second}\n", encoding="utf-8")
    assert "1 parents are not named any more" in run("import", str(tmp_path / "families.csv")).output
    (one,) = json.loads(run("relatives", "--json").output)
    assert one["name"] == " ".join(first.split(",")[3:5])
    assert "of the school" in run("relatives", "--gone", str(one["number"]), "--as", stranger, code=2).output
    assert "Nobody is missing" in run("relatives", "--gone", str(one["number"]), "--as", senco).output
    (gone,) = json.loads(run("relatives", "--json").output)
    assert gone["gone"] and gone["number"] == one["number"]
    assert "Nobody is missing" in run("relatives", "--stays", str(one["number"]), "--as", senco).output, "a slip is taken back"
    assert "nobody is asked about under the number" in run("relatives", "--stays", str(one["number"]), "--as", senco, code=2).output
