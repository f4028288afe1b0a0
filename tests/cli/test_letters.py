"""`sendflow letter` and `sendflow told`: what mail did not bring is printed, and who was told by a person is told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from db.clock import Clock
from db.engine import Engines
from tests.cli.running import runner
from tests.db.ledger_story import village
from tests.faults.messages_at_hand import owe_invitations

SENCO, TEACHER = "senco.ash@school.example", "teacher.ash@school.example"


def test_the_letter_is_written_to_a_file_and_telling_is_recorded_once(
    engines: Engines, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ash, run, today = village(engines), runner(monkeypatch, database_url, tmp_path), Clock().today()
    case = owe_invitations(ash)
    with ash.engines.scheduler() as session:
        session.execute(
            text("UPDATE deliveries SET state = 'failed', error_code = 'by_post', owed_on = :today WHERE to_role = 'parent' AND case_id = "
                 "(SELECT id FROM cases WHERE ref = :case)"),
            {"case": case, "today": today},
        )  # fmt: skip
    untold = [one for one in json.loads(run("inbox", "--json", "--as", SENCO).output)["untold"] if one["case"] == case]
    number, file = str(untold[0]["id"]), tmp_path / "letter.html"
    assert "they asked for post" in " ".join(run("inbox", "--as", SENCO).output.split())
    assert "cannot be written" in run("letter", number, "--out", str(tmp_path / "no" / "x.html"), "--as", SENCO, code=2).output
    assert f"sendflow told {number} --way post" in run("letter", number, "--out", str(file), "--as", SENCO).output
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and case in page and "Ash School" in page
    assert "you may read" in run("told", number, "--way", "post", "--as", TEACHER, code=2).output
    assert "Choose how" in run("told", number, "--way", "pigeon", "--as", SENCO, code=2).output
    tomorrow = str(today + timedelta(days=1))
    assert "between" in run("told", number, "--way", "post", "--on", tomorrow, "--as", SENCO, code=2).output
    assert "told by post on" in run("told", number, "--way", "post", "--as", SENCO).output
    assert "you may read" in run("told", number, "--way", "post", "--as", SENCO, code=2).output
