"""`sendflow migrate` as a person uses it: what would move, the move, the way back; and bulk that is stopped and killed half-way."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from db.engine import Engines
from db.ledger import Actor
from rules.library import Library
from rules.loader import PROCESS_DEFINITIONS, load_library
from tests.cli.test_commands import TODAY, Run, imported, sample, senco, some_pupil  # noqa: F401 - fixtures by their names
from tests.db.ledger_story import Village, village
from tests.db.other_texts import WEEKS, library_with, text_of, trust_lead

NA = "ehc_needs_assessment"
OLD, NEW = (
    "after: opening\n    only_if: {asked_by: school}\n    target: 3 weeks",
    "after: opening\n    only_if: {asked_by: school}\n    target: 4 weeks",
)
OLD_OWNER = "title: Hear what the pupil thinks\n    hint: In words, pictures or signs. Write down what was said as it was said.\n    by: senco"
CASES = 90


def address(folder: Path, role: str) -> str:
    rows = (folder / "staff.csv").read_text(encoding="utf-8-sig").splitlines()
    return next(row for row in rows if row.endswith(f",{role}")).split(",")[4]


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Library]:
    """Edits the folder of definitions that the command reads: one date later, one owner another."""

    def edit() -> Library:
        folder = tmp_path / "process_definitions"
        shutil.copytree(PROCESS_DEFINITIONS, folder)
        file = folder / f"{NA}.yaml"
        text = file.read_text(encoding="utf-8")
        assert text.count(OLD) == text.count(OLD_OWNER) == 1
        file.write_text(text.replace(OLD, NEW).replace(OLD_OWNER, OLD_OWNER.replace("senco", "headteacher")), encoding="utf-8")
        library = load_library(folder)
        monkeypatch.setattr("rules.loader.load_library", lambda: library)
        return library

    return edit


def the_day_it_moves_to(run: Run, ref: str, version: str, lead: str) -> date:
    """The date and the owner that would move are shown, with the reason, in JSON and in words. The date's new day."""
    was, then = (TODAY + timedelta(weeks=weeks) for weeks in (3, 4))
    (shown,) = json.loads(run("migrate", ref, "--to", version, "--as", lead, "--json").stdout)
    assert {(one["step"], one["what"]) for one in shown["steps"]} == {("gather_evidence", "date"), ("hear_pupil", "owner")}
    dated = next(one for one in shown["steps"] if one["what"] == "date")
    assert (dated["was"]["target_on"], dated["will_be"]["target_on"]) == (was.isoformat(), then.isoformat())
    said = run("migrate", ref, "--to", "folder", "--as", lead).stdout
    assert str(was) in said and str(then) in said and "4 weeks after" in said and "headteacher" in said and "Nothing has been written" in said
    return then


def test_a_case_of_the_sample_trust_is_moved_and_moved_back(run: Run, senco: str, sample: Path, edited: Callable[[], Library]) -> None:  # noqa: F811
    facts = ("--fact", "asked_by=school", "--fact", "year_group=4", "--fact", "rights_held_by=parent")
    ref, other = (json.loads(run("open", NA, some_pupil(sample, n)[2], *facts, "--as", senco, "--json").stdout)["case"] for n in (5, 6))
    lead = address(sample, "Trust SEND lead")
    old = json.loads(run("case", ref, "--as", lead, "--json").stdout)
    library = edited()
    new = library.definitions[NA][0]

    listed = json.loads(run("migrate", "--as", lead, "--json").stdout)
    assert {(one["version"], one["in_folder"], one["running"]) for one in listed if one["process"] == NA} == {
        (new.hash[:12], True, 0),
        (old["head"]["definition_hash"][:12], False, 2),
    }
    then = the_day_it_moves_to(run, ref, new.hash[:12], lead)
    assert json.loads(run("case", ref, "--as", lead, "--json").stdout) == old

    assert "needs --reason" in run("migrate", ref, "--to", "folder", "--apply", "--as", lead, code=2).stderr
    assert "SEND lead" in run("migrate", ref, "--to", "folder", "--as", senco, code=2).stderr
    assert "1 moved" in run("migrate", ref, "--to", "folder", "--apply", "--reason", "the policy of January", "--as", lead).stdout
    moved = json.loads(run("case", ref, "--as", lead, "--json").stdout)
    assert moved["head"]["definition_hash"] == new.hash and moved["head"]["version"] == old["head"]["version"] + 1
    assert then.isoformat() in {one["target_on"] for one in moved["now"]}
    happened = moved["history"][-1]
    assert happened["kind"] == "definition_changed" and f"to {new.hash[:12]}" in happened["what"]
    assert happened["words"] == {"because": "the policy of January"} and happened["role"] == "trust SEND lead"
    assert "Moved to another text" in run("case", ref, "--as", senco).stdout

    both = run("migrate", "--all", "--process", NA, "--to", new.hash[:12], "--apply", "--reason", "all of them", "--as", lead).stdout
    assert f"{ref}: passed over" in both and "2 of 2 cases, 0 refused" in both and "1 moved, 1 passed over" in both
    back = run("migrate", "--all", "--revert", "--apply", "--reason", "the policy was withdrawn", "--as", lead).stdout
    assert "2 moved" in back
    after = json.loads(run("case", ref, "--as", lead, "--json").stdout)
    assert after["head"]["definition_hash"] == old["head"]["definition_hash"]
    assert (after["now"], after["later"], after["past"]) == (old["now"], old["later"], old["past"])
    assert "no case" in run("migrate", "--all", "--revert", "--apply", "--reason", "again", "--as", lead).stdout
    assert "passed over" in run("migrate", other, "--revert", "--as", lead).stdout
    assert json.loads(run("verify", "--json").stdout) == []


