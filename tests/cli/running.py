"""Running a command as a person types it, on a test's database and folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from db.settings import get_settings
from tests.db.ledger_story import Village

Run = Callable[..., Result]


def runner(patch: pytest.MonkeyPatch, database_url: str, folder: Path, *command: str, **settings: str) -> Run:
    """`run("add", …, code=2)` runs `command` with what follows and holds its exit code. `settings`: variables beside the database and the folder
    (`clock_file="…"` is SENDFLOW_CLOCK_FILE)."""
    patch.setenv("DATABASE_URL", database_url)
    for name, value in {"data_folder": str(folder), **settings}.items():
        patch.setenv(f"SENDFLOW_{name.upper()}", value)
    get_settings.cache_clear()

    def run(*arguments: str, code: int = 0) -> Result:
        answer = typed(*command, *arguments)
        assert answer.exit_code == code, answer.output
        return answer

    return run


def typed(*words: str) -> Result:
    """One command line, whatever its exit code."""
    return CliRunner().invoke(app, words)


def stopped_clock(folder: Path, today: str) -> str:
    """A clock file that stands at `today`."""
    file = folder / "clock"
    file.write_text(today)
    return str(file)


def urn_of(at: Village) -> str:
    """The school's number: an address is one person's, though the database is shared, so the tests of several schools put it there."""
    return str(at.rows("SELECT urn FROM schools WHERE id = %s", at.school_id)[0].urn)
