"""What deploy/ says agrees with the program: settings that exist, secrets that are named, commands that start something."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from db.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]
READ_ELSEWHERE = {"SENDFLOW_PREFECT_DATABASE_URL", "SENDFLOW_AS"}  # by cli.up and by the commands
KNOWN = {"DATABASE_URL" if field == "database_url" else f"SENDFLOW_{field.upper()}" for field in Settings.model_fields} | READ_ELSEWHERE


def test_every_secret_of_the_compose_file_is_named_at_its_head() -> None:
    head = " ".join(line for line in COMPOSE.splitlines() if line.startswith("#"))
    asked = set(re.findall(r"\$\{(\w+):\?\}", COMPOSE))
    assert asked and [name for name in asked if name not in head] == []


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_setting_of_a_service_is_one_that_the_program_reads(service: str) -> None:
    ours = {name for name in SERVICES[service].get("environment", {}) if name.startswith("SENDFLOW_")}
    assert ours <= KNOWN


def test_every_setting_of_the_units_is_one_that_the_program_reads() -> None:
    named = re.findall(r"^#?(\w+)=", (DEPLOY / "systemd" / "environment.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for name in named if name.startswith("SENDFLOW_")} <= KNOWN


def test_the_page_of_deploying_names_every_setting_and_no_other() -> None:
    table = (DEPLOY.parent / "docs" / "deploy.md").read_text(encoding="utf-8").split("## Settings")[1].split("## ")[0]
    named = {name for row in table.splitlines() if row.startswith("| `") for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == KNOWN


def test_every_command_starts_something_of_ours_or_of_prefects() -> None:
    commands = {name: service["command"] for name, service in SERVICES.items() if "command" in service}
    assert commands["sendflow"][:2] == ["sendflow", "up"]
    assert commands["worker"][:2] == ["python", "-m"] and find_spec(commands["worker"][2])
    assert commands["prefect"][:3] == ["prefect", "server", "start"]
    assert set(SERVICES) == {"database", "prefect", "sendflow", "worker"}


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").glob("*.service")), ids=lambda unit: unit.stem)
def test_every_unit_starts_a_command_that_exists(unit: Path) -> None:
    from typer.main import get_command

    from cli.main import app

    started = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    program, *arguments = shlex.split(started[0])
    if Path(program).name == "sendflow":
        assert arguments[0] in get_command(app).commands  # type: ignore[attr-defined]
    else:
        assert arguments[0] == "-m" and find_spec(arguments[1])
