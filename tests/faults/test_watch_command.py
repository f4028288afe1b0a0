"""`sendflow watch` at the keyboard, and the watch beside `sendflow up`: words, exit code, one alarm."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

import cli.watch
from cli.main import app
from db.engine import Engines
from db.heartbeats import beat
from db.settings import get_settings
from db.watching import WORKER
from flows.known import SCHEDULED_FLOWS
from tests.faults.alarm_bell import AlarmBell
from tests.flows.office import until


@pytest.fixture
def bell(engines: Engines, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AlarmBell]:
    """An installation on which everything has just been heard."""
    with engines.scheduler() as session:
        for name in (WORKER, *(known.name for known in SCHEDULED_FLOWS)):
            beat(session, name, datetime.now(UTC), every_seconds=300)
    with AlarmBell().open() as opened:
        for variable, value in {"DATABASE_URL": database_url, "SENDFLOW_DATA_FOLDER": str(tmp_path), "SENDFLOW_ALARM_URL": opened.url}.items():
            monkeypatch.setenv(variable, value)
        get_settings.cache_clear()
        yield opened
    get_settings.cache_clear()


def worker_falls_silent(engines: Engines) -> None:
    """As if it had stopped four minutes ago."""
    with engines.scheduler() as session:
        session.execute(text("UPDATE heartbeats SET beat_at = beat_at - interval '4 minutes' WHERE name = :worker"), {"worker": WORKER})
        session.execute(text("UPDATE instance_identity SET host_key = ''"))  # this database is shared by the tests of the module


def test_it_says_what_is_wrong_in_words_with_exit_code_1_and_tells_once(engines: Engines, bell: AlarmBell) -> None:
    worker_falls_silent(engines)
    first, second = (CliRunner().invoke(app, ["watch"]) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert first.output.startswith("No worker has been heard for 4 minutes: no case is woken and no message sent. Start a worker.")
    assert "Somebody was told just now." in first.output and "Somebody was told" not in second.output
    assert len(bell.heard) == 1


def test_nothing_wrong_is_exit_code_0_and_an_alarm_address_without_service_is_refused(
    engines: Engines, bell: AlarmBell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engines.scheduler() as session:
        session.execute(text("UPDATE instance_identity SET host_key = ''"))
    well = CliRunner().invoke(app, ["watch"])
    assert (well.exit_code, well.output.strip(), bell.heard) == (0, "Nothing is wrong.", [])
    worker_falls_silent(engines)
    monkeypatch.setenv("SENDFLOW_ALARM_URL", "carrierpigeon://secret@loft")
    get_settings.cache_clear()
    wrong = CliRunner().invoke(app, ["watch"])
    assert wrong.exit_code == 2 and "no address that Apprise knows" in wrong.output and "secret" not in wrong.output


def test_status_shows_what_ran_what_waits_and_what_is_wrong_and_tells_nobody(engines: Engines, bell: AlarmBell) -> None:
    with engines.scheduler() as session:
        session.execute(text("UPDATE instance_identity SET host_key = ''"))
    well = CliRunner().invoke(app, ["status"])
    assert well.exit_code == 0 and "chase_deadlines" in well.output and "cases that want to be woken" in well.output
    assert well.output.rstrip().endswith("Nothing is wrong.")
    worker_falls_silent(engines)
    silent = CliRunner().invoke(app, ["status"])
    assert silent.exit_code == 1 and "No worker has been heard for 4 minutes" in silent.output
    told = json.loads(CliRunner().invoke(app, ["status", "--json"]).output)
    assert {one["name"] for one in told["seen"]["beats"]} >= {WORKER, "reconcile"} and [one["kind"] for one in told["wrong"]] == ["worker"]
    assert bell.heard == [] and not (get_settings().folder / "watch.json").exists(), "only `watch` tells, and remembers"


def test_status_of_a_ledger_that_is_away_says_so(bell: AlarmBell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    get_settings.cache_clear()
    away = CliRunner().invoke(app, ["status"])
    assert away.exit_code == 1 and away.output.startswith("The ledger's database does not answer") and bell.heard == []


def test_beside_up_it_looks_again_and_again_in_a_thread_and_tells_once(
    engines: Engines, bell: AlarmBell, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.watch, "EVERY_SECONDS", 0.05)
    worker_falls_silent(engines)
    said: list[str] = []
    stopping = threading.Event()
    thread = cli.watch.begin_watching(get_settings(), database_url, said.append, stopping)
    until(lambda: said, "it has looked", seconds=20)
    stopping.set()
    thread.join(20)
    assert len(bell.heard) == 1 and said[0].startswith("No worker has been heard for 4 minutes")
