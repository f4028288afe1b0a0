"""An operator at the keyboard, for the O rows: hosts (data folders), the `sendflow` command, the sample trust with acts, what a ledger holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from cli.main import app
from db.clock import Clock
from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.importing.run import import_folder
from db.ledger import Ledger
from db.sample.recent_past import play_recent_past
from db.sample.trust import TRUST_NAME, write_sample_trust
from db.settings import Settings, get_settings
from rules.loader import load_library
from tasks.open_reviews import open_due_reviews
from tasks.parts import Parts, make_parts
from web.app import create_app

NOON = datetime.combine(datetime.now(UTC).date(), time(12), UTC)


@dataclass(frozen=True)
class Host:
    """One machine: its data folder, and the database that its DATABASE_URL names."""

    folder: Path
    url: str
    monkeypatch: pytest.MonkeyPatch

    def settings(self) -> Settings:
        """The settings of this machine."""
        return Settings(data_folder=self.folder, database_url=self.url)

    def run(self, *arguments: str, code: int = 0, typed: str = "") -> str:
        """Run `sendflow …` here; everything it said."""
        self.monkeypatch.setenv("DATABASE_URL", self.url)
        self.monkeypatch.setenv("SENDFLOW_DATA_FOLDER", str(self.folder))
        get_settings.cache_clear()
        answer: Result = CliRunner().invoke(app, list(arguments), input=typed)
        get_settings.cache_clear()
        assert answer.exit_code == code, f"{answer.output}\n{answer.exception!r}"
        return " ".join(answer.output.split())

    def parts(self) -> Parts:
        """What a worker of this machine works with."""
        return make_parts(self.settings(), self.url)

    def pages(self) -> TestClient:
        """This machine's console, and a browser before it."""
        parts = self.parts()
        return TestClient(create_app(parts.settings, parts.engines, parts.clock, parts.library, parts.ledger), base_url=parts.settings.origin)


def seed_sample_trust(url: str, folder: Path, pupils: int = 120) -> int:
    """Import a small sample trust and let it have a past: open reviews, decided steps, messages owed. Returns the number of acts."""
    today = NOON.date()
    write_sample_trust(folder, today, pupils=pupils)
    engines = Engines(url)
    library = load_library()
    clock = Clock(fixed=NOON)
    ledger = Ledger(engines, clock, library)
    with engines.scheduler() as session:
        import_folder(session, folder, actor_id=None, today=today, trust_name=TRUST_NAME)
    parts = make_parts(Settings(data_folder=folder / "seeding", database_url=url), url)
    open_due_reviews(parts, today)
    acts = play_recent_past(engines, ledger, today)
    parts.engines.dispose()
    engines.dispose()
    return acts


def contents(server: EmbeddedPostgres, url: str) -> Mapping[str, list[str]]:
    """Every row of every table as text, read by the superuser, whom no policy binds."""
    with psycopg.connect(server.superuser_url(url.rsplit("/", 1)[1])) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
        return {table: [str(row[0]) for row in connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1")] for table in tables}


def one_value(server: EmbeddedPostgres, url: str, query: str) -> Any:
    """One value, read or written by the superuser."""
    with psycopg.connect(server.superuser_url(url.rsplit("/", 1)[1]), autocommit=True) as connection:
        answer = connection.execute(query.encode())
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None
