"""A copied or restored database keeps quiet until a person confirms, and a demo never touches a real one (faults.md O1, O2, O4)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from db.engine import Engines
from db.installation import Installation, NotADemo, Standing
from db.migrate import migrate
from db.settings import Settings
from tests.databases import TestServer
from tests.db.ledger_story import village

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def standing(engines: Engines, folder: Path, **settings: object) -> Standing:
    with engines.scheduler() as session:
        return Installation(Settings(data_folder=folder, **settings)).standing(session)  # type: ignore[arg-type]


def confirm(engines: Engines, folder: Path) -> None:
    with engines.scheduler() as session:
        Installation(Settings(data_folder=folder)).confirm(session, NOW)


def test_a_new_database_is_ours_and_stays_so(postgres: TestServer, tmp_path: Path) -> None:
    with postgres.database() as url:
        engines = Engines(url)
        for _ in range(3):
            assert standing(engines, tmp_path).state == "ours"
        assert (tmp_path / "installation.json").stat().st_mode & 0o077 == 0
        engines.dispose()


def test_o2_a_copy_on_another_host_is_quiet_until_confirmed(postgres: TestServer, tmp_path: Path) -> None:
    with postgres.database() as url:
        engines = Engines(url)
        standing(engines, tmp_path / "first")
        copied = standing(engines, tmp_path / "second")
        assert copied.quiet and copied.state == "copied" and "nothing is sent" in copied.words
        confirm(engines, tmp_path / "second")
        assert not standing(engines, tmp_path / "second").quiet
        assert standing(engines, tmp_path / "first").quiet, "the first host has been relieved"
        engines.dispose()


def test_o1_an_old_backup_is_quiet_and_says_how_much_is_missing(postgres: TestServer, tmp_path: Path) -> None:
    with postgres.database() as url:
        engines = Engines(url)
        ash = village(engines)
        ash.meeting_agreed()
        assert standing(engines, tmp_path).state == "ours"
        backup = url.rsplit("/", 1)[1] + "_backup"
        engines.dispose()
        with postgres.admin() as connection:
            connection.execute(f"CREATE DATABASE {backup} TEMPLATE {url.rsplit('/', 1)[1]}")  # type: ignore[arg-type]
        ash.meeting_agreed()
        assert standing(engines, tmp_path).state == "ours"
        restored = Engines(url.rsplit("/", 1)[0] + f"/{backup}")
        found = standing(restored, tmp_path)
        assert found.state == "restored" and found.quiet and "2 acts fewer" in found.words
        confirm(restored, tmp_path)
        assert not standing(restored, tmp_path).quiet
        restored.dispose()
        engines.dispose()
        with postgres.admin() as connection:
            connection.execute(f"DROP DATABASE {backup} WITH (FORCE)")  # type: ignore[arg-type]


def test_hosts_with_the_same_key_are_one_installation(postgres: TestServer, tmp_path: Path) -> None:
    with postgres.database() as url:
        engines = Engines(url)
        key = SecretStr("one key for all our hosts")
        assert standing(engines, tmp_path / "first", installation_key=key).state == "ours"
        assert standing(engines, tmp_path / "second", installation_key=key).state == "ours"
        assert "one key" not in (tmp_path / "first" / "installation.json").read_text()
        engines.dispose()


def test_o4_a_demo_does_not_touch_a_real_database(postgres: TestServer, tmp_path: Path) -> None:
    with postgres.database(migrated=False) as url:
        migrate(url)
        engines = Engines(url)
        with pytest.raises(NotADemo, match="not made for a demo"):
            standing(engines, tmp_path, demo=True)
        assert standing(engines, tmp_path).state == "ours"
        engines.dispose()
    with postgres.database() as url:
        engines = Engines(url)
        assert standing(engines, tmp_path / "demo", demo=True).state == "ours"
        engines.dispose()