def test_what_is_wrong_with_the_command_is_said(run: Run, senco: str, sample: Path) -> None:  # noqa: F811
    lead = address(sample, "Trust SEND lead")
    for wrong, words in (
        (("AR-000001", "--all", "--to", "folder"), "name one case, or say --all"),
        (("AR-000001", "--process", NA, "--to", "folder"), "go with --all"),
        (("AR-000001",), "say --to VERSION"),
        (("AR-000001", "--revert", "--to", "folder"), "version that was moved to"),
        (("AR-000001", "--to", "123456"), "no text has a version"),
        (("AR-000001", "--to", "12"), "at least 6 digits"),
        (("AR-999999", "--to", "folder"), "no case AR-999999"),
    ):
        assert words in run("migrate", *wrong, "--as", lead, code=2).stderr, wrong


@pytest.fixture
def many(engines: Engines, tmp_path: Path) -> tuple[Village, Actor, str, dict[str, str], list[str]]:
    """A village with many running reviews, its trust's SEND lead, a new text pinned in the ledger, and the command's environment."""
    ash = village(engines, urn=str(900000 + uuid4().int % 90000))
    lead = trust_lead(engines, ash)
    new = text_of(library_with(tmp_path / "texts", WEEKS))
    with engines.act_connection() as connection:
        ash.ledger.parts.pinned.pin(connection, new)
    cases = [ash.open().case for _ in range(CASES)]
    environment = {
        **os.environ, "DATABASE_URL": engines.url, "SENDFLOW_DATA_FOLDER": str(tmp_path), "SENDFLOW_AS": f"lead.of{ash.school_id}@school.example",
        "COLUMNS": "200",
    }  # fmt: skip
    return ash, lead, new.hash, environment, cases


def command(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    line = [str(Path(sys.executable).parent / "sendflow"), "migrate", "--all", *arguments, "--apply", "--reason", "the policy of January"]
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def texts(ash: Village, cases: list[str]) -> list[str]:
    return [ash.ledger.position(case)[0].hash for case in cases]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_bulk_stopped_half_way_leaves_each_case_whole_and_goes_on(
    many: tuple[Village, Actor, str, dict[str, str], list[str]], number: signal.Signals
) -> None:
    ash, _, new, environment, cases = many
    old = text_of(ash.ledger.parts.library).hash
    at_work = command(environment, "--to", new[:12])
    assert at_work.stdout is not None and at_work.stdout.readline().startswith(f"25 of {CASES} cases")
    at_work.send_signal(number)
    said, errors = at_work.communicate(timeout=150)
    stand = texts(ash, cases)
    moved = stand.count(new)
    assert 25 <= moved < CASES and stand.count(old) == CASES - moved, (moved, said, errors)
    if number == signal.SIGTERM:
        assert "Stopped: " in said and f"{CASES - moved} not reached" in said and at_work.returncode == 0
    assert ash.ledger.verify() == []
    said, errors = command(environment, "--to", new[:12]).communicate(timeout=150)
    assert f"{CASES - moved} moved, {moved} passed over." in said, said + errors
    assert set(texts(ash, cases)) == {new}
    if number == signal.SIGTERM:
        said, errors = command(environment, "--revert", "--to", new[:12]).communicate(timeout=150)
        assert f"{CASES} moved." in said and set(texts(ash, cases)) == {old}, said + errors
    assert ash.ledger.verify() == []
