"""What the tests of commands share: a school, and a command line on its database."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Engines
from tests.cli.running import Run, runner
from tests.db.ledger_story import Village, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """A school with its people, in the module's own database."""
    return village(engines)


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`sendflow …` on the module's database, with a data folder of this test's own."""
    return runner(monkeypatch, database_url, tmp_path)
