"""The Prefect server itself: 20,000 waiting runs cost it nothing, sweeps scheduled twice act once, and SQLite is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from flows.server import PrefectServer, PrefectServerError
from tests.acceptance.oracle import assert_z
from tests.databases import TestServer
from tests.faults.tally import rounds
from tests.flows.office import Office, until

pytestmark = pytest.mark.slow
Tally = Callable[..., None]
RUNS = rounds(2_000, 20_000)
UPS = rounds(1, 4)
SECONDS = rounds(6, 60)  # of idling that are measured
_COPY = """
WITH wanted AS MATERIALIZED (SELECT gen_random_uuid() AS run, gen_random_uuid() AS state, g FROM generate_series(1, %(runs)s) g),
runs AS (INSERT INTO flow_run SELECT (jsonb_populate_record(r, jsonb_build_object('id', run, 'state_id', NULL, 'name', 'P3-' || g,
    'idempotency_key', 'P3-' || g))).* FROM wanted, flow_run r WHERE r.id = %(run)s)
SELECT run, state FROM wanted
"""
_STATES = """
INSERT INTO flow_run_state SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'flow_run_id', r.id))).*
FROM flow_run r, flow_run_state s WHERE r.name LIKE 'P3-%%' AND s.id = %(state)s
"""
_RUNGS = """
SELECT case_id, messages::json -> 'rungs' ->> 'no' AS no, messages::json -> 'rungs' ->> 'first' AS first, rung, count(*) AS times
FROM outbox, generate_series((messages::json -> 'rungs' ->> 'first')::int, (messages::json -> 'rungs' ->> 'last')::int) AS rung
WHERE messages LIKE '{"rungs"%%' GROUP BY 1, 2, 3, 4
"""
_OWED = "SELECT 1 FROM wakes WHERE wanted <> served UNION ALL SELECT 1 FROM deliveries WHERE state IN ('owed', 'claimed', 'handed_over')"
_LINK = "UPDATE flow_run r SET state_id = s.id FROM flow_run_state s WHERE s.flow_run_id = r.id AND r.name LIKE 'P3-%'"


@contextmanager
def waiting_runs(office: Office, run: UUID, state: UUID, runs: int) -> Iterator[None]:
    """So many copies of a waiting run in Prefect's database, until the block ends."""
    with psycopg.connect(office.prefect_url) as connection:
        connection.execute(_COPY, {"runs": runs, "run": run})
        connection.execute(_STATES, {"state": state})
        connection.execute(_LINK)
    try:
        yield
    finally:
        with psycopg.connect(office.prefect_url) as connection:
            connection.execute("DELETE FROM flow_run WHERE name LIKE 'P3-%'")


def seconds_of(pid: int) -> float:
    """CPU seconds, user and system, that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_p3_an_idle_server_with_waiting_runs_uses_under_a_twentieth_of_a_core(office: Office, prefect_server: PrefectServer, tally: Tally) -> None:
    with office.loop():
        case = office.open_and_served()
    run = office.run_of(case)
    assert run is not None and run.state_id is not None
    with waiting_runs(office, run.id, run.state_id, RUNS):
        assert office.client.request("POST", "/flow_runs/count", json={"flow_runs": {"state": {"type": {"any_": ["PAUSED"]}}}}).json() > RUNS
        pid = prefect_server.files.pid()
        share = until(lambda: quiet_share(pid), "the server idles at under 5% of a core", seconds=SECONDS * 4)
    tally("P3", acts=RUNS, note=f"{share:.1%} of a core idle")


def quiet_share(pid: int) -> float:
    """The server's share of a core over the window; 0 when it is not under 5% (what it was given before may still be in hand)."""
    before, began = seconds_of(pid), time.monotonic()
    time.sleep(SECONDS)  # a measurement: nothing is waited for
    share = (seconds_of(pid) - before) / (time.monotonic() - began)
    return max(share, 0.0001) if share < 0.05 else 0.0


def test_p16_prefect_on_sqlite_is_refused_in_words_before_any_worker_starts(postgres: TestServer, tmp_path: Path, tally: Tally) -> None:
    """`sendflow up` as a person types it: nothing of Prefect's and no worker is ever started."""
    sqlite = f"sqlite+aiosqlite:///{tmp_path}/prefect.db"
    with pytest.raises(PrefectServerError, match=r"must be PostgreSQL, not 'sqlite\+aiosqlite'.*second worker"):
        PrefectServer(tmp_path, sqlite)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("SENDFLOW_", "PREFECT_"))}
    with postgres.database(migrated=False) as ledger:
        ours |= {"DATABASE_URL": ledger, "SENDFLOW_PREFECT_DATABASE_URL": sqlite, "SENDFLOW_DATA_FOLDER": str(tmp_path / "data")}
        command = [str(Path(sys.executable).parent / "sendflow"), "up", "--port", "0"]
        for _ in range(UPS):
            refused = subprocess.run(command, env=ours, capture_output=True, text=True, timeout=120, check=False)
            assert refused.returncode == 2 and "must be PostgreSQL" in refused.stderr, refused
            assert "or none, and Sendflow starts a PostgreSQL of its own" in refused.stderr
            assert not (tmp_path / "data" / "logs" / "worker.log").exists() and not list(tmp_path.rglob("*.db"))
    tally("P16", acts=UPS + 1, note="`up` refused in words before any worker; Prefect on SQLite is never started by us")


def test_p15_a_sweep_scheduled_twice_fires_each_rung_once(office: Office, tally: Tally) -> None:
    """Two processes sweep at one instant, again and again, on days on which something is due."""
    from tests.faults.two_processes import Call, processes

    with office.loop():
        for _ in range(5):
            office.open_and_served()
    first, turns = office.day("2026-11-24"), rounds(10, 100)
    fired, both = 0, 0
    with processes(office.parts.engines.url, first, example=False) as two:
        for turn in range(turns):
            today = first.fromordinal(first.toordinal() + turn * 3)
            answers = two.at_once(Call("sweep_all", (today,)), Call("sweep_all", (today,)))
            assert [one.error for one in answers] == ["", ""], answers
            fired += sum(one.value for one in answers)
            both += all(one.value for one in answers)
    rungs = office.village.rows(_RUNGS)
    lost, doubled = max(fired - len({(row.case_id, row.no, row.first) for row in rungs}), 0), sum(row.times - 1 for row in rungs)
    with office.loop():
        until(lambda: not office.village.rows("SELECT 1 FROM outbox"), "what was fired is spread")
        until(lambda: not office.village.rows(_OWED), "everything owed is done")
    assert (fired > 0, lost, doubled) == (True, 0, 0)
    assert_z(office)
    tally("P15", acts=turns, lost=lost, doubled=doubled, note=f"{fired} steps chased by two sweeps at once, each rung once; {both} rounds shared")
