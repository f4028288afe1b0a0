"""`sendflow links`: who can answer without an account; withdrawing a link and allowing it again."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from db.clock import Clock
from db.engine import Engines
from db.links import LinkRefused, Links
from tests.cli.running import runner
from tests.db.ledger_story import village

SENCO, TEACHER = "senco.ash@school.example", "teacher.ash@school.example"


def test_links_are_shown_withdrawn_and_allowed_again(engines: Engines, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ash, run, today = village(engines), runner(monkeypatch, database_url, tmp_path), Clock().today()
    case, links = ash.meeting_agreed(), Links(["k" * 40])
    about = {"case": case, "round": 1, "role": "la", "person_id": None, "expires_on": today + timedelta(days=60)}
    assert "Nobody holds a link" in run("links", case, "--as", SENCO).output
    with ash.engines.scheduler() as session:
        tokens = [links.make(session, **about, step=step, party=party) for step, party in (("la_decision", ""), ("gather_advice", "la"))]
    shown = " ".join(run("links", case, "--as", SENCO).output.split())
    first, second = (str(links.number(token)).split("-", 1)[0] for token in tokens)
    assert first in shown and second in shown and "Testshire SEN team" in shown and shown.count("works") == 2
    assert "seen and withdrawn by the SENCO" in run("links", case, "--as", TEACHER, code=2).output
    assert f"{case} has no link 123" in run("links", case, "--withdraw", "123", "--as", SENCO, code=2).output
    assert "give one of" in run("links", case, "--withdraw", first, "--all", "--as", SENCO, code=2).output
    assert "by Senco Ash" in " ".join(run("links", case, "--withdraw", first, "--as", SENCO).output.split())
    assert [one["works"] for one in json.loads(run("links", case, "--all", "--json", "--as", SENCO).output)] == [False, False]
    with pytest.raises(LinkRefused, match="revoked"):
        links.read(ash.engines, tokens[1], today)
    assert first not in run("links", case, "--allow-again", first, "--as", SENCO).output
