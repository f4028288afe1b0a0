"""O3, O5, O6: aimed by mistake at a database of another kind, started twice, older than the schema. Refused in words, nothing written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Engines
from db.installation import Installation
from db.migrate import inspect_database, migrate
from db.start_checks import found_at_start
from tasks.failure import TaskFailed
from tasks.quiet import CODE, refuse_if_quiet, why_quiet
from tests.databases import TestServer
from tests.db.ledger_story import village
from tests.faults.conftest import Tally
from tests.faults.operator_at_work import Host, contents, one_value
from tests.flows.office import until

COMMANDS = (("up", "--port", "0"), ("anchor",), ("backup", "."), ("confirm", "--yes"), ("verify",))
HOLD = """
import sys
from pathlib import Path
from cli.up import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def at_work(postgres: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host that works with a ledger of its own, in which there are acts."""
    with postgres.database() as url:
        engines = Engines(url)
        village(engines).meeting_agreed()
        host = Host(tmp_path / "host", url, monkeypatch)
        with engines.scheduler() as session:
            assert Installation(host.settings()).standing(session).state == "ours"
        engines.dispose()
        yield host


def aimed_at(host: Host, url: str) -> Host:
    """The same host with another DATABASE_URL."""
    return Host(host.folder, url, host.monkeypatch)


def test_o3_a_database_of_prefect_of_another_trust_or_an_empty_one_is_refused_and_named(at_work: Host, postgres: TestServer, tally: Tally) -> None:
    with postgres.database(migrated=False) as prefects, postgres.database(migrated=False) as others, postgres.database(migrated=False) as empty:
        one_value(postgres.server, prefects, "CREATE TABLE public.flow_run (id int); CREATE TABLE public.deployment (id int)")
        migrate(others)
        engines = Engines(others)
        village(engines).meeting_agreed()
        engines.dispose()
        instance = str(one_value(postgres.server, others, "SELECT instance FROM instance_identity"))
        name = str(one_value(postgres.server, others, "SELECT name FROM trusts"))
        before = contents(postgres.server, others)
        said = aimed_at(at_work, prefects).run("up", "--port", "0", code=2)
        assert "Prefect's own" in said and "flow_run" in said
        said = aimed_at(at_work, others).run("up", "--port", "0", code=2)
        assert "another ledger" in said and instance in said and name in said
        assert contents(postgres.server, others) == before
        for command in COMMANDS:
            said = aimed_at(at_work, empty).run(*command, code=2)
            assert "is empty" in said and "works with installation" in said, said
        assert inspect_database(empty).state == "empty"
        with aimed_at(at_work, others).pages() as browser:
            assert "another ledger" in browser.get("/nowhere").text
    tally("O3", acts=len(COMMANDS) + 2, kills=3, lost=0, doubled=0, note="each refused by what was found, 0 rows written")


def test_o3_a_new_host_may_begin_on_an_empty_database_and_is_told_what_was_found(
    postgres: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database(migrated=False) as url:
        host = Host(tmp_path, url, monkeypatch)
        assert "0 faults" in host.run("verify")
        server, ledger, room = found_at_start(url, tmp_path)
        assert "PostgreSQL 1" in server and "as sendflow" in server and "at schema" in ledger and "GB free" in room


def test_o5_the_second_up_names_the_first_and_starts_nothing(at_work: Host, tally: Tally) -> None:
    at_work.folder.mkdir(exist_ok=True)
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(at_work.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    until(lambda: any(one.poll() is not None for one in begun), "one of the two has given way", 20)
    loser = next(one for one in begun if one.poll() is not None)
    first = begun[1 - begun.index(loser)]
    assert first.stdout is not None and first.stdout.readline().strip() == "held"
    assert loser.stderr is not None and f"process {first.pid}" in loser.stderr.read()
    said = at_work.run("up", "--port", "0", code=2)
    assert f"process {first.pid}" in said and not (at_work.folder / "logs").exists()
    first.communicate("")
    for one in begun:
        one.wait(10)
    tally("O5", acts=3, kills=0, lost=0, doubled=0, note="one of two at once holds the folder; the others name it")


def test_o6_an_older_sendflow_on_a_newer_schema_refuses_and_writes_nothing(at_work: Host, postgres: TestServer, tmp_path: Path, tally: Tally) -> None:
    at_work.run("backup", str(tmp_path / "kept.tar"))
    one_value(postgres.server, at_work.url, "UPDATE alembic_version SET version_num = '9999'")
    before = contents(postgres.server, at_work.url)
    for command in COMMANDS:
        said = at_work.run(*command, code=2)
        assert "schema 9999" in said and "newer Sendflow" in said, said
    console = subprocess.run([sys.executable, "-m", "web.serve"], capture_output=True, text=True, timeout=60, check=False)
    assert console.returncode != 0 and "newer Sendflow" in console.stderr
    assert contents(postgres.server, at_work.url) == before
    tally("O6", acts=len(COMMANDS) + 1, kills=1, lost=0, doubled=0, note="refused by every command and the console, not a row changed")


def test_o6_a_worker_that_still_runs_when_the_schema_has_moved_on_stops_working(at_work: Host, postgres: TestServer) -> None:
    parts = at_work.parts()
    one_value(postgres.server, at_work.url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(TaskFailed, match=CODE):
        refuse_if_quiet(parts, "AR-000001")
    assert "newer Sendflow" in why_quiet(parts)
    parts.engines.dispose()
